const CSS = `
:host{display:block;width:100%;min-width:0}
.tabs{display:flex;gap:2px;overflow-x:auto;border-bottom:1px solid var(--nd-line);font:13px/1 var(--nd-font);scrollbar-width:thin}
button{display:flex;align-items:center;gap:7px;flex:none;padding:10px 12px;border:0;border-bottom:2px solid transparent;background:none;
 color:var(--nd-muted);font:500 13px/1 var(--nd-font);cursor:pointer;white-space:nowrap;font-variant-numeric:tabular-nums}
button:hover{color:var(--nd-text);background:var(--nd-raised)}
button[aria-selected=true]{color:var(--nd-text);border-bottom-color:var(--nd-accent)}
button:focus-visible{outline:2px solid var(--nd-accent);outline-offset:-2px}
i{font-style:normal;font-size:11px;padding:3px 6px;border-radius:8px;background:var(--nd-raised);color:var(--nd-muted)}
i:empty{display:none}
i.bad{background:var(--nd-bad);color:var(--nd-ink)}i.warn{background:var(--nd-warn);color:var(--nd-ink)}
`

export function render({model}) {
  const style = document.createElement("style")
  style.textContent = CSS
  const bar = document.createElement("div")
  bar.className = "tabs"
  bar.setAttribute("role", "tablist")

  function show() {
    while (bar.children.length > model.entries.length) { bar.lastChild.remove() }
    model.entries.forEach(([key, name, count, tone], at) => {
      let button = bar.children[at]
      if (!button) {
        button = document.createElement("button")
        button.type = "button"
        button.setAttribute("role", "tab")
        button.append(document.createElement("span"), document.createElement("i"))
        button.onclick = () => { model.chosen = button.dataset.key }
        bar.append(button)
      }
      button.dataset.key = key
      button.firstChild.textContent = name
      button.lastChild.textContent = count
      button.lastChild.className = tone
      button.setAttribute("aria-selected", String(key === model.chosen))
    })
    requestAnimationFrame(reveal)
  }

  // Only the bar scrolls: the page stays where it is.
  function reveal() {
    const chosen = bar.querySelector("[aria-selected=true]")
    if (!chosen) { return }
    const left = chosen.offsetLeft - bar.offsetLeft
    if (left < bar.scrollLeft || left + chosen.offsetWidth > bar.scrollLeft + bar.clientWidth) { bar.scrollLeft = left - 24 }
  }

  function move(event) {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key]
    const next = step && bar.children[[...bar.children].indexOf(event.target) + step]
    if (next) { next.focus(); next.click() }
  }

  bar.onkeydown = move
  show()
  model.on(["entries", "chosen"], show)
  const root = document.createElement("div")
  root.style.width = "100%"
  root.append(style, bar)
  return root
}
