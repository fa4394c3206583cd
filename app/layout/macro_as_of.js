const CSS = `
:host{display:block;width:100%;min-width:0}
*{box-sizing:border-box}
.bar{display:flex;flex-wrap:wrap;align-items:center;gap:6px 10px;padding:7px 12px;background:var(--nd-panel);border:1px solid var(--nd-line);
 border-radius:4px;font:13px/1.3 var(--nd-font);color:var(--nd-text);font-variant-numeric:tabular-nums}
.bar.past{border-color:var(--nd-warn);box-shadow:inset 3px 0 0 var(--nd-warn)}
label{font-weight:600}
input[type=date]{font:inherit;color:inherit;background:var(--nd-bg);border:1px solid var(--nd-line);border-radius:4px;padding:5px 7px;min-width:132px}
input[type=range]{flex:1 1 240px;min-width:120px;height:24px;margin:0;accent-color:var(--nd-accent)}
.past input[type=range]{accent-color:var(--nd-warn)}
button{font:600 12px/1 var(--nd-font);color:var(--nd-accent);background:none;border:1px solid var(--nd-line);border-radius:4px;padding:8px 9px;cursor:pointer}
button:hover{background:var(--nd-raised)}button:disabled{color:var(--nd-muted);opacity:.5;cursor:default}
input:focus-visible,button:focus-visible{outline:2px solid var(--nd-accent);outline-offset:1px}
.ends{color:var(--nd-muted);font-size:11.5px;white-space:nowrap}
.banner{flex:1 1 100%;color:var(--nd-muted)}
.past .banner{padding:6px 10px;border-radius:3px;background:var(--nd-warn);color:var(--nd-ink);font-weight:600}
@media (max-width:720px){.ends{display:none}input[type=range]{flex-basis:100%;order:5;height:34px}.banner{order:6}button{padding:10px 11px}}
`
const DAY = 86400000

export function render({model}) {
  const style = document.createElement("style")
  style.textContent = CSS
  const bar = element("div", "bar")
  const label = element("label", "", "As of")
  const box = element("input")
  box.type = "date"
  box.id = "as-of-day"
  label.htmlFor = box.id
  const slider = element("input")
  slider.type = "range"
  slider.step = 1
  slider.setAttribute("aria-label", "As of: day whose knowledge is shown")
  const first = element("span", "ends")
  const last = element("span", "ends")
  const banner = element("div", "banner")
  banner.setAttribute("role", "status")
  banner.title = "A day ends at midnight in New York, where most of it is published"
  const steps = [["−1 y", -12, "A year earlier"], ["−1 m", -1, "A month earlier"], ["+1 m", 1, "A month later"], ["+1 y", 12, "A year later"]]
  const buttons = steps.map(([text, months, title]) => button(text, title, () => step(months)))
  const now = button("Now", "Show what is known now", () => choose(""))
  bar.append(label, box, first, slider, last, ...buttons, now, banner)
  let [sent, count, waiting, since] = [model.day, 0, null, 0]

  function element(tag, cls, text) {
    const made = document.createElement(tag)
    if (cls) { made.className = cls }
    if (text !== undefined) { made.textContent = text }
    return made
  }

  function button(text, title, press) {
    const made = element("button", "", text)
    made.type = "button"
    made.title = title
    made.setAttribute("aria-label", title)
    made.onclick = press
    return made
  }

  function number(day) { return Math.round(Date.parse(`${day}T00:00:00Z`) / DAY) }
  function text(at) { return new Date(at * DAY).toISOString().slice(0, 10) }

  // One question at a time: while its answer is being drawn, only the newest wish is kept.
  function choose(day) {
    const within = day && day < model.first ? model.first : day >= model.last ? "" : day
    look(within)
    waiting = within
    pump()
  }

  function pump() {
    const is_busy = model.wanted !== model.drawn && performance.now() - since < 3000
    if (waiting === null || is_busy) { return }
    if (waiting !== sent) {
      sent = waiting
      since = performance.now()
      model.wanted = `${sent}#${++count}`
    }
    waiting = null
  }

  function step(months) {
    const from = new Date(`${box.value || model.last}T00:00:00Z`)
    const wanted = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months, 1))
    const longest = new Date(Date.UTC(wanted.getUTCFullYear(), wanted.getUTCMonth() + 1, 0)).getUTCDate()
    wanted.setUTCDate(Math.min(from.getUTCDate(), longest))
    choose(wanted.toISOString().slice(0, 10))
  }

  function look(day) {
    const is_past = Boolean(day)
    bar.classList.toggle("past", is_past)
    if (document.activeElement !== box || !box.matches(":focus")) { box.value = day || model.last }
    slider.value = number(day || model.last)
    now.disabled = !is_past
    banner.textContent = is_past ? `As known on ${day}: nothing published later is shown` : "As known now"
  }

  function range() {
    const is_empty = !model.first
    for (const input of [box, slider, ...buttons]) { input.disabled = is_empty }
    if (is_empty) { banner.textContent = "Nothing is known yet"; return }
    slider.min = number(model.first)
    slider.max = number(model.last)
    box.min = model.first
    box.max = model.last
    first.textContent = model.first
    last.textContent = model.last
    look(waiting ?? model.day)
  }

  slider.oninput = () => choose(text(Number(slider.value)))
  box.onchange = () => { if (box.value) { choose(box.value) } }
  box.onblur = () => look(waiting ?? sent)
  range()
  model.on(["first", "last"], range)
  model.on("day", () => { if (waiting === null) { sent = model.day; look(model.day) } })
  model.on("drawn", pump)
  const late = setInterval(pump, 500)
  model.on("remove", () => clearInterval(late))
  const root = element("div")
  root.style.width = "100%"
  root.append(style, bar)
  return root
}
