// Hand: what mouse, finger and keys do to the drawings; while it holds something the chart stays where it is.

import {anchorAt, pulled, shifted, snapped, squared} from "./drawing_anchor.js"
import {MEASURE, POINTS, newId} from "./drawing_tools.js"

const REACH = {mouse: 6, touch: 14}, STILL = {mouse: 3, touch: 9}
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}
const KEY_STEP = 10

export class Hand {
  constructor(plugin) {
    this.plugin = plugin
    this.host = plugin.host
    this.press = null
    this.off = new AbortController()
    const {signal} = this.off
    const {root} = this.host
    const own = {capture: true, signal}
    root.addEventListener("pointerdown", (event) => this.down(event), own)
    root.addEventListener("pointermove", (event) => this.hover(event), own)
    root.addEventListener("keydown", (event) => this.key(event), own)
    root.addEventListener("keyup", (event) => { if (event.key in ARROWS && this.nudge) { this.settle() } }, own)
    root.addEventListener("focusout", () => { if (this.nudge) { this.settle() } }, own)
    root.addEventListener("dblclick", (event) => this.double(event), own)
    // The chart hears these two, and pans; the page scrolls by the second.
    for (const type of ["mousedown", "touchstart"]) {
      root.addEventListener(type, (event) => this.keep(event), {...own, passive: false})
    }
    const {ownerDocument} = root
    ownerDocument.addEventListener("pointermove", (event) => { if (this.isMine(event)) { this.move(event) } }, own)
    ownerDocument.addEventListener("pointerup", (event) => { if (this.isMine(event)) { this.up(event) } }, own)
    ownerDocument.addEventListener("pointercancel", (event) => { if (this.isMine(event)) { this.drop() } }, own)
  }

  // Something is held, or was begun.
  get isBusy() { return Boolean(this.draft || this.press?.isHeld || this.nudge) }

  // What is shown in place of, or besides, what is in the book.
  get preview() { return this.draft ?? this.nudge ?? this.press?.moved ?? null }

  isMine(event) { return this.press?.pointer === event.pointerId }

  keep(event) {
    if (!this.press?.isHeld) { return }
    event.stopPropagation()
    if (event.cancelable) { event.preventDefault() }
  }

  down(event) {
    const spot = this.plugin.spotOf(event)
    if (!spot || !event.isPrimary) { return }
    if (event.button !== 0) {
      if (this.plugin.active) { this.plugin.cancel() }
      return
    }
    const {plugin} = this
    plugin.text.close()
    plugin.forget()
    const device = event.pointerType === "touch" ? "touch" : "mouse"
    this.press = {pointer: event.pointerId, device, start: spot, isHeld: false}
    if (plugin.active) { this.begin(event, spot) } else { this.take(spot) }
    if (this.press?.isHeld) { this.host.root.focus({preventScroll: true}) }
    plugin.refresh()
  }

  // A tool is put down: its first point, or the second of two clicks.
  begin(event, spot) {
    const anchor = this.anchor(event, spot)
    if (!anchor) { this.press = null; this.host.say("There are no bars to draw on."); return }
    Object.assign(this.press, {isHeld: true, isSecond: Boolean(this.draft)})
    if (this.draft) { this.stretch(anchor); return }
    const {active} = this.plugin
    const points = Array.from({length: POINTS[active]}, () => anchor)
    this.draft = {id: newId(), kind: active, points, style: this.plugin.styleFor(active), text: ""}
  }

  // What is half drawn takes the style that was chosen meanwhile.
  restyle() {
    if (!this.draft) { return }
    this.draft = {...this.draft, style: this.plugin.styleFor(this.draft.kind)}
    this.plugin.refresh()
  }

  // What is under the pointer: the mouse holds it at once; a finger first selects, so that the chart can be moved where lines are.
  take(spot) {
    const {press, plugin} = this
    const found = plugin.find(spot, REACH[press.device])
    press.found = found
    if (found && (press.device === "mouse" || found.id === plugin.selected)) {
      press.isHeld = true
      press.wasSelected = found.id === plugin.selected
      plugin.select(found.id)
    }
  }

  hover(event) {
    if (!this.draft || this.press) { return }
    const spot = this.plugin.spotOf(event)
    if (spot) { this.stretch(this.anchor(event, spot)) }
  }

  move(event) {
    const {press} = this
    const spot = this.plugin.spotOf(event, true)
    press.isMoved ||= Math.hypot(spot.x - press.start.x, spot.y - press.start.y) > STILL[press.device]
    if (this.draft) { this.stretch(this.anchor(event, spot)) }
    else if (press.isHeld && press.isMoved) { this.drag(event, spot) }
    this.plugin.refresh()
  }

  drag(event, spot) {
    const {press, host} = this
    const shape = this.plugin.book.get(press.found.id)
    if (!shape) { this.drop(); host.say("This drawing was deleted elsewhere."); return }
    const {handle} = press.found
    const other = handle && shape.points[1 - (handle.time ?? handle.price)]
    const anchor = handle ? this.anchor(event, spot, other, shape.kind === "rectangle") : null
    press.moved = handle
      ? (anchor ? pulled(shape, handle, anchor) : press.moved)
      : shifted(host, shape, spot.x - press.start.x, spot.y - press.start.y) ?? press.moved
  }

  up(event) {
    const {press, plugin} = this
    if (this.draft) {
      this.press = null
      const isWhole = this.draft.points.length === 1 || press.isSecond || press.isMoved
      if (isWhole) { this.finish() } else if (press.device === "touch") { this.host.say("Tap where it ends.") }
    } else {
      this.press = null
      if (press.moved) { plugin.book.put(press.moved) } else if (!press.isMoved) { this.tap(press) }
    }
    plugin.refresh()
  }

  // Nothing was moved: it is selected, or nothing is; a second tap of a finger edits a text.
  tap({device, found, wasSelected}) {
    this.plugin.select(found?.id ?? null)
    if (device === "touch" && wasSelected && this.plugin.book.get(found.id)?.kind === "text") { this.plugin.edit() }
  }

  anchor(event, spot, other = null, isBox = false) {
    const {host, plugin, draft} = this
    const from = other ?? (draft?.points.length === 2 && draft.points[0] ? draft.points[0] : null)
    if (event.shiftKey && from) { return squared(host, spot, from, isBox || draft?.kind === "rectangle") ?? anchorAt(host, spot) }
    const isMagnetic = plugin.magnet !== Boolean(event.ctrlKey || event.metaKey)
    return (isMagnetic && snapped(host, spot)) || anchorAt(host, spot)
  }

  // The last point of what is drawn follows the pointer.
  stretch(anchor) {
    if (!anchor) { return }
    this.draft = {...this.draft, points: [...this.draft.points.slice(0, -1), anchor]}
    this.plugin.refresh()
  }

  finish() {
    const shape = this.draft
    this.draft = this.cursor = null
    this.plugin.drawn(shape, shape.kind === MEASURE)
  }

  // What is held falls back to where it was.
  drop() {
    this.press = this.draft = this.nudge = this.cursor = null
    this.plugin.refresh()
  }

  double(event) {
    const spot = this.plugin.spotOf(event)
    const found = spot && !this.plugin.active && this.plugin.find(spot, REACH.mouse)
    if (!found) { return }
    event.stopPropagation()
    this.plugin.select(found.id)
    this.plugin.edit()
  }

  key(event) {
    const typing = event.composedPath()[0].closest?.("input, textarea, select, [contenteditable]")
    if (typing || event.altKey) { return }
    const isButton = event.composedPath()[0].closest?.("button, a")
    if (!isButton && this.keyed(event)) {
      event.preventDefault()
      event.stopPropagation()
      this.plugin.refresh()
    }
  }

  // Was the key meant for a drawing?
  keyed(event) {
    const {plugin} = this
    const direction = ARROWS[event.key]
    if (plugin.active && direction) { this.steer(event, direction); return true }
    if (plugin.active && event.key === "Enter") { this.place(event); return true }
    if (plugin.selected && direction) { return this.push(event, direction) }
    if (plugin.selected && event.key === "Enter") { plugin.edit(); return true }
    if (event.key === "]" || event.key === "[") { return plugin.selectNext(event.key === "]" ? 1 : -1) }
    return false
  }

  steer(event, [dx, dy]) {
    const {width, height} = this.plugin.size
    const {x, y} = this.cursor ?? {x: Math.round(width / 2), y: Math.round(height / 2)}
    const step = event.shiftKey ? 1 : KEY_STEP
    this.cursor = {x: Math.min(width - 1, Math.max(0, x + dx * step)), y: Math.min(height - 1, Math.max(0, y + dy * step))}
    if (this.draft) { this.stretch(this.anchor({}, this.cursor)) }
  }

  place(event) {
    const {width, height} = this.plugin.size
    this.cursor ??= {x: Math.round(width / 2), y: Math.round(height / 2)}
    this.press = {device: "mouse", start: this.cursor}
    const cursor = this.cursor
    this.begin({}, cursor)
    if (!this.press) { return }
    this.up(event)
    this.cursor = this.draft ? cursor : null
  }

  // Arrows move what is selected; it is kept when the key is let go.
  push(event, [dx, dy]) {
    const shape = this.nudge ?? this.plugin.book.get(this.plugin.selected)
    const step = event.shiftKey ? KEY_STEP : 1
    this.nudge = (shape && shifted(this.host, shape, dx * step, dy * step)) ?? this.nudge
    return true
  }

  settle() {
    const shape = this.nudge
    this.nudge = null
    if (this.plugin.book.get(shape.id)) { this.plugin.book.put(shape) }
    this.plugin.refresh()
  }

  release() { this.off.abort() }
}
