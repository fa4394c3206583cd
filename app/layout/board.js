const CSS = `
:host{display:block;width:100%}
*{box-sizing:border-box}
.board{display:flex;flex-flow:row wrap;gap:14px 8px;font:13px/1.35 var(--nd-font);color:var(--nd-text);font-variant-numeric:tabular-nums}
section{flex:1 1 100%;min-width:0}
section[data-kind=cards]{flex:var(--n) 1 calc(var(--n)*184px)}
h2{display:flex;align-items:center;gap:8px;margin:0 0 6px;font:600 11px/1 var(--nd-font);letter-spacing:.07em;text-transform:uppercase;color:var(--nd-muted)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(168px,100%),1fr));gap:8px}
.strip{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:1px;background:var(--nd-line);border:1px solid var(--nd-line);border-radius:4px;overflow:hidden}
.card{position:relative;padding:9px 11px 10px;background:var(--nd-panel);border:1px solid var(--nd-line);border-radius:4px;min-width:0}
.strip .card{border:0;border-radius:0}
.t{display:flex;align-items:center;gap:6px;color:var(--nd-muted);font-size:12px}
.t span:last-child{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.v{margin-top:3px;font-size:18px;font-weight:600;line-height:1.25;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.n{margin-top:2px;color:var(--nd-muted);font-size:12px;overflow-wrap:anywhere}
.mark{width:8px;height:8px;border-radius:50%;background:var(--tone);flex:none}
.mark:empty{display:block}
.warn .mark{border-radius:1px;transform:rotate(45deg)}.bad .mark{border-radius:0}
.ok{--tone:var(--nd-ok)}.warn{--tone:var(--nd-warn)}.bad{--tone:var(--nd-bad)}.up{--tone:var(--nd-up)}.down{--tone:var(--nd-down)}
.warn .v,.bad .v{color:var(--tone)}.card.warn,.card.bad{border-color:var(--tone)}
.up .n,.down .n{color:var(--tone);font-weight:600}
.strip .mark,.none .mark{display:none}
.rows{border:1px solid var(--nd-line);border-radius:4px;overflow:hidden;background:var(--nd-panel)}
.rows .card{display:grid;grid-template-columns:minmax(150px,1.1fr) minmax(110px,.6fr) 2fr auto;gap:4px 14px;align-items:center;border:0;border-top:1px solid var(--nd-line);border-radius:0;padding:7px 11px}
.rows .card:first-child{border-top:0}
.rows .t{color:var(--nd-text);font-size:13px}.rows .v{margin:0;font-size:13px}.rows .n{margin:0}
.track{grid-column:1/-1;height:3px;background:var(--nd-line);border-radius:2px;overflow:hidden}
.cards .track{margin-top:7px}
.track i{display:block;height:100%;background:var(--tone,var(--nd-accent))}
.log{margin:0;max-height:320px;overflow:auto;padding:10px 12px;background:var(--nd-panel);border:1px solid var(--nd-line);border-radius:4px;
 font:12px/1.5 var(--nd-mono);white-space:pre-wrap;overflow-wrap:anywhere;color:var(--nd-text)}
.empty{padding:12px 14px;border:1px dashed var(--nd-line);border-radius:4px;color:var(--nd-muted)}
button{font:600 12px/1 var(--nd-font);color:var(--nd-accent);background:none;border:1px solid var(--nd-line);border-radius:4px;padding:6px 10px;cursor:pointer}
button:hover{background:var(--nd-raised)}button:focus-visible{outline:2px solid var(--nd-accent)}
.cards button{margin-top:7px}
@media (max-width:720px){
 section[data-kind=cards]{flex:1 1 100%}
 .cards{grid-template-columns:repeat(2,minmax(0,1fr))}.strip{grid-template-columns:repeat(2,minmax(0,1fr))}
 .rows .card{grid-template-columns:1fr auto}.rows .n{grid-column:1/-1}
}
`

export function render({model}) {
  const style = document.createElement("style")
  style.textContent = CSS + REST_CSS
  const board = document.createElement("div")
  board.className = "board"
  const shown = new Map()
  let presses = 0

  function element(tag, cls, text) {
    const made = document.createElement(tag)
    if (cls) { made.className = cls }
    if (text !== undefined) { made.textContent = text }
    return made
  }

  function make_card(card) {
    const node = element("div", `card ${card.tone || "none"}`)
    const title = element("div", "t")
    title.append(element("span", "mark"), element("span", "", card.title))
    title.title = card.title
    node.append(title)
    const value = element("div", "v", card.value)
    const note = element("div", "n", card.note)
    if (card.since && !card.value) { value.dataset.since = card.since }
    if (card.since && card.value) { note.dataset.since = card.since; note.dataset.text = card.note }
    node.append(value, note)
    if (card.action) {
      const button = element("button", "", card.action)
      button.type = "button"
      button.onclick = () => { model.pressed = `${card.key}#${++presses}` }
      node.append(button)
    }
    if (card.fraction !== null && card.fraction !== undefined) {
      const track = element("div", "track")
      const fill = element("i")
      fill.style.width = `${Math.round(card.fraction * 1000) / 10}%`
      track.append(fill)
      track.setAttribute("role", "progressbar")
      track.setAttribute("aria-valuenow", Math.round(card.fraction * 100))
      node.append(track)
    }
    return node
  }

  function show_cards(group, body) {
    const nodes = group.cards.map((card) => {
      const key = `${group.key}/${card.key}`
      const text = JSON.stringify(card)
      const kept = shown.get(key)
      if (kept && kept.text === text) { return kept.node }
      const node = make_card(card)
      node.dataset.key = card.key
      shown.set(key, {text, node})
      return node
    })
    if (nodes.length !== body.children.length || nodes.some((node, at) => body.children[at] !== node)) {
      body.replaceChildren(...nodes)
    }
  }

  function show_log(group, body) {
    if (body.textContent === group.text) { return }
    const is_at_end = body.scrollTop + body.clientHeight >= body.scrollHeight - 24
    body.textContent = group.text
    if (is_at_end) { requestAnimationFrame(() => { body.scrollTop = body.scrollHeight }) }
  }

  function heading(group) {
    const made = element("h2", "", group.title)
    if (group.rest) { made.append(rest_button(group.rest)) }
    return made
  }

  function show_group(group) {
    const is_empty = group.kind === "log" ? !group.text : !group.cards.length
    const kind = is_empty ? "empty" : group.kind
    let section = board.querySelector(`section[data-key="${group.key}"]`)
    if (!section || section.dataset.kind !== kind) {
      const fresh = element("section")
      fresh.dataset.key = group.key
      fresh.dataset.kind = kind
      if (group.title) { fresh.append(heading(group)) }
      fresh.append(element(kind === "log" ? "pre" : "div", kind))
      if (section) { section.replaceWith(fresh) } else { board.append(fresh) }
      section = fresh
    }
    section.style.setProperty("--n", group.cards.length)
    const body = section.lastChild
    if (is_empty) { body.textContent = group.empty || "nothing yet" } else if (kind === "log") { show_log(group, body) } else { show_cards(group, body) }
  }

  function show() {
    const keys = model.groups.map((group) => group.key)
    for (const section of [...board.children]) { if (!keys.includes(section.dataset.key)) { section.remove() } }
    model.groups.forEach(show_group)
    count()
  }

  function count() {
    const now = window.nautilusNow ? window.nautilusNow() : Date.now()
    for (const value of board.querySelectorAll("[data-since]")) {
      const text = age((now - Number(value.dataset.since)) / 1000)
      value.textContent = value.dataset.text === undefined ? text : `${value.dataset.text} ${text} ago`
    }
  }

  show()
  model.on("groups", show)
  const ages = setInterval(count, 500)
  model.on("remove", () => clearInterval(ages))
  const root = element("div")
  root.style.width = "100%"
  root.append(style, board)
  return root
}
