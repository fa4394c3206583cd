const CSS = `
:host{display:block;width:100%;min-width:0}
*{box-sizing:border-box}
.inspector{display:grid;grid-template-columns:minmax(0,1.25fr) minmax(0,1fr);gap:8px;font:13px/1.4 var(--nd-font);color:var(--nd-text);font-variant-numeric:tabular-nums}
.bar{grid-column:1/-1;display:flex;flex-wrap:wrap;gap:8px;align-items:center}
.bar label{display:flex;align-items:center;gap:8px;color:var(--nd-muted)}
input{font:13px/1 var(--nd-mono);color:var(--nd-text);background:var(--nd-panel);border:1px solid var(--nd-line);border-radius:4px;padding:8px 10px;width:270px;max-width:100%}
button{font:600 12px/1 var(--nd-font);color:var(--nd-accent);background:none;border:1px solid var(--nd-line);border-radius:4px;padding:8px 12px;cursor:pointer}
button:hover{background:var(--nd-raised)}
button:disabled{color:var(--nd-muted);cursor:default}
button[aria-pressed=true]{background:var(--nd-raised);border-color:var(--nd-accent);color:var(--nd-text)}
button:focus-visible,input:focus-visible,.row:focus-visible{outline:2px solid var(--nd-accent);outline-offset:-2px}
.examples{display:flex;flex-wrap:wrap;gap:4px}
.examples button{font:12px/1 var(--nd-mono);color:var(--nd-muted);padding:6px 8px}
.note{color:var(--nd-muted)}
.note.paused{color:var(--nd-warn);font-weight:600}
.list,.detail{border:1px solid var(--nd-line);border-radius:4px;background:var(--nd-panel);height:560px;overflow:auto;min-width:0}
.row{display:grid;grid-template-columns:96px minmax(0,1fr) minmax(0,150px) 64px;gap:10px;padding:4px 10px;border-bottom:1px solid var(--nd-line);cursor:pointer;align-items:baseline}
.row.head{position:sticky;top:0;background:var(--nd-panel);color:var(--nd-muted);font-weight:600;font-size:12px;cursor:default;padding:7px 10px;z-index:1}
.row:not(.head):hover,.row.on{background:var(--nd-raised)}
.row.on{box-shadow:inset 3px 0 0 var(--nd-accent)}
.row span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.row span:nth-child(2){font-family:var(--nd-mono);font-size:12px}
.row span:nth-child(3){color:var(--nd-muted)}
.row span:last-child{text-align:right}
.detail{padding:10px 12px;display:flex;flex-direction:column;gap:8px}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:2px 12px;margin:0}
dt{color:var(--nd-muted)}dd{margin:0;overflow-wrap:anywhere}
.tools{display:flex;flex-wrap:wrap;gap:6px;align-items:center}
pre{flex:1 0 auto;margin:0;padding:10px;background:var(--nd-bg);border-radius:4px;font:12px/1.5 var(--nd-mono);white-space:pre-wrap;overflow-wrap:anywhere}
.cut{color:var(--nd-warn)}
.nothing{padding:14px;color:var(--nd-muted)}
@media (max-width:900px){
 .inspector{grid-template-columns:minmax(0,1fr)}
 .list{height:340px}.detail{height:auto;min-height:120px}
 .row{grid-template-columns:88px minmax(0,1fr) 58px}
 .row span:nth-child(3){display:none}
}
`

function element(tag, cls, text) {
  const made = document.createElement(tag)
  if (cls) { made.className = cls }
  if (text !== undefined) { made.textContent = text }
  return made
}

// The clipboard of the browser is there on https and loopback alone; elsewhere a marked text is copied.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = element("textarea")
    area.value = text
    area.style.cssText = "position:fixed;opacity:0"
    document.body.append(area)
    area.select()
    const is_done = document.execCommand("copy")
    area.remove()
    return is_done
  }
}

export function render({model}) {
  const style = element("style")
  style.textContent = CSS
  const root = element("div", "inspector")
  root.innerHTML = `
    <div class="bar"><label>Topic <input aria-label="Topic pattern" list="patterns" spellcheck="false"></label><datalist id="patterns"></datalist>
      <button type="button" class="pause"></button><span class="note" role="status"></span><div class="examples" aria-label="Examples"></div></div>
    <div class="list" role="listbox" aria-label="Messages"></div><div class="detail"></div>`
  const find = (selector) => root.querySelector(selector)
  const input = find("input")
  let is_raw = false
  let shown_detail = null
  const nodes = new Map()

  function ask(pattern) {
    model.pattern = pattern.trim() || "*"
    input.value = model.pattern
  }

  function show_controls() {
    if (root.getRootNode().activeElement !== input) { input.value = model.pattern }
    const pause = find(".pause")
    pause.textContent = model.is_paused ? "Resume" : "Pause"
    pause.setAttribute("aria-pressed", String(model.is_paused))
    const note = find(".note")
    note.textContent = model.is_paused ? `paused · ${model.note}` : model.note
    note.classList.toggle("paused", model.is_paused)
  }

  function make_row(row) {
    const node = element("div", "row")
    node.tabIndex = 0
    node.setAttribute("role", "option")
    for (const name of ["time", "topic", "type", "size"]) { node.append(element("span", "", row[name])) }
    node.children[1].title = row.topic
    node.children[2].title = row.type
    node.dataset.key = row.key
    node.onclick = () => { model.chosen = row.key }
    node.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); model.chosen = row.key } }
    return node
  }

  // What is on its way when a person presses pause must not move the list any more.
  function show_rows() {
    if (model.is_paused && nodes.size) { return }
    const list = find(".list")
    const head = element("div", "row head")
    for (const name of [`Time`, "Topic", "Type", "Size"]) { head.append(element("span", "", name)) }
    head.firstChild.title = `Times are in ${model.zone}`
    const wanted = model.rows.map((row) => {
      const kept = nodes.get(row.key)
      const node = kept && kept.firstChild.textContent === row.time ? kept : make_row(row)
      nodes.set(row.key, node)
      return node
    })
    const keys = new Set(model.rows.map((row) => row.key))
    for (const key of nodes.keys()) { if (!keys.has(key)) { nodes.delete(key) } }
    list.replaceChildren(head, ...(wanted.length ? wanted : [element("div", "nothing", "No message of these topics came since this page looks. It shows what comes from now on.")]))
    show_chosen()
  }

  function show_chosen() {
    for (const [key, node] of nodes) {
      node.classList.toggle("on", key === model.chosen)
      node.setAttribute("aria-selected", String(key === model.chosen))
    }
  }

  function show_detail() {
    const box = find(".detail")
    const detail = model.detail
    if (!detail.key) {
      box.replaceChildren(element("div", "nothing", "Choose a message to see it decoded and raw."))
      return
    }
    const facts = element("dl")
    for (const [name, value] of detail.facts) { facts.append(element("dt", "", name), element("dd", "", value)) }
    const tools = element("div", "tools")
    const body = element("pre")
    const modes = [["Decoded", false], ["Raw", true]].map(([name, raw]) => {
      const button = element("button", "", name)
      button.type = "button"
      button.onclick = () => { is_raw = raw; show_body() }
      return button
    })
    const copied = element("button", "copy", "Copy as JSON")
    copied.type = "button"
    copied.onclick = async () => {
      copied.textContent = await copy(detail.decoded) ? "Copied" : "Copying was refused"
      setTimeout(() => { copied.textContent = "Copy as JSON" }, 1500)
    }
    tools.append(...modes, copied)
    if (detail.is_cut) { tools.append(element("span", "cut", "cut: only the first part was kept")) }
    const show_body = () => {
      body.textContent = is_raw ? detail.raw : detail.decoded
      modes.forEach((button, at) => button.setAttribute("aria-pressed", String(is_raw === Boolean(at))))
    }
    show_body()
    box.replaceChildren(facts, tools, body)
    if (shown_detail !== detail.key) { box.scrollTop = 0 }
    shown_detail = detail.key
  }

  for (const pattern of model.examples) {
    find("datalist").append(new Option(pattern, pattern))
    const button = element("button", "", pattern)
    button.type = "button"
    button.onclick = () => ask(pattern)
    find(".examples").append(button)
  }
  input.onchange = () => ask(input.value)
  find(".pause").onclick = () => { model.is_paused = !model.is_paused }
  show_controls(); show_rows(); show_detail()
  model.on(["pattern", "is_paused", "note"], show_controls)
  model.on("is_paused", show_rows)
  model.on(["rows", "zone"], show_rows)
  model.on("chosen", show_chosen)
  model.on("detail", show_detail)
  const all = element("div")
  all.style.width = "100%"
  all.append(style, root)
  return all
}
