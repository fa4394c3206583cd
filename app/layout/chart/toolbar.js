// Toolbar: the drawing tools at the left; and what takes the chart away as a picture or a table.

import {StyleRow} from "./drawing_style.js"
import {element, lastKnown} from "./legend.js"
import {ask} from "./question.js"

const ICONS = {
  pointer: "M5 3l14 8-6 1.5L10 19z",
  magnet: "M5 4h4v8a3 3 0 0 0 6 0V4h4v8a7 7 0 0 1-14 0zM5 7h4M15 7h4",
  undo: "M7 7V3L1 9l6 6v-4h6a5 5 0 0 1 5 5v2h3v-3a8 8 0 0 0-8-8z",
  redo: "M17 7V3l6 6-6 6v-4h-6a5 5 0 0 0-5 5v2H3v-3a8 8 0 0 1 8-8z",
  remove: "M6 7h12l-1 14H7zM9 4h6l1 2h4v2H4V6h4z",
  clear: "M3 7h12l-1 14H4zM6 4h6l1 2M18 4l4 4M22 4l-4 4",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  image: "M4 5h16v14H4zM6 17h12l-4-6-3 4-2-2zM8 7.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z",
  table: "M4 4h16v16H4zM4 9h16M4 14h16M10 4v16",
  last: "M5 4l9 8-9 8zM16 4h3v16h-3z",
}

export class Toolbar {
  constructor(chart, host, drawings) {
    this.chart = chart
    this.host = host
    this.drawings = drawings
    this.root = host.root.appendChild(element("div", "tools"))
    this.root.role = "toolbar"
    this.buttons = new Map()
    this.add("pointer", "Pointer (Esc)", ICONS.pointer, () => drawings.cancel())
    for (const {key, title, icon} of drawings.tools) { this.add(key, title, icon, () => drawings.start(key)) }
    this.add("magnet", "Magnet: snap to prices of the bar", ICONS.magnet, () => { drawings.magnet = !drawings.magnet })
    this.add("undo", "Undo (Ctrl+Z)", ICONS.undo, () => drawings.undo())
    this.add("redo", "Redo (Ctrl+Y)", ICONS.redo, () => drawings.redo())
    this.add("remove", "Remove the selected drawing (Delete)", ICONS.remove, () => drawings.deleteSelected())
    this.add("clear", "Remove all drawings", ICONS.clear, () => this.clear())
    this.side = host.root.appendChild(element("div", "corner"))
    this.add("last", "To the last bar (End)", ICONS.last, () => chart.showEnd(), this.side)
    this.add("image", "Save as picture", ICONS.image, () => this.saveImage(), this.side)
    this.add("table", "Save the bars in view as CSV", ICONS.table, () => this.saveTable(), this.side)
    this.add("help", "Keys (?)", ICONS.help, () => chart.help.toggle(), this.side)
    this.styles = new StyleRow(host, drawings)
    this.root.addEventListener("scroll", () => this.hint(), {passive: true})
    this.sized = new ResizeObserver(() => this.hint())
    this.sized.observe(this.root)
    this.refresh()
  }

  add(key, title, icon, press, place = this.root) {
    const button = place.appendChild(element("button"))
    Object.assign(button, {type: "button", title, ariaLabel: title})
    button.dataset.tool = key
    button.innerHTML = `<svg viewBox="0 0 24 24" width="17" height="17" aria-hidden="true"><path d="${icon}"/></svg>`
    button.onclick = () => { press(); this.refresh() }
    this.buttons.set(key, button)
  }

  refresh() {
    const active = this.drawings.active ?? "pointer"
    for (const [key, button] of this.buttons) {
      const isOn = key === active || (key === "magnet" && this.drawings.magnet)
      button.setAttribute("aria-pressed", String(Boolean(isOn)))
    }
    this.styles.refresh()
  }

  // Where there is no room for all tools, an arrow says on which side there are more.
  hint() {
    const {scrollTop, scrollHeight, clientHeight} = this.root
    this.root.classList.toggle("above", scrollTop > 1)
    this.root.classList.toggle("below", scrollHeight - clientHeight - scrollTop > 1)
  }

  clear() {
    const count = this.drawings.shapes().length
    const what = count === 1 ? "the drawing" : `all ${count} drawings`
    if (!count) { this.host.say("There are no drawings here."); return }
    ask(this.host, `Remove ${what} of ${this.host.frame.title}?`, "Remove", () => this.drawings.clear())
  }

  destroy() { this.sized.disconnect() }

  name(kind) {
    const {title, what} = this.host.frame
    return `${title} ${what}`.replace(/[^\w.-]+/g, "_").slice(0, 80) + `.${kind}`
  }

  saveImage() {
    const shot = this.chart.picture()
    shot.toBlob((blob) => save(blob, this.name("png")))
  }

  saveTable() { save(new Blob([this.chart.table()], {type: "text/csv"}), this.name("csv")) }
}

function save(blob, name) {
  const link = element("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

// The chart with its legend written on it, as the screen shows it.
export function picture(host, legend) {
  const shot = host.chart.takeScreenshot(true, false)
  const context = shot.getContext("2d")
  const ratio = shot.width / host.root.clientWidth
  context.font = `${12 * ratio}px ${host.font}`
  context.textBaseline = "top"
  legend.text().forEach((line, i) => {
    context.fillStyle = i ? host.colors.muted : host.colors.text
    context.fillText(line, 52 * ratio, (8 + 17 * i) * ratio)
  })
  return shot
}

// The bars in view, with the values of what is drawn beside them.
export function table(host, specs, range) {
  const {raw} = host
  const columns = specs.map((spec) => quoted(`${spec.label} ${spec.title}`))
  const lines = [["time_utc", "open", "high", "low", "close", "volume", ...columns].join(",")]
  const digits = Math.min(host.precision, 9)
  const last = Math.min(Math.ceil(range.to), lastKnown(raw.close))
  for (let i = Math.max(0, Math.floor(range.from)); i <= last; i += 1) {
    if (Number.isNaN(raw.close[i])) { continue }
    const prices = ["open", "high", "low", "close"].map((name) => raw[name][i].toFixed(digits))
    const values = [raw.volume[i], ...specs.map((spec) => spec.values[i])].map((value) => (Number.isFinite(value) ? value : ""))
    lines.push([new Date(raw.time[i]).toISOString(), ...prices, ...values].join(","))
  }
  return lines.join("\n") + "\n"
}

function quoted(text) { return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text }
