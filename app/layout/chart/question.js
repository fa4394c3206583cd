// Question: what can't be done by a slip of the hand is asked for on the chart first.

import {element} from "./legend.js"

// `verb` does it, Escape or the other button does not.
export function ask(host, text, verb, act) {
  host.root.querySelector(".question")?.remove()
  const box = host.root.appendChild(element("div", "question", text))
  Object.assign(box, {role: "alertdialog", ariaLabel: text})
  const answers = box.appendChild(element("div", "answers"))
  const answer = (label, action) => {
    const button = answers.appendChild(element("button", "", label))
    button.type = "button"
    button.onclick = () => { box.remove(); host.root.focus({preventScroll: true}); action() }
    return button
  }
  answer(verb, act).classList.add("bad")
  const keep = answer("Keep", () => {})
  box.onkeydown = (event) => {
    event.stopPropagation()
    if (event.key === "Escape") { keep.click() }
  }
  keep.focus({preventScroll: true})
}
