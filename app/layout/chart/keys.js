// Keys: everything on the chart without a mouse.

const PAN = 0.1, ZOOM = 1.25

export class Keys {
  constructor(chart) {
    this.chart = chart
    chart.root.tabIndex = 0
    chart.root.addEventListener("keydown", (event) => chart.guard(() => this.press(event)))
  }

  press(event) {
    const {chart} = this
    if (event.target.closest?.("input, textarea, button, a") && !["Escape"].includes(event.key)) { return }
    const action = event.ctrlKey || event.metaKey ? this.withControl(event) : this.plain(event)
    if (!action) { return }
    event.preventDefault()
    action()
    chart.toolbar.refresh()
  }

  withControl(event) {
    const {drawings} = this.chart
    if (event.key === "z") { return () => drawings.undo() }
    if (event.key === "y" || event.key === "Z") { return () => drawings.redo() }
    return null
  }

  plain(event) {
    const {drawings, executions, chart} = {...this.chart, chart: this.chart}
    const actions = {
      ArrowLeft: () => this.pan(-PAN), ArrowRight: () => this.pan(PAN), PageUp: () => this.pan(-1), PageDown: () => this.pan(1),
      ArrowUp: () => this.zoom(1 / ZOOM), "+": () => this.zoom(1 / ZOOM), ArrowDown: () => this.zoom(ZOOM), "-": () => this.zoom(ZOOM),
      Home: () => chart.host.send("show", {span: "start"}), End: () => chart.showEnd(),
      Escape: () => { drawings.cancel(); executions.close?.(); chart.bubble?.remove(); chart.help.close() },
      "?": () => chart.help.toggle(),
      Delete: () => drawings.deleteSelected(), Backspace: () => drawings.deleteSelected(),
      n: () => executions.next?.(), p: () => executions.previous?.(),
    }
    return actions[event.key]
  }

  pan(share) {
    const scale = this.chart.chart.timeScale()
    const range = scale.getVisibleLogicalRange()
    if (!range) { return }
    const step = (range.to - range.from) * share
    scale.setVisibleLogicalRange({from: range.from + step, to: range.to + step})
  }

  // The right edge stays where it is.
  zoom(factor) {
    const scale = this.chart.chart.timeScale()
    const range = scale.getVisibleLogicalRange()
    if (!range) { return }
    const width = Math.max(4, (range.to - range.from) * factor)
    scale.setVisibleLogicalRange({from: range.to - width, to: range.to})
  }
}
