// Help: the keys of the chart, on the chart.

import {element} from "./legend.js"

const KEYS = [
  ["← →", "move; Page Up and Page Down by a whole view"],
  ["↑ ↓  + −", "zoom; so does the wheel, or two fingers"],
  ["Home  End", "to the first, to the last bar"],
  ["n  p", "next and previous trade, with its order's life"],
  ["[  ]", "select the drawing before, after"],
  ["← → ↑ ↓", "move the selected drawing, or the pen of a tool; Shift: further, or finer"],
  ["Enter", "put the pen down; write at the selected drawing"],
  ["Shift  Ctrl", "while drawing: level or at 45°; magnet on or off"],
  ["Delete", "remove the selected drawing"],
  ["Ctrl+Z  Ctrl+Y", "undo, redo"],
  ["Esc", "put the tool away"],
]

export class Help {
  constructor(host) { this.host = host }

  get isOpen() { return Boolean(this.box) }

  toggle() { if (this.isOpen) { this.close() } else { this.open() } }

  open() {
    const {root} = this.host
    this.box = root.appendChild(element("div", "help"))
    Object.assign(this.box, {role: "dialog", ariaLabel: "Keys of the chart", tabIndex: -1})
    const head = this.box.appendChild(element("b", "", "Keys"))
    const close = head.appendChild(element("button", "drop", "×"))
    Object.assign(close, {type: "button", ariaLabel: "Close", onclick: () => this.close()})
    const list = this.box.appendChild(element("dl"))
    for (const [keys, text] of KEYS) {
      const row = list.appendChild(element("div"))
      const cell = row.appendChild(element("dt"))
      for (const key of keys.split("  ")) { cell.append(element("kbd", "", key), " ") }
      row.append(element("dd", "", text))
    }
    this.box.focus({preventScroll: true})
  }

  close() {
    if (!this.isOpen) { return }
    this.box.remove()
    this.box = null
    this.host.root.focus({preventScroll: true})
  }
}
