const CSS = `
.commands{display:flex;flex-wrap:wrap;gap:6px}
button{font:600 12px/1 var(--nd-font);color:var(--tone,var(--nd-accent));background:none;border:1px solid currentColor;border-radius:4px;padding:10px 12px;cursor:pointer;font-variant-numeric:tabular-nums}
button:hover{background:var(--nd-raised)}
button:disabled{color:var(--nd-muted);border-color:var(--nd-line);background:none;cursor:default}
button:focus-visible{outline:2px solid var(--nd-accent);outline-offset:1px}
.bad{--tone:var(--nd-bad)}
.sure{background:var(--nd-bad);color:var(--nd-ink);border-color:var(--nd-bad)}
.sure:hover{background:var(--nd-bad)}
`

export function render({model}) {
  const style = document.createElement("style")
  style.textContent = CSS
  const bar = document.createElement("div")
  bar.className = "commands"
  let presses = 0

  function show() {
    while (bar.children.length > model.entries.length) { bar.lastChild.remove() }
    model.entries.forEach(([key, label, tone, is_enabled], at) => {
      let button = bar.children[at]
      if (!button) {
        button = document.createElement("button")
        button.type = "button"
        button.onclick = () => { model.pressed = `${button.dataset.key}#${++presses}` }
        bar.append(button)
      }
      button.dataset.key = key
      button.textContent = label
      button.className = tone
      button.disabled = !is_enabled
    })
  }

  show()
  model.on("entries", show)
  const root = document.createElement("div")
  root.style.width = "100%"
  root.append(style, bar)
  return root
}
