// Style: colour, width and dash of the drawing that is selected, or of the next one, in a row on the chart.

import {element} from "./legend.js"

const COLORS = ["accent", "text", "muted", "warn", "up", "down"]
const WIDTHS = [1, 2, 4]
const DASHES = {solid: "", dashed: "7 5", dotted: "0.1 5"}
// Words are written in the text's colour, and a measure is not kept.
const PLAIN = new Set(["text", "measure"])

export class StyleRow {
  constructor(host, drawings) {
    this.host = host
    this.drawings = drawings
    this.root = host.root.appendChild(element("div", "styles"))
    Object.assign(this.root, {role: "group", ariaLabel: "Style of the drawing", hidden: true})
    this.buttons = COLORS.map((color) => this.add({color}, color, swatch(color)))
    this.buttons.push(...WIDTHS.map((width) => this.add({width}, `${width} px wide`, stroke(width, ""))))
    this.buttons.push(...Object.entries(DASHES).map(([dash, dashes]) => this.add({dash}, dash, stroke(2, dashes))))
  }

  add(change, title, picture) {
    const button = this.root.appendChild(element("button"))
    Object.assign(button, {type: "button", title, ariaLabel: title})
    const [[name, value]] = Object.entries(change)
    button.dataset[name] = value
    button.append(picture)
    button.onclick = (event) => {
      this.drawings.setStyle(change)
      // Keys mean the drawing again, unless it was a key that pressed.
      if (event.detail) { this.host.root.focus({preventScroll: true}) }
      this.refresh()
    }
    return {button, name, value}
  }

  refresh() {
    const kind = this.drawings.kindAtWork
    this.root.hidden = !kind || PLAIN.has(kind)
    if (this.root.hidden) { return }
    const style = this.drawings.styleAtWork
    for (const {button, name, value} of this.buttons) { button.setAttribute("aria-pressed", String(style[name] === value)) }
  }
}

function swatch(color) {
  const made = element("span", "swatch")
  made.style.background = `var(--nd-${color})`
  return made
}

function stroke(width, dashes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  made.setAttribute("viewBox", "0 0 20 12")
  made.setAttribute("width", "20")
  made.setAttribute("height", "12")
  const line = made.appendChild(document.createElementNS(made.namespaceURI, "path"))
  for (const [name, value] of Object.entries({d: "M1 6h18", "stroke-width": width, "stroke-dasharray": dashes})) {
    if (value) { line.setAttribute(name, value) }
  }
  return made
}
