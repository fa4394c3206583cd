const CSS = `
:host{display:block;width:100%;min-width:0}
*{box-sizing:border-box}
.frame{font:13px/1.35 var(--nd-font);color:var(--nd-text);font-variant-numeric:tabular-nums;background:var(--nd-panel);
 border:1px solid var(--nd-line);border-radius:4px;overflow-x:auto;scrollbar-width:thin}
.bar{display:flex;justify-content:flex-end}.bar button{margin-bottom:3px}
table{width:100%;border-collapse:collapse}
th{padding:6px 10px;text-align:left;font:600 11px/1.3 var(--nd-font);color:var(--nd-muted);white-space:nowrap;border-bottom:1px solid var(--nd-line)}
.group th{padding-top:12px;letter-spacing:.07em;text-transform:uppercase;background:var(--nd-panel)}
.group span{margin-left:10px;font-weight:400;letter-spacing:0;text-transform:none}
td{padding:4px 10px;border-bottom:1px solid var(--nd-line);vertical-align:middle}
tbody tr:last-child td{border-bottom-color:transparent}
.number{text-align:right}td{white-space:nowrap}td.long{white-space:normal;overflow-wrap:anywhere;min-width:110px}td.head.long{min-width:180px}
tr[data-key]{cursor:pointer}
tr[data-key]:hover td{background:var(--nd-raised)}
tr.chosen td{background:var(--nd-raised)}
tr.chosen td:first-child{box-shadow:inset 3px 0 0 var(--nd-accent)}
tr[data-key]:focus-visible{outline:2px solid var(--nd-accent);outline-offset:-2px}
.below{display:block;color:var(--nd-muted);font-size:11.5px}
.head .text{font-weight:600}
.main .text{font-weight:600}
tr.faint .head .text,tr.faint .main .text{font-weight:400;color:var(--nd-muted)}
.ok .text{color:var(--nd-ok)}.warn .text{color:var(--nd-warn)}.bad .text{color:var(--nd-bad)}
.up .text{color:var(--nd-up)}.down .text{color:var(--nd-down)}.muted .text{color:var(--nd-muted)}
a.text{color:var(--nd-accent);text-decoration:none}a.text:hover{text-decoration:underline}
a.text:focus-visible,td.press:focus-visible{outline:2px solid var(--nd-accent);outline-offset:-2px}
td.press{cursor:pointer}td.press:hover{background:var(--nd-raised)}
svg{display:block;width:120px;height:24px;overflow:visible}
.chips{display:flex;flex-wrap:wrap;gap:4px;margin:2px 0}
.chip{display:inline-flex;align-items:center;gap:5px;padding:2px 7px;border:1px solid var(--nd-line);border-radius:9px;background:none;
 color:var(--nd-text);font:500 11.5px/1.3 var(--nd-font)}
button.chip{cursor:pointer}button.chip:hover{background:var(--nd-raised)}
button.chip:focus-visible{outline:2px solid var(--nd-accent)}
.chip i{width:8px;height:8px;border-radius:50%;background:var(--mark,var(--nd-muted));flex:none}
.chip.ok{--mark:var(--nd-ok)}.chip.warn{--mark:var(--nd-warn);color:var(--nd-warn)}.chip.bad{--mark:var(--nd-bad);color:var(--nd-bad)}
.chip.warn i{border-radius:1px;transform:rotate(45deg)}.chip.bad i{border-radius:0}
.empty td{color:var(--nd-muted);padding:10px}
@media (max-width:720px){
 .frame{overflow-x:hidden}
 table,tbody{display:block}thead{display:none}
 tr.group{display:block}tr.group th{display:block;border-bottom:1px solid var(--nd-line)}
 tr.row{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:2px 14px;padding:8px 10px;border-bottom:1px solid var(--nd-line)}
 tr.row td,tr.row td.long{padding:0;border:0;text-align:left;min-width:0;overflow-wrap:anywhere;white-space:normal;font-size:12.5px}
 tr.row td::before{content:attr(data-title);margin-right:6px;color:var(--nd-muted);font-size:11px}
 tr.row td.head::before,tr.row td.main::before,tr.row td.drawn::before{content:none}
 tr.row td.none{display:none}
 tr.row td.main{text-align:right;font-size:14px;order:1}
 tr.row td{order:2}tr.row td.head{order:0}
 tr.row td.chipped:not(.head){grid-column:1/-1}
 tr.chosen{box-shadow:inset 3px 0 0 var(--nd-accent);background:var(--nd-raised)}
 tr.chosen td:first-child{box-shadow:none}
 tr.empty td{display:block}
 .below{display:inline;margin-left:6px}.head .below,.main .below{display:block;margin-left:0}
}
`

export function render({model}) {
  const style = document.createElement("style")
  style.textContent = CSS + REST_CSS
  const bar = element("div", "bar")
  const sheet = element("div", "frame")
  const table = element("table")
  const head = element("thead")
  const body = element("tbody")
  table.append(head, body)
  sheet.append(table)
  let kept = []
  let presses = 0

  function element(tag, cls, text) {
    const made = document.createElement(tag)
    if (cls) { made.className = cls }
    if (text !== undefined) { made.textContent = text }
    return made
  }

  function press(key) { model.pressed = `${key}#${++presses}` }

  function chip([text, tone, title, key, color]) {
    const made = element(key ? "button" : "span", `chip ${tone}`)
    if (tone || color) { made.append(element("i")) }
    if (color) { made.style.setProperty("--mark", color) }
    made.append(document.createTextNode(text))
    if (title) { made.title = title }
    if (key) {
      made.type = "button"
      made.dataset.key = key
      made.onclick = (event) => { event.stopPropagation(); press(key) }
      made.onkeydown = (event) => event.stopPropagation()
    }
    return made
  }

  function link(text, address) {
    const made = element("a", "text", text)
    if (address.startsWith("https://")) { made.href = address }
    made.target = "_blank"
    made.rel = "noopener noreferrer"
    made.onclick = (event) => event.stopPropagation()
    made.onkeydown = (event) => event.stopPropagation()
    return made
  }

  function pressable(node, key) {
    node.classList.add("press")
    node.dataset.press = key
    node.tabIndex = 0
    node.onclick = (event) => { event.stopPropagation(); press(key) }
    node.onkeydown = (event) => { if (event.key === "Enter") { event.stopPropagation(); press(key) } }
  }

  function fill(node, cell, [key, title, classes]) {
    const {text = "", below = "", svg = "", chips = []} = cell
    const kinds = [classes, cell.tone || "", svg ? "drawn" : "", chips.length ? "chipped" : "", text || below || svg || chips.length ? "" : "none"]
    node.className = kinds.filter(Boolean).join(" ")
    node.dataset.field = key
    node.dataset.title = title
    node.title = cell.title || ""
    if (svg) { node.innerHTML = svg } else { node.replaceChildren(cell.link ? link(text, cell.link) : element("span", "text", text)) }
    if (below) { node.append(element("span", "below", below)) }
    if (chips.length) {
      const all = element("span", "chips")
      all.append(...chips.map(chip))
      if (text) { node.append(all) } else { node.replaceChildren(all) }
    }
    if (cell.key) { pressable(node, cell.key) }
  }

  function row(entry) {
    const made = element("tr", `row ${entry.tone}`)
    model.columns.forEach((column, at) => {
      const cell = element("td")
      fill(cell, entry.cells[at] || {}, column)
      made.append(cell)
    })
    if (entry.key) {
      made.dataset.key = entry.key
      made.tabIndex = 0
      made.onclick = () => press(entry.key)
      made.onkeydown = (event) => { if (event.key === "Enter") { press(entry.key) } }
    }
    return made
  }

  function group(entry) {
    const made = element("tr", "group")
    const cell = element("th", "", entry.title)
    cell.colSpan = model.columns.length
    if (entry.note) { cell.append(element("span", "", entry.note)) }
    made.append(cell)
    return made
  }

  function nothing(text) {
    const made = element("tr", "empty")
    const cell = element("td", "", text)
    cell.colSpan = model.columns.length
    made.append(cell)
    return made
  }

  // A row that reads as before keeps its node, and with it the focus.
  function wanted() {
    const lines = []
    for (const section of model.sections) {
      if (section.title) { lines.push([`g${section.title}|${section.note}`, () => group(section)]) }
      for (const entry of section.rows) { lines.push([`r${JSON.stringify(entry)}`, () => row(entry)]) }
      if (!section.rows.length && section.empty) { lines.push([`e${section.empty}`, () => nothing(section.empty)]) }
    }
    return lines
  }

  function show() {
    const lines = wanted()
    lines.forEach(([text, make], at) => {
      if (kept[at] === text) { return }
      const before = body.children[at]
      const made = make()
      if (before) {
        const is_focused = before.matches(":focus")
        before.replaceWith(made)
        if (is_focused && made.dataset.key) { made.focus() }
      } else {
        body.append(made)
      }
    })
    while (body.children.length > lines.length) { body.lastChild.remove() }
    kept = lines.map(([text]) => text)
    mark()
  }

  function mark() {
    for (const one of body.querySelectorAll("tr.row")) { one.classList.toggle("chosen", Boolean(model.chosen) && one.dataset.key === model.chosen) }
  }

  function titles() {
    const line = element("tr")
    line.append(...model.columns.map(([, title, classes]) => element("th", classes, title)))
    head.replaceChildren(line)
    kept = []
    body.replaceChildren()
    show()
  }

  if (model.rest) { bar.append(rest_button(model.rest)) }
  titles()
  model.on("sections", show)
  model.on("columns", titles)
  model.on("chosen", mark)
  const root = element("div")
  root.style.width = "100%"
  root.append(style, bar, sheet)
  return root
}
