// Book: the drawings of one chart as they are here, the server's word on them, and the way back through what was done.

const PATIENCE_MS = 8_000, STEPS = 200

export class Book {
  // `unheard()` is called again and again while the server says nothing of what was changed here.
  constructor(send, changed, unheard = () => {}) {
    this.send = send
    this.changed = changed
    this.unheard = unheard
    this.reset("")
  }

  reset(sheet) {
    clearTimeout(this.timer)
    this.sheet = sheet
    this.here = new Map()
    this.there = new Map()
    this.waiting = new Map()
    this.done = []
    this.undone = []
  }

  get shapes() { return [...this.here.values()] }

  get(id) { return this.here.get(id) }

  // All drawings as the server has them; one that was changed here a moment ago stays until the server tells of the change.
  take(message) {
    const {instrument_id, timeframe, drawings} = message
    if (!this.isOf(message)) { this.reset(sheetOf(message)) }
    this.named = {instrument_id, timeframe}
    this.heard = performance.now()
    this.there = new Map(drawings.map((shape) => [shape.id, shape]))
    this.merge()
  }

  isOf(message) { return sheetOf(message) === this.sheet }

  merge() {
    const now = performance.now()
    let isUnheard = false
    for (const [id, {look, until}] of this.waiting) {
      const [isLate, isTold] = [until <= now, this.heard > until - PATIENCE_MS]
      if (lookOf(this.there.get(id)) === look || (isLate && isTold)) { this.waiting.delete(id) } else if (isLate) { isUnheard = true }
    }
    const kept = [...this.waiting.keys()].map((id) => [id, this.here.get(id)]).filter(([, shape]) => shape)
    const told = [...this.there].filter(([id]) => !this.waiting.has(id))
    this.here = new Map([...told, ...kept])
    if (isUnheard) { this.unheard() }
    this.wait()
    this.changed()
  }

  wait() {
    clearTimeout(this.timer)
    if (this.waiting.size) { this.timer = setTimeout(() => this.merge(), PATIENCE_MS) }
  }

  // Each change is {id, before, after}; no `before` makes a drawing, no `after` removes it.
  change(changes) {
    const wanted = changes.filter(({before, after}) => lookOf(before) !== lookOf(after))
    if (!wanted.length) { return }
    this.done = [...this.done, wanted].slice(-STEPS)
    this.undone = []
    this.apply(wanted, "after")
  }

  put(shape) { this.change([{id: shape.id, before: this.get(shape.id), after: shape}]) }

  remove(ids) { this.change(ids.map((id) => ({id, before: this.get(id)}))) }

  undo() { return this.step(this.done, this.undone, "before") }

  redo() { return this.step(this.undone, this.done, "after") }

  step(from, to, side) {
    const changes = from.pop()
    if (!changes) { return false }
    to.push(changes)
    this.apply(changes, side)
    return true
  }

  apply(changes, side) {
    const until = performance.now() + PATIENCE_MS
    for (const {id, [side]: shape} of changes) {
      this.waiting.set(id, {look: lookOf(shape), until})
      if (shape) {
        this.here.set(id, shape)
        this.send("drawing_put", {...this.named, ...shape})
      } else if (this.here.delete(id)) {
        this.send("drawing_delete", {...this.named, id})
      }
    }
    this.wait()
    this.changed()
  }

  // The server did not keep it: it is again as it was there, and no step leads to it.
  refuse(id) {
    this.waiting.delete(id)
    const others = (changes) => changes.every((change) => change.id !== id)
    this.done = this.done.filter(others)
    this.undone = this.undone.filter(others)
    const shape = this.there.get(id)
    if (shape) { this.here.set(id, shape) } else { this.here.delete(id) }
    this.changed()
  }

  close() { clearTimeout(this.timer) }
}

function sheetOf({instrument_id, timeframe}) { return `${instrument_id} ${timeframe}` }

function lookOf(shape) {
  if (!shape) { return "" }
  const {kind, points, style, text} = shape
  return JSON.stringify([kind, points.map(({time, price}) => [time, price]), style.color, style.width, style.dash, text ?? ""])
}
