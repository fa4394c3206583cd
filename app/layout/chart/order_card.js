// Order card: what a fill, a round trip or an order is, and the whole life of its order, beside where it stands.

const CSS = `
.trade-card{position:absolute;z-index:7;width:max-content;max-width:min(330px,calc(100% - 16px));max-height:calc(100% - 16px);overflow-y:auto;padding:8px 11px;border:1px solid var(--nd-line);border-radius:4px;background:var(--nd-raised);color:var(--nd-text);font:12px/1.4 var(--nd-font);overflow-wrap:anywhere}
.trade-card[hidden]{display:none}
.trade-card:not(.pinned){pointer-events:none}
.trade-card b{display:block;font-weight:650;padding-right:22px}
.trade-card p,.trade-card ol{margin:0;padding:0;list-style:none}
.trade-card p,.trade-card time,.trade-card h6{color:var(--nd-muted)}
.trade-card h6{margin:7px 0 3px;padding-top:6px;border-top:1px solid var(--nd-line);font:inherit}
.trade-card li{display:grid;grid-template-columns:auto 1fr;gap:0 8px}
.trade-card li em{grid-column:2;font-style:normal;color:var(--nd-warn)}
.trade-card button{position:absolute;right:2px;top:2px;width:28px;height:28px;font:16px/1 var(--nd-font);color:var(--nd-muted);background:none;border:0;border-radius:4px;cursor:pointer}
.trade-card:not(.pinned) button{display:none}
@media (max-width:480px){.trade-card{max-width:none;width:auto}}
`
const GAP = 14

export class OrderCard {
  constructor(host, onClose) {
    this.host = host
    this.style = host.root.appendChild(made("style", CSS))
    this.box = host.root.appendChild(made("div"))
    this.box.className = "trade-card"
    this.box.setAttribute("role", "dialog")
    this.box.setAttribute("aria-live", "polite")
    this.box.setAttribute("aria-label", "Trade")
    this.box.hidden = true
    this.button = made("button", "×")
    this.button.setAttribute("aria-label", "Close")
    this.button.addEventListener("click", onClose)
  }

  get isOpen() { return !this.box.hidden }

  // `x`, `y`: where on the chart's root it belongs to; a pinned card can be scrolled and closed.
  open(lines, x, y, isPinned) {
    const [first, ...rest] = lines
    this.life = made("div")
    this.box.replaceChildren(made("b", first), ...rest.map((line) => made("p", line)), this.life, this.button)
    this.box.classList.toggle("pinned", isPinned)
    this.box.hidden = false
    this.move(x, y)
  }

  move(x, y) {
    this.at = [x, y]
    this.place()
  }

  showLife(life) {
    const rows = life.rows.map((row) => {
      const item = made("li")
      const time = made("time", row.time.slice(11, 23))
      time.title = row.bar ? `${row.time}, bar ${row.bar}` : row.time
      item.append(time, made("span", row.words))
      if (row.reason) { item.append(made("em", row.reason)) }
      return item
    })
    const list = made("ol")
    list.append(...rows)
    const about = [`${life.title}: ${life.status}`, ...life.notes].join(" · ")
    this.life.replaceChildren(made("h6", about), list)
    this.place()
  }

  close() { this.box.hidden = true }

  // Beside the point, on the side that has room; on a phone along the bottom.
  place() {
    const {clientWidth: width, clientHeight: height} = this.host.root
    const {style} = this.box
    if (width <= 480) {
      Object.assign(style, {left: "8px", right: "8px", top: "auto", bottom: "8px", maxHeight: `${height / 2}px`})
      return
    }
    const [x, y] = this.at
    const {offsetWidth, offsetHeight} = this.box
    const left = x + GAP + offsetWidth <= width - 8 ? x + GAP : x - GAP - offsetWidth
    const top = Math.min(y - 12, height - 8 - offsetHeight)
    Object.assign(style, {left: `${Math.max(8, left)}px`, top: `${Math.max(8, top)}px`, right: "auto", bottom: "auto"})
  }

  destroy() {
    this.box.remove()
    this.style.remove()
  }
}

// Texts only: what an order is called is whatever a node wrote.
function made(tag, text = "") {
  const node = document.createElement(tag)
  node.textContent = text
  return node
}
