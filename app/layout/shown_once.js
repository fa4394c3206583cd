const CSS = `
.once{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center;padding:12px 14px;border:1px solid var(--nd-ok);border-left-width:3px;border-radius:4px;
 background:var(--nd-panel);color:var(--nd-text);font:13px/1.5 var(--nd-font)}
.once[hidden]{display:none}
p{flex:1 1 100%;margin:0}
code{flex:1 1 320px;min-width:0;padding:8px 10px;border:1px solid var(--nd-line);border-radius:4px;background:var(--nd-bg);font:13px/1.5 var(--nd-mono);overflow-wrap:anywhere;user-select:all}
button{font:600 12px/1 var(--nd-font);color:var(--nd-accent);background:none;border:1px solid currentColor;border-radius:4px;padding:10px 12px;cursor:pointer}
button:hover{background:var(--nd-raised)}
button:focus-visible{outline:2px solid var(--nd-accent);outline-offset:1px}
`

export function render({model}) {
  const style = document.createElement("style")
  style.textContent = CSS
  const box = document.createElement("div")
  box.className = "once"
  box.setAttribute("role", "status")
  const [words, code, copy, done] = ["p", "code", "button", "button"].map((tag) => document.createElement(tag))
  copy.type = done.type = "button"
  copy.textContent = "Copy"
  done.textContent = "Done, hide it"
  box.append(words, code, copy, done)

  // A link is told as the browser would open it.
  const whole = () => model.is_path && model.secret ? new URL(model.secret, window.location.href).href : model.secret

  function show() {
    words.textContent = model.words
    code.textContent = whole()
    copy.textContent = "Copy"
    box.hidden = !model.secret
  }

  function select() {
    const range = document.createRange()
    range.selectNodeContents(code)
    const selection = window.getSelection()
    selection.removeAllRanges()
    selection.addRange(range)
  }

  // Without TLS a browser has no clipboard for pages but those of its own machine.
  async function to_clipboard() {
    if (navigator.clipboard && window.isSecureContext) { return navigator.clipboard.writeText(whole()) }
    select()
    if (!document.execCommand("copy")) { throw new Error("refused") }
  }

  copy.onclick = async () => {
    try {
      await to_clipboard()
      copy.textContent = "Copied"
    } catch {
      select()
      copy.textContent = "Marked: copy it by hand"
    }
  }
  done.onclick = () => { model.secret = "" }
  show()
  model.on(["secret", "words"], show)
  const root = document.createElement("div")
  root.style.width = "100%"
  root.append(style, box)
  return root
}
