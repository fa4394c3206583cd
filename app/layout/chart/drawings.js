// Drawings: lines, levels and words a person puts on the chart, anchored at times and prices and kept by the server.

import {Book} from "./drawing_book.js"
import {Hand} from "./drawing_hand.js"
import {Painting} from "./drawing_paint.js"
import {handleAt, isTouched, layout} from "./drawing_shapes.js"
import {TextBox} from "./drawing_text.js"
import {MEASURE, POINTS, TOOLS, WIDTHS} from "./drawing_tools.js"

const REACH = 6

export class Drawings {
  constructor(host) {
    this.host = host
    this.tools = TOOLS
    this.active = null
    this.selected = null
    this.magnet = false
    // What a person chose, by the kind it was chosen for.
    this.styles = {}
    // Told whenever the tool, the selection or the drawings are others.
    this.onChange = null
    this.book = new Book((type, payload) => host.send(type, payload), () => this.refresh(),
      () => host.say("Drawings are not saved: the server has not answered. They stay here until it does or the page is left."))
    this.text = new TextBox(host)
    this.painting = new Painting(host, this)
    this.hand = new Hand(this)
  }

  attach(series) {
    this.series = series
    series.attachPrimitive(this.painting.primitive)
  }

  detach(series) { (series ?? this.series)?.detachPrimitive(this.painting.primitive) }

  destroy() {
    this.text.close()
    this.hand.release()
    this.book.close()
  }

  restyle() {
    this.text.restyle()
    this.redraw()
  }

  redraw() { this.painting.redraw() }

  // `{type: "drawings", instrument_id, timeframe, drawings}`, all there are, or `{type: "drawing_refused", id, reason}`.
  show(message) {
    if (message.type === "drawing_refused") {
      this.book.refuse(message.id)
      this.host.say(`The drawing was not kept: ${message.reason}`)
      return
    }
    // What is half done belongs to the chart it was begun on.
    if (this.book.sheet && !this.book.isOf(message)) { this.cancel() }
    this.book.take({...message, drawings: (message.drawings ?? []).filter(({kind}) => Object.hasOwn(POINTS, kind) && kind !== MEASURE)})
  }

  start(key) {
    this.cancel()
    this.active = key
    this.host.root.focus({preventScroll: true})
    this.refresh()
  }

  // The tool is put away, what is half done is dropped, nothing is selected.
  cancel() {
    this.text.close()
    this.hand.drop()
    this.active = this.selected = this.measured = null
    this.refresh()
  }

  select(id) {
    this.selected = id
    this.refresh()
  }

  selectNext(step) {
    const ids = this.book.shapes.map(({id}) => id)
    if (!ids.length) { return false }
    const at = ids.indexOf(this.selected)
    this.select(ids[at < 0 && step < 0 ? ids.length - 1 : (at + step + ids.length) % ids.length])
    return true
  }

  deleteSelected() {
    if (!this.selected || this.hand.isBusy) { return }
    this.book.remove([this.selected])
  }

  clear() { this.book.remove(this.shapes().map(({id}) => id)) }

  undo() { if (this.hand.isBusy) { this.cancel() } else { this.book.undo() } }

  redo() { if (!this.hand.isBusy) { this.book.redo() } }

  // The drawing that is selected, else what a tool is about to draw; null at rest.
  get kindAtWork() { return this.active ?? this.book.get(this.selected)?.kind ?? null }

  get styleAtWork() { return this.active ? this.styleFor(this.active) : this.book.get(this.selected).style }

  styleFor(kind) { return {color: "accent", width: 2, dash: "solid", ...WIDTHS[kind], ...this.styles[kind]} }

  // How the selected drawing looks, and the next ones of its kind.
  setStyle(change) {
    const kind = this.kindAtWork
    this.styles[kind] = {...this.styles[kind], ...change}
    const shape = this.book.get(this.selected)
    if (shape) { this.book.put({...shape, style: {...shape.style, ...change}}) }
    this.hand.restyle()
  }

  shapes() { return structuredClone(this.book.shapes) }

  // A drawing is made: a measure is shown until the next press, a text wants its words, the others are kept.
  drawn(shape, isMeasure) {
    this.active = null
    if (isMeasure) {
      this.measured = shape
    } else if (shape.kind === "text") {
      this.write(shape)
    } else {
      this.book.put(shape)
      this.selected = shape.id
    }
    this.refresh()
  }

  edit() {
    const shape = this.book.get(this.selected)
    if (shape) { this.write(shape) }
  }

  write(shape) {
    const [{time, price}] = shape.points
    const {left, top} = this.paneBox()
    const place = {x: left + (this.host.xOfTime(time) ?? 0), y: top + (this.host.yOfPrice(price) ?? 0)}
    this.text.open(place, shape.text ?? "", (text) => {
      if (text === null || (!text && shape.kind === "text")) { return }
      this.book.put({...(this.book.get(shape.id) ?? shape), text})
      this.select(shape.id)
    })
  }

  forget() { this.measured = null }

  // The hand, the book or the chart changed something: what follows from it.
  refresh() {
    if (this.selected && !this.book.get(this.selected)) { this.selected = null }
    this.hold(Boolean(this.active || this.hand?.isBusy))
    this.redraw()
    this.tell()
  }

  tell() {
    const now = [this.active, this.selected, this.magnet, this.book.shapes.length].join("|")
    if (now !== this.told) { this.onChange?.() }
    this.told = now
  }

  hold(isHeld) {
    const {chart} = this.host
    if (isHeld === Boolean(this.freed)) { return }
    if (isHeld) {
      const {handleScroll, handleScale} = chart.options()
      this.freed = structuredClone({handleScroll, handleScale})
      chart.applyOptions({handleScroll: false, handleScale: false})
    } else {
      chart.applyOptions(this.freed)
      this.freed = null
    }
  }

  get size() {
    return {width: this.host.chart.timeScale().width(), height: this.series?.getPane().getHeight() ?? 0}
  }

  get visible() {
    const {preview} = this.hand
    const kept = this.book.shapes.map((shape) => (shape.id === preview?.id ? preview : shape))
    const more = [preview && !this.book.get(preview.id) ? preview : null, this.measured]
    return [...kept, ...more.filter(Boolean)]
  }

  get cursor() { return this.hand.cursor ?? null }

  items(size) {
    this.look(size)
    return this.visible.map((shape) => {
      if (!this.laid.has(shape)) { this.laid.set(shape, layout(shape, this.host, size)) }
      return {shape, parts: this.laid.get(shape), isSelected: shape.id === this.selected || shape === this.hand.draft}
    }).filter(({parts}) => parts)
  }

  // A drawing is never changed in place, so where it lies is worked out anew only when the axes are others.
  look({width, height}) {
    const {host} = this
    const {time} = host.bars
    const axes = [time[0], time.at(-1)].map((ms) => host.xOfTime(ms)).concat([1, 10, 1_000].map((price) => host.yOfPrice(price)))
    const now = [width, height, host.precision, host.font, ...axes]
    if (time === this.times && now.every((value, i) => value === this.axes[i])) { return }
    Object.assign(this, {times: time, axes: now, laid: new WeakMap()})
  }

  // What lies under a spot of the price pane, the selected one and then the newest first: {id, handle}.
  find(spot, tolerance) {
    const items = this.items(this.size).filter(({shape}) => this.book.get(shape.id)).reverse()
    items.sort((one, other) => other.isSelected - one.isSelected)
    for (const {shape, parts, isSelected} of items) {
      const handle = isSelected ? handleAt(parts, spot, tolerance + 2) : null
      if (handle || isTouched(parts, spot, tolerance)) { return {id: shape.id, handle} }
    }
    return null
  }

  // For the library, which sets the pointer's look.
  touched(spot) {
    if (this.active) { return {externalId: "drawing", cursorStyle: "crosshair", zOrder: "top"} }
    const found = this.find(spot, REACH)
    return found && {externalId: `drawing ${found.id}`, cursorStyle: found.handle ? "grab" : "pointer", zOrder: "top"}
  }

  // The price pane within the root: {left, top, width, height, cell}.
  paneBox() {
    const cell = this.series?.getPane().getHTMLElement()?.querySelectorAll(":scope > td")[1]
    if (!cell) { return {left: 0, top: 0, width: 0, height: 0} }
    const [box, root] = [cell.getBoundingClientRect(), this.host.root.getBoundingClientRect()]
    return {left: box.left - root.left, top: box.top - root.top, width: box.width, height: box.height, cell}
  }

  // Where in the price pane an event is; null where it is not, unless it began there.
  spotOf(event, isFollowed = false) {
    const {left, top, width, height, cell} = this.paneBox()
    const root = this.host.root.getBoundingClientRect()
    const spot = {x: event.clientX - root.left - left, y: event.clientY - root.top - top}
    if (isFollowed) { return spot }
    const isInside = cell?.contains(event.composedPath()[0]) && spot.x >= 0 && spot.y >= 0 && spot.x <= width && spot.y <= height
    return isInside ? spot : null
  }
}
