// Group: charts of one page that show the same time, and point at it together.

const members = new Set()

export class Member {
  constructor(chart) {
    this.chart = chart
    members.add(this)
  }

  leave() { members.delete(this) }

  // What the others show; null where there is none.
  view() {
    if (!this.chart.isLinked) { return null }
    for (const {chart} of members) { if (chart !== this.chart && chart.isLinked && chart.isShown) { return chart.view() } }
    return null
  }

  // The others follow, and don't tell it again.
  move(from, to) { this.tell((other) => other.follow(from, to)) }

  point(ms) { this.tell((other) => other.pointAt(ms)) }

  tell(what) {
    if (!this.chart.isLinked) { return }
    for (const {chart} of members) { if (chart !== this.chart && chart.isLinked) { what(chart) } }
  }
}
