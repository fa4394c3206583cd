const CSS = `
:host{display:block;width:100%;min-width:0}
*{box-sizing:border-box}
.list{display:grid;gap:8px;font:13px/1.4 var(--nd-font);color:var(--nd-text);font-variant-numeric:tabular-nums}
.source{display:grid;grid-template-columns:56px minmax(190px,1.2fr) minmax(200px,1.3fr) minmax(220px,1.6fr) 116px;gap:6px 18px;align-items:start;
 padding:12px 14px;background:var(--nd-panel);border:1px solid var(--nd-line);border-left:4px solid var(--tone,var(--nd-line));border-radius:4px;min-width:0}
.source>*{min-width:0}
.ok{--tone:var(--nd-ok)}.warn{--tone:var(--nd-warn)}.bad{--tone:var(--nd-bad)}
.off .name,.off .quotas,.off .facts{opacity:.6}
.rank{display:flex;flex-direction:column;align-items:center;gap:2px}
.rank b{font-size:15px}
.rank button{width:44px;height:26px;padding:0}
.name{font-weight:600;font-size:15px}
.state{display:flex;align-items:center;gap:7px;margin-top:3px;font-weight:600;color:var(--tone,var(--nd-muted))}
.mark{width:8px;height:8px;border-radius:50%;background:var(--tone,var(--nd-muted));flex:none}
.warn .mark{border-radius:1px;transform:rotate(45deg)}.bad .mark{border-radius:0}
.what{margin-top:3px;color:var(--nd-text);overflow-wrap:anywhere}
.can{margin-top:5px;color:var(--nd-muted);font-size:12px;overflow-wrap:anywhere}
.quota{margin-bottom:7px}
.quota div:first-child{display:flex;justify-content:space-between;gap:8px;font-size:12px}
.quota span:last-child{color:var(--nd-muted);white-space:nowrap}
.track{height:6px;margin-top:3px;background:var(--nd-line);border-radius:3px;overflow:hidden}
.track i{display:block;height:100%;background:var(--nd-accent)}
.track i.warn{background:var(--nd-warn)}.track i.bad{background:var(--nd-bad)}
.none{color:var(--nd-muted);font-size:12px}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:2px 10px;margin:0}
dt{color:var(--nd-muted);font-size:12px}dd{margin:0;overflow-wrap:anywhere}
dd.bad{color:var(--nd-bad)}
.acts{display:flex;flex-direction:column;gap:8px;align-items:flex-end}
button{font:600 12px/1 var(--nd-font);color:var(--nd-accent);background:none;border:1px solid var(--nd-line);border-radius:4px;padding:8px 10px;cursor:pointer}
button:hover{background:var(--nd-raised)}button:focus-visible{outline:2px solid var(--nd-accent);outline-offset:1px}
.rank button[hidden]{display:none}
button:disabled{color:var(--nd-muted);opacity:.45;cursor:default}
.switch{display:flex;align-items:center;gap:8px;border:0;padding:6px 2px;color:var(--nd-text)}
.switch i{width:34px;height:18px;border-radius:9px;background:var(--nd-line);position:relative;transition:background .15s}
.switch i::after{content:"";position:absolute;left:2px;top:2px;width:14px;height:14px;border-radius:50%;background:var(--nd-text);transition:left .15s}
.switch[aria-checked=true] i{background:var(--nd-ok)}
.switch[aria-checked=true] i::after{left:18px;background:var(--nd-ink)}
@media (max-width:1000px){.source{grid-template-columns:56px 1fr auto}.quotas,.facts{grid-column:2/-1}.acts{grid-column:3;grid-row:1}}
@media (max-width:720px){.source{grid-template-columns:48px minmax(0,1fr);padding:10px}.acts{grid-column:1/-1;grid-row:auto;flex-direction:row;justify-content:space-between}
 .quotas,.facts{grid-column:1/-1}}
`

export function render({model}) {
  const style = document.createElement("style")
  style.textContent = CSS
  const list = document.createElement("div")
  list.className = "list"
  const nodes = new Map()
  let presses = 0

  function element(tag, cls, text) {
    const made = document.createElement(tag)
    if (cls) { made.className = cls }
    if (text !== undefined) { made.textContent = text }
    return made
  }

  function button(label, title, press) {
    const made = element("button", "", label)
    made.type = "button"
    made.setAttribute("aria-label", title)
    made.title = title
    made.onclick = press
    return made
  }

  function press(verb, name) { model.pressed = `${verb}:${name}#${++presses}` }

  // Made once for each source, so that a button keeps its focus while values change.
  function make(name) {
    const parts = {node: element("div", "source"), rank: element("b"), name: element("div", "name"), state: element("span"),
      what: element("div", "what"), can: element("div", "can"), quotas: element("div", "quotas"), facts: element("dl", "facts"),
      acts: element("div", "acts"), text: ""}
    parts.up = button("▲", "", () => press("up", name))
    parts.down = button("▼", "", () => press("down", name))
    parts.toggle = button("", "", () => press(parts.is_on ? "disable" : "enable", name))
    parts.toggle.className = "switch"
    parts.toggle.setAttribute("role", "switch")
    parts.word = element("span")
    parts.toggle.append(parts.word, element("i"))
    parts.more = button("Connection", "", () => press("open", name))
    const rank = element("div", "rank")
    rank.append(parts.up, parts.rank, parts.down)
    const state = element("div", "state")
    state.append(element("span", "mark"), parts.state)
    const about = element("div")
    about.append(parts.name, state, parts.what, parts.can)
    parts.acts.append(parts.toggle, parts.more)
    parts.node.append(rank, about, parts.quotas, parts.facts, parts.acts)
    parts.node.dataset.key = name
    return parts
  }

  function quota({title, words, fraction, tone}) {
    const made = element("div", "quota")
    const line = element("div")
    line.append(element("span", "", title), element("span", "", words))
    const track = element("div", "track")
    const fill = element("i", tone)
    fill.style.width = `${Math.min(100, fraction * 100)}%`
    track.append(fill)
    track.setAttribute("role", "progressbar")
    track.setAttribute("aria-valuenow", Math.round(fraction * 100))
    made.append(line, track)
    return made
  }

  function fact([title, words, since, tone]) {
    const told = element("dd", tone, words)
    if (since) { told.dataset.since = since; told.dataset.text = words }
    return [element("dt", "", title), told]
  }

  function fill(parts, entry) {
    const text = JSON.stringify(entry)
    if (text === parts.text) { return }
    parts.text = text
    parts.is_on = entry.is_enabled
    parts.node.className = `source ${entry.tone} ${entry.is_enabled ? "" : "off"}`
    parts.rank.textContent = entry.rank
    parts.name.textContent = entry.title
    parts.state.textContent = entry.state
    parts.what.textContent = entry.what
    parts.can.textContent = entry.can
    parts.up.disabled = !entry.can_up
    parts.down.disabled = !entry.can_down
    for (const [made, title] of [[parts.up, `Ask ${entry.title} earlier`], [parts.down, `Ask ${entry.title} later`]]) {
      made.title = title
      made.setAttribute("aria-label", title)
    }
    parts.toggle.disabled = model.is_fixed
    parts.up.hidden = parts.down.hidden = model.is_fixed
    parts.toggle.setAttribute("aria-checked", String(entry.is_enabled))
    parts.toggle.setAttribute("aria-label", `${entry.title}: ${entry.is_enabled ? "on" : "off"}`)
    parts.word.textContent = entry.is_enabled ? "On" : "Off"
    parts.more.hidden = !entry.is_streaming
    parts.more.style.display = entry.is_streaming ? "" : "none"
    parts.quotas.replaceChildren(...(entry.quotas.length ? entry.quotas.map(quota) : [element("div", "none", "no quota: nothing is spent")]))
    parts.facts.replaceChildren(...entry.facts.flatMap(fact))
  }

  function show() {
    const names = model.entries.map((entry) => entry.name)
    for (const name of [...nodes.keys()]) { if (!names.includes(name)) { nodes.get(name).node.remove(); nodes.delete(name) } }
    model.entries.forEach((entry, at) => {
      if (!nodes.has(entry.name)) { nodes.set(entry.name, make(entry.name)) }
      const parts = nodes.get(entry.name)
      fill(parts, entry)
      if (list.children[at] !== parts.node) { list.insertBefore(parts.node, list.children[at] || null) }
    })
    count()
  }

  function count() {
    const now = window.nautilusNow ? window.nautilusNow() : Date.now()
    for (const told of list.querySelectorAll("[data-since]")) {
      const ago = `${age((now - Number(told.dataset.since)) / 1000)} ago`
      told.textContent = told.dataset.text ? `${ago} · ${told.dataset.text}` : ago
    }
  }

  show()
  model.on("entries", show)
  const ages = setInterval(count, 1000)
  model.on("remove", () => clearInterval(ages))
  const root = element("div")
  root.style.width = "100%"
  root.append(style, list)
  return root
}
