// Draws the figures, and colours them after the reader's scheme; paper is always light.
const dark = matchMedia("(prefers-color-scheme: dark)")
const paper = matchMedia("print")

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--nd-${name}`).trim()
}

function looks(model, text, muted, line) {
  if (model.type === "Figure" || model.type === "Plot") return {outline_line_color: line}
  if (model.type.endsWith("Axis"))
    return {axis_label_text_color: muted, major_label_text_color: muted, axis_line_color: line,
            major_tick_line_color: line, minor_tick_line_color: null}
  if (model.type === "Grid") return {grid_line_color: line, grid_line_alpha: 0.7}
  if (model.type === "Title") return {text_color: text}
  if (model.type === "Legend") return {label_text_color: text, background_fill_alpha: 0, border_line_alpha: 0}
}

function paint() {
  const scheme = ["text", "muted", "line"].map(color)
  for (const page of Bokeh.documents)
    for (const root of page.roots())
      for (const model of root.references()) {
        const change = looks(model, ...scheme)
        if (change) model.setv(change)
      }
}

// A finger that drags is to scroll the page, not the chart it happens to be on.
function leaveDragging(value) {
  if (value === null || typeof value !== "object") return
  if (value.name === "Toolbar") value.attributes = {...value.attributes, active_drag: null}
  Object.values(value).forEach(leaveDragging)
}

async function draw() {
  const items = JSON.parse(document.getElementById("figures").textContent)
  if (matchMedia("(pointer: coarse)").matches) leaveDragging(items)
  for (const item of items) {
    try {
      await Bokeh.embed.embed_item(item)
    } catch (error) {
      document.getElementById(item.target_id).textContent = `This chart could not be drawn: ${error.message}`
      console.error(error)
    }
  }
  paint()
  document.documentElement.dataset.drawn = String(items.length)
}

dark.addEventListener("change", paint)
paper.addEventListener("change", paint)
draw()
