// Legend: what is drawn, and its values at the crosshair, else the last ones.

import {compact} from "./lines.js"

export class Legend {
  constructor(host) {
    this.host = host
    this.root = host.root.appendChild(element("div", "legend"))
    this.head = this.root.appendChild(element("div", "head"))
    this.rows = this.root.appendChild(element("div", "rows"))
    this.note = this.root.appendChild(element("div", "note"))
  }

  show(frame, specs) {
    this.specs = specs
    const title = element("b", "", frame.title)
    this.values = element("span", "values")
    this.head.replaceChildren(title, element("span", "what", frame.what), this.values)
    this.cells = new Map()
    this.rows.replaceChildren(...groups(specs).map((group) => this.row(group)))
    this.note.textContent = frame.note
    this.point(null)
  }

  row(group) {
    const row = element("div", "row")
    row.append(group[0].parameters?.length ? this.setter(row, group[0]) : element("span", "name", group[0].label))
    for (const spec of group) {
      const cell = element("span", "value")
      cell.style.color = this.host.palette[spec.color % this.host.palette.length]
      cell.title = spec.title
      this.cells.set(spec.key, cell)
      row.append(cell)
    }
    const drop = element("button", "drop", "×")
    drop.type = "button"
    drop.ariaLabel = `Remove ${group[0].label}`
    drop.onclick = () => this.host.send("drop", {kind: group[0].kind, name: group[0].name})
    row.append(drop)
    return row
  }

  // The name opens a form of the indicator's parameters.
  setter(row, {name, label, parameters}) {
    const button = element("button", "name", label)
    button.type = "button"
    button.ariaExpanded = "false"
    button.onclick = () => {
      const open = row.nextElementSibling?.classList.contains("form") ? row.nextElementSibling : null
      button.ariaExpanded = String(!open)
      open ? open.remove() : row.after(this.form(name, parameters))
    }
    return button
  }

  form(name, parameters) {
    const form = element("form", "form")
    for (const each of parameters) {
      const field = element("label", "", each.title)
      const input = field.appendChild(element("input"))
      Object.assign(input, {type: "number", name: each.name, min: each.low, max: each.high, step: each.step, value: each.value})
      form.append(field)
    }
    form.append(Object.assign(element("button", "", "Set"), {type: "submit"}))
    form.onsubmit = (event) => {
      event.preventDefault()
      this.host.send("indicator", {name, parameters: Object.fromEntries(new FormData(form))})
      form.remove()
    }
    return form
  }

  // `i`: index of the bar pointed at; null: the last one.
  point(i) {
    const {raw, bars} = this.host
    const last = lastKnown(bars.close)
    const at = i === null || Number.isNaN(bars.close[i] ?? NaN) ? last : i
    if (!this.values || at < 0) { this.values?.replaceChildren(); return }
    const before = at > 0 && !Number.isNaN(raw.close[at - 1]) ? raw.close[at - 1] : raw.open[at]
    const change = before > 0 ? raw.close[at] / before - 1 : NaN
    const tone = raw.close[at] >= before ? "up" : "down"
    const parts = [["", this.host.formatTime(bars.time[at])]]
    for (const name of ["open", "high", "low", "close"]) {
      parts.push([name[0].toUpperCase(), this.host.formatPrice(raw[name][at])])
    }
    if (!Number.isNaN(change)) { parts.push(["", `${change >= 0 ? "+" : "−"}${Math.abs(change * 100).toFixed(2)} %`]) }
    parts.push(["V", Number.isNaN(raw.volume[at]) ? "?" : compact.format(raw.volume[at])])
    this.values.replaceChildren(...parts.flatMap(([name, value], place) => {
      const made = element("span", place > 0 && place < 6 ? tone : "", value)
      return name ? [element("i", "", name), made] : [made]
    }))
    for (const spec of this.specs ?? []) {
      const place = i === null ? lastKnown(spec.values) : at
      this.cells.get(spec.key).textContent = this.write(spec, spec.values[place])
    }
  }

  write(spec, value) {
    if (value === undefined || Number.isNaN(value)) { return "–" }
    if (Math.abs(value) >= 1e7) { return compact.format(value) }
    return value.toLocaleString("en-US", {minimumFractionDigits: spec.precision, maximumFractionDigits: spec.precision})
  }

  text() { return [...this.root.querySelectorAll(".head, .row")].map((row) => row.innerText.replace(/\s+/g, " ").replace("×", "")) }
}

function groups(specs) {
  const found = new Map()
  for (const spec of specs) { found.set(`${spec.kind} ${spec.name}`, [...(found.get(`${spec.kind} ${spec.name}`) ?? []), spec]) }
  return [...found.values()]
}

export function lastKnown(values) {
  let i = values.length - 1
  while (i >= 0 && Number.isNaN(values[i])) { i -= 1 }
  return i
}

export function element(tag, cls, text) {
  const made = document.createElement(tag)
  if (cls) { made.className = cls }
  if (text !== undefined) { made.textContent = text }
  return made
}
