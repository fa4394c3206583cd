// Text: where the words of a drawing are typed, on the chart.

const MAX_TEXT = 500, WIDTH = 230

export class TextBox {
  constructor(host) { this.host = host }

  get isOpen() { return Boolean(this.input) }

  // `place` is in pixels of the root; `done(text)` hears what was typed, null when it was given up.
  open(place, text, done) {
    this.close()
    const {root} = this.host
    this.done = done
    this.input = document.createElement("input")
    Object.assign(this.input, {type: "text", value: text, maxLength: MAX_TEXT, placeholder: "Text", ariaLabel: "Text of the drawing"})
    this.restyle()
    const width = Math.min(WIDTH, root.clientWidth - 16)
    Object.assign(this.input.style, {
      position: "absolute", zIndex: 7, width: `${width}px`, padding: "4px 6px", borderRadius: "4px", boxSizing: "border-box",
      left: `${Math.max(8, Math.min(place.x, root.clientWidth - width - 8))}px`,
      top: `${Math.max(4, Math.min(place.y - 6, root.clientHeight - 36))}px`,
    })
    this.input.addEventListener("keydown", (event) => this.press(event))
    this.input.addEventListener("blur", () => this.close())
    root.append(this.input)
    this.input.focus({preventScroll: true})
    this.input.select()
  }

  press(event) {
    event.stopPropagation()
    // While a word is put together from several keys, Enter belongs to it.
    if (event.isComposing) { return }
    if (event.key === "Escape") { this.finish(null) }
    if (event.key === "Enter") { this.finish(this.input.value) }
  }

  close() { if (this.input) { this.finish(this.input.value) } }

  finish(text) {
    const {input, done} = this
    this.input = this.done = null
    const hadFocus = input.matches(":focus")
    input.remove()
    if (hadFocus) { this.host.root.focus({preventScroll: true}) }
    done(text === null ? null : text.trim())
  }

  restyle() {
    if (!this.input) { return }
    const {raised, text, accent} = this.host.colors
    // A phone zooms in on what is written smaller than 16 px.
    const size = matchMedia("(pointer: coarse)").matches ? 16 : 12
    Object.assign(this.input.style, {
      background: raised, color: text, border: `1px solid ${accent}`, font: `${size}px ${this.host.font || "sans-serif"}`,
    })
  }
}
