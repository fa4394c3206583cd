const CSS = `
:host{display:block;width:100%;min-width:0}
*{box-sizing:border-box}
.ladder{max-width:680px;font:13px/1.35 var(--nd-font);color:var(--nd-text);font-variant-numeric:tabular-nums;border:1px solid var(--nd-line);border-radius:4px;background:var(--nd-panel);overflow:hidden}
.head{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:baseline;padding:9px 12px;border-bottom:1px solid var(--nd-line)}
.head b{font-size:15px}.head span{color:var(--nd-muted)}
.head .state{color:var(--tone);font-weight:600}
.ok{--tone:var(--nd-ok)}.warn{--tone:var(--nd-warn)}.bad{--tone:var(--nd-bad)}
.level{display:grid;grid-template-columns:68px minmax(0,1fr) minmax(96px,130px) minmax(0,1fr) 68px;align-items:stretch;min-height:25px}
.level>span{padding:3px 10px;position:relative;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.titles{color:var(--nd-muted);font-weight:600;font-size:12px;border-bottom:1px solid var(--nd-line)}
.level span:nth-child(-n+2){text-align:right}
.level .price{text-align:center;font-weight:600;background:var(--nd-raised)}
.ask .price{color:var(--nd-down)}.bid .price{color:var(--nd-up)}
.orders{color:var(--nd-muted);font-size:12px}
.size i{position:absolute;top:2px;bottom:2px;width:var(--share);opacity:.28}
.size em{position:relative;font-style:normal}
.bid .size i{right:0;background:var(--nd-up)}.ask .size i{left:0;background:var(--nd-down)}
.spread{display:flex;justify-content:center;gap:10px;padding:6px 12px;border-block:1px solid var(--nd-line);color:var(--nd-muted)}
.spread b{color:var(--nd-text)}
.note{padding:8px 12px;color:var(--nd-muted);border-top:1px solid var(--nd-line)}
.note:empty{display:none}
.old .level:not(.titles){opacity:.6}.old .age{color:var(--nd-warn)}
@media (max-width:720px){.level{grid-template-columns:50px minmax(0,1fr) minmax(84px,110px) minmax(0,1fr) 50px}.level>span{padding:3px 6px}}
`

function element(tag, cls, text) {
  const made = document.createElement(tag)
  if (cls) { made.className = cls }
  if (text !== undefined) { made.textContent = text }
  return made
}

function level(side, {price, size, orders, share}) {
  const row = element("div", `level ${side}`)
  const bar = element("span", "size")
  const fill = element("i")
  fill.style.setProperty("--share", `${share * 100}%`)
  bar.append(fill, element("em", "", size))
  const count = element("span", "orders", orders ? String(orders) : "")
  const middle = element("span", "price", price)
  const none = () => element("span")
  row.append(...(side === "bid" ? [count, bar, middle, none(), none()] : [none(), none(), middle, bar, count]))
  return row
}

export function render({model}) {
  const style = element("style")
  style.textContent = CSS
  const box = element("div", "ladder")

  function head(book) {
    const made = element("div", `head ${book.tone}`)
    const received = element("span", "age")
    received.dataset.since = ""
    made.append(element("b", "", book.instrument), element("span", "state", book.state), element("span", "", book.trader), received)
    return made
  }

  function show() {
    const book = model.book
    box.hidden = !book.instrument
    if (box.hidden) { return }
    const titles = element("div", "level titles")
    for (const name of ["Orders", "Bid size", "Price", "Ask size", "Orders"]) { titles.append(element("span", name === "Price" ? "price" : "", name)) }
    const spread = element("div", "spread")
    spread.append("Spread ", element("b", "", book.spread))
    const asks = book.asks.map((one) => level("ask", one)).reverse()
    const bids = book.bids.map((one) => level("bid", one))
    const notes = [book.note, `venue time ${book.time}`].filter(Boolean).join(" · ")
    box.replaceChildren(head(book), titles, ...asks, spread, ...bids, element("div", "note", notes))
    count()
  }

  function count() {
    const now = window.nautilusNow ? window.nautilusNow() : Date.now()
    const shown = box.querySelector("[data-since]")
    if (!shown) { return }
    const book = model.book
    const age_s = (now - book.since) / 1000
    // A book that stands still is not told from a feed that stopped: it must not look live.
    const is_old = age_s > book.silence_s
    shown.textContent = is_old ? `unchanged for ${age(age_s)}: quiet, or its feed stopped` : `received ${age(age_s)} ago`
    box.firstChild.className = `head ${is_old && book.tone === "ok" ? "warn" : book.tone}`
    box.classList.toggle("old", is_old)
  }

  show()
  model.on("book", show)
  const ages = setInterval(count, 500)
  model.on("remove", () => clearInterval(ages))
  const root = element("div")
  root.style.width = "100%"
  root.append(style, box)
  return root
}
