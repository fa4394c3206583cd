const CSS = `
dialog{box-sizing:border-box;width:min(680px,calc(100vw - 24px));max-height:min(86vh,720px);padding:0;overflow:auto;
 color:var(--nd-text);background:var(--nd-panel);border:1px solid var(--nd-line);border-radius:6px;
 font:13px/1.45 var(--nd-font);box-shadow:0 12px 40px rgba(0,0,0,.35)}
dialog::backdrop{background:rgba(0,0,0,.35)}
header{position:sticky;top:0;display:flex;align-items:center;gap:10px;padding:12px 14px 10px;background:var(--nd-panel);border-bottom:1px solid var(--nd-line)}
h2{flex:1;min-width:0;margin:0;font:600 14px/1.3 var(--nd-font)}
h2 small{margin-left:8px;font-weight:400;font-size:12px;color:var(--nd-muted)}
.body{display:grid;gap:14px;padding:12px 14px 16px}
.head{display:flex;flex-wrap:wrap;align-items:center;gap:6px 8px;margin-bottom:5px}
h3{flex:1;margin:0;font:600 11px/1 var(--nd-font);letter-spacing:.07em;text-transform:uppercase;color:var(--nd-muted)}
pre{margin:0;padding:9px 11px;overflow:auto;background:var(--nd-bg);border:1px solid var(--nd-line);border-radius:4px;
 font:12px/1.5 var(--nd-mono);white-space:pre-wrap;overflow-wrap:anywhere;user-select:text}
p{margin:0;color:var(--nd-muted)}p.problem{color:var(--nd-bad)}p:empty{display:none}
button,a{font:600 12px/1 var(--nd-font);color:var(--nd-accent);background:none;border:1px solid var(--nd-line);border-radius:4px;
 padding:7px 11px;cursor:pointer;text-decoration:none}
button:hover,a:hover{background:var(--nd-raised);border-color:var(--nd-accent)}
button:focus-visible,a:focus-visible,pre:focus-visible{outline:2px solid var(--nd-accent);outline-offset:1px}
.close{padding:7px 10px}
textarea{position:fixed;left:0;bottom:0;width:1px;height:1px;opacity:0}
@media (max-width:720px){
 dialog{width:100vw;max-width:100vw;max-height:82vh;margin:auto 0 0;border-radius:10px 10px 0 0;border-width:1px 0 0}
 button,a{padding:11px 13px}.head h3{flex-basis:100%}
}
`

export function render({model}) {
  const dialog = element("dialog")
  dialog.setAttribute("aria-label", "REST")
  let wanted = ""

  function element(tag, cls, text) {
    const made = document.createElement(tag)
    if (cls) { made.className = cls }
    if (text !== undefined) { made.textContent = text }
    return made
  }

  function button(text, act, cls = "") {
    const made = element("button", cls, text)
    made.type = "button"
    made.onclick = () => act(made)
    return made
  }

  // Plain http from another machine has no clipboard of its own.
  function copy_by_hand(text) {
    const area = element("textarea")
    area.value = text
    dialog.append(area)
    area.select()
    const is_done = document.execCommand("copy")
    area.remove()
    return is_done
  }

  async function copy(text, pressed, name) {
    let is_done = false
    try {
      if (window.isSecureContext && navigator.clipboard) {
        await navigator.clipboard.writeText(text)
        is_done = true
      }
    } catch (refused) { is_done = false }
    is_done ||= copy_by_hand(text)
    pressed.textContent = is_done ? "Copied" : "Select it and copy"
    pressed.focus()
    setTimeout(() => { pressed.textContent = name }, 1600)
  }

  function block(title, text, action, links = []) {
    const made = element("section")
    const head = element("div", "head")
    const name = `Copy ${action}`
    head.append(element("h3", "", title), ...links, button(name, (pressed) => copy(text, pressed, name)))
    const shown = element("pre", "", text)
    shown.tabIndex = 0
    made.append(head, shown)
    return made
  }

  function link([name, address]) {
    const made = element("a", "", name)
    made.href = address
    made.target = "_blank"
    made.rel = "noopener"
    if (name !== "JSON") { made.download = `rows.${name.toLowerCase()}` }
    return made
  }

  function fill(told) {
    const head = element("header")
    const title = element("h2", "", told.title ?? "REST")
    title.append(element("small", "", "REST"))
    head.append(title, button("Close", () => dialog.close(), "close"))
    const body = element("div", "body")
    if (told.problem || told.waits) {
      body.append(element("p", told.problem ? "problem" : "", told.problem ?? told.waits))
    } else {
      body.append(
        block("Address", told.address, "address", told.links.map(link)),
        ...told.texts.map(([name, text]) => block(name, text, `as ${name}`)),
        element("p", "", told.hint),
      )
    }
    dialog.replaceChildren(head, body)
  }

  function press(event) {
    const pressed = event.composedPath().find((node) => node.dataset?.rest)
    if (!pressed) { return }
    event.stopPropagation()
    wanted = pressed.dataset.rest
    fill({waits: "Asking…"})
    dialog.showModal()
    model.send_msg({key: wanted, base: new URL(".", location.href).href})
  }

  // Beside the page itself, outside what it holds: a press there puts it away.
  dialog.onclick = (event) => { if (event.target === dialog) { dialog.close() } }
  model.on("msg:custom", (told) => {
    if (told.key !== wanted || !dialog.open) { return }
    fill(told)
    dialog.querySelector("section button")?.focus()
  })
  document.addEventListener("click", press, true)
  model.on("remove", () => document.removeEventListener("click", press, true))
  const style = element("style")
  style.textContent = CSS
  const root = element("div")
  root.append(style, dialog)
  return root
}
