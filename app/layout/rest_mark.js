// The button of what REST has, in a component that draws its own headings; `REST_CSS` is put in front.
function rest_button(key) {
  const made = document.createElement("button")
  made.type = "button"
  made.className = "rest"
  made.title = "Copy as curl or Python"
  made.textContent = "API"
  made.dataset.rest = key
  return made
}
