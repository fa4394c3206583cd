// Group: charts of one page that show the same time, and point at it together.

const members = new Set()

export class Member {
  constructor(chart) {
    this.chart = chart
    members.add(this)
  }

  leave() { members.delete(this) }

  // The others follow, and don't tell it again.
  move(from, to) { this.tell((other) => other.follow(from, to)) }

  point(ms) { this.tell((other) => other.pointAt(ms)) }

  tell(what) {
    if (!this.chart.isLinked) { return }
    for (const {chart} of members) { if (chart !== this.chart && chart.isLinked) { what(chart) } }
  }
}
