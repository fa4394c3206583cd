// Executions: fills at their price, round trips, what happened to orders and what works, on the bars they belong to.

import {Layer} from "./marks.js"
import {OrderCard} from "./order_card.js"
import {paint} from "./executions_paint.js"

const SMALL = 6, LARGE = 12
const NEAR = 9, NEAR_TOUCH = 18
const ASK_MS = 150
const MOST_LINES = 40
const MARK_STEP = 15
const NOTHING = {fills: {}, sums: {}, links: {}, lots: {}, marks: {}, working: {}}

export class Executions {
  constructor(host) {
    this.host = host
    this.data = rowsOf(NOTHING)
    this.options = {fills: true, links: true, orders: false, working: true}
    this.lines = []
    this.chosen = null
    this.lives = new Map()
    this.card = new OrderCard(host, () => this.close())
    this.layer = new Layer(host, (context, size) => this.draw(context, size), "top")
    this.layer.primitive.hitTest = (x, y) => (
      this.itemAt(x, y) ? {externalId: "execution", cursorStyle: "pointer", zOrder: "top"} : null)
    this.onMove = (event) => this.hover(event)
    this.onClick = (event) => this.click(event)
  }

  attach(series) {
    this.series = series
    this.layer.attach(series)
    this.host.chart.subscribeCrosshairMove(this.onMove)
    this.host.chart.subscribeClick(this.onClick)
    this.drawLines()
  }

  detach(series) {
    this.host.chart.unsubscribeCrosshairMove(this.onMove)
    this.host.chart.unsubscribeClick(this.onClick)
    this.removeLines()
    this.layer.detach(series)
    this.series = null
  }

  restyle() {
    this.drawLines()
    this.layer.redraw()
  }

  show(message) {
    if (message.type === "order_life") { this.showLife(message); return }
    Object.assign(this.options, message.options)
    this.data = rowsOf({...NOTHING, ...message})
    // An order's life may have gone on.
    this.lives.clear()
    if (message.note && message.note !== this.note) { this.host.say(message.note) }
    this.note = message.note
    this.drawLines()
    this.layer.redraw()
    this.keep()
  }

  destroy() {
    clearTimeout(this.timer)
    this.card.destroy()
    if (this.series) { this.detach(this.series) }
  }

  // What is drawn, in CSS pixels of the price pane.
  shapes() {
    const {host, options, data} = this
    const at = (row, time, price) => ({x: host.xOfTime(row[time]), y: host.yOfPrice(row[price])})
    const grown = (row) => ({...row, kind: "fill", ...at(row, "bar", "price"), size: SMALL + (LARGE - SMALL) * Math.sqrt(row.share)})
    const fills = options.fills ? data.fills.map(grown) : []
    const sums = options.fills ? data.sums.map((row) => ({...grown(row), state: "whole"})) : []
    const links = options.links ? data.links.map((row) => this.linkShape(row)) : []
    const end = host.xOfTime(host.bars.time.at(-1) ?? 0)
    const lots = options.links ? data.lots.map((row) => {
      const {x, y} = at(row, "from", "from_price")
      return {...row, kind: "lot", x1: x, y1: y, x2: Math.max(x, end), y2: y}
    }) : []
    const working = options.working ? data.working.map((row) => ({...row, kind: "working", y: host.yOfPrice(row.price)})) : []
    return {fills: known(fills), sums: known(sums), links: known(links), lots: known(lots), marks: known(this.markShapes()),
            working: known(working)}
  }

  linkShape(row) {
    const {host} = this
    return {...row, kind: "link", x1: host.xOfTime(row.from), y1: host.yOfPrice(row.from_price), x2: host.xOfTime(row.to),
            y2: host.yOfPrice(row.to_price)}
  }

  // Events of one bar at one price stand above each other; those of an order without a price below the bar.
  markShapes() {
    if (!this.options.orders) { return [] }
    const {host} = this
    const counts = new Map()
    return this.data.marks.map((row) => {
      const isPriced = row.price !== null
      const price = row.price ?? host.bars.low[Math.round(host.timeToLogical(row.bar))] ?? NaN
      const place = `${row.bar} ${price} ${isPriced}`
      const before = counts.get(place) ?? 0
      counts.set(place, before + 1)
      const isMoved = row.kind === "updated" && row.from_price !== null && row.from_price !== price
      const y = host.yOfPrice(price)
      return {...row, x: host.xOfTime(row.bar), y: y === null ? null : y + (isPriced ? -before : before + 1.2) * MARK_STEP,
              fromY: isMoved ? host.yOfPrice(row.from_price) : null}
    })
  }

  draw(context, size) {
    const shapes = this.shapes()
    const inSight = ({x, x1, x2}) => (x === undefined ? Math.max(x1, x2) > -LARGE && Math.min(x1, x2) < size.width + LARGE
      : x > -LARGE && x < size.width + LARGE)
    const seen = Object.fromEntries(Object.entries(shapes).map(([name, rows]) => [name, name === "working" ? rows : rows.filter(inSight)]))
    paint(context, seen, this.host, size, this.chosen && this.placeOf(this.chosen, shapes))
    this.painted = seen
  }

  // Those nearest to the last price, where there are more lines than a chart can carry.
  drawLines() {
    this.removeLines()
    if (!this.series || !this.options.working) { return }
    const {close} = this.host.bars
    const last = close.findLast?.((price) => !Number.isNaN(price)) ?? 0
    const nearest = [...this.data.working].sort((a, b) => Math.abs(a.price - last) - Math.abs(b.price - last))
    const {buy, sell} = this.host.colors
    this.lines = nearest.slice(0, MOST_LINES).map((row) => this.series.createPriceLine({
      price: row.price, color: row.side === "BUY" ? buy : sell, lineWidth: 1, lineStyle: row.kind === "trigger" ? 1 : 2,
      axisLabelVisible: true, title: row.label,
    }))
  }

  removeLines() {
    for (const line of this.lines) { this.series?.removePriceLine(line) }
    this.lines = []
  }

  // The nearest thing to a point of the price pane: fills before marks, marks before lines.
  itemAt(x, y, near = NEAR) {
    const {fills, sums, marks, links, lots, working} = this.shapes()
    const middle = ({side, size}) => (side === "BUY" ? 1 : -1) * (size ?? 0) * 0.6
    const points = [...fills, ...sums, ...marks].map((row) => [Math.hypot(row.x - x, row.y + middle(row) - y), row])
    const lines = [...links, ...lots].map((row) => [distance(row, x, y) + 4, row])
    const levels = working.map((row) => [Math.abs(row.y - y) + 4, row])
    for (const group of [points, levels, lines]) {
      const [best] = group.filter(([far]) => far <= near).sort(([a], [b]) => a - b)
      if (best) { return best[1] }
    }
    return null
  }

  hover({point, paneIndex}) {
    if (this.isPinned || this.host.isDrawing) { return }
    const item = point && !paneIndex ? this.itemAt(point.x, point.y) : null
    if (!item) { this.close(); return }
    this.openCard(item, false, point)
  }

  click({point, paneIndex, sourceEvent}) {
    if (this.host.isDrawing) { return }
    const isTouch = sourceEvent?.isTouch ?? matchMedia("(pointer: coarse)").matches
    const item = point && !paneIndex ? this.itemAt(point.x, point.y, isTouch ? NEAR_TOUCH : NEAR) : null
    if (item) { this.openCard(item, true, point) } else { this.close() }
  }

  next() { this.step(1) }

  previous() { this.step(-1) }

  // From one fill, event and working order to the next one in time, which is brought into view.
  step(by) {
    const shapes = this.shapes()
    const items = [...shapes.fills, ...shapes.sums, ...shapes.marks].sort((a, b) => a.bar - b.bar).concat(shapes.working)
    if (!items.length) { this.host.say("No trades here"); return }
    const now = this.chosen ? items.findIndex((item) => sameItem(item, this.chosen)) : by > 0 ? -1 : items.length
    const item = items[Math.min(Math.max(now + by, 0), items.length - 1)]
    this.openCard(item, true, this.placeOf(item, shapes))
    this.reveal(item)
  }

  reveal(item) {
    if (item.bar === undefined) { return }
    const scale = this.host.chart.timeScale()
    const range = scale.getVisibleLogicalRange()
    const at = this.host.timeToLogical(item.bar)
    if (!range || (at >= range.from && at <= range.to)) { return }
    const half = (range.to - range.from) / 2
    scale.setVisibleLogicalRange({from: at - half, to: at + half})
    // The library moves with the next picture, and the card after it.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (this.chosen === item) { this.card.move(...this.inRoot(this.placeOf(item, this.shapes()))) }
    }))
  }

  close() {
    clearTimeout(this.timer)
    if (!this.chosen) { return }
    this.chosen = null
    this.isPinned = false
    this.card.close()
    this.layer.redraw()
  }

  openCard(item, isPinned, point) {
    const isSame = this.chosen && sameItem(this.chosen, item) && this.isPinned === isPinned
    this.chosen = item
    this.isPinned = isPinned
    if (isSame && this.card.isOpen) { return }
    this.card.open(item.text, ...this.inRoot(point), isPinned)
    this.layer.redraw()
    this.askLife(item)
  }

  askLife({order, trader, run}) {
    clearTimeout(this.timer)
    if (!order) { return }
    const life = this.lives.get(keyOf({order, trader, run}))
    if (life) { this.card.showLife(life); return }
    // A mouse that passes by asks nothing.
    this.timer = setTimeout(() => this.host.send("order", {trader, run, order}), this.isPinned ? 0 : ASK_MS)
  }

  showLife(life) {
    this.lives.set(keyOf(life), life)
    if (this.chosen?.order && keyOf(this.chosen) === keyOf(life)) { this.card.showLife(life) }
  }

  // What is open stays open over a refresh, and is told anew; what is gone is closed.
  keep() {
    if (!this.chosen) { return }
    const shapes = this.shapes()
    const item = Object.values(shapes).flat().find((row) => sameItem(row, this.chosen))
    if (!item) { this.close(); return }
    const isTold = String(item.text) === String(this.chosen.text)
    this.chosen = isTold ? item : null
    // What is written stays until there is news: a card that is made anew twice a second can't be read.
    if (isTold) { this.askLife(item) } else { this.openCard(item, this.isPinned, this.placeOf(item, shapes)) }
  }

  placeOf(item, shapes) {
    const row = Object.values(shapes).flat().find((one) => sameItem(one, item)) ?? item
    const width = this.host.chart.timeScale().width()
    return {x: row.x ?? row.x2 ?? width * 0.6, y: row.y ?? row.y2}
  }

  inRoot({x, y}) {
    const [left, top] = this.corner()
    return [left + x, top + y]
  }

  // Where the price pane begins in the root.
  corner() {
    const {chart, root} = this.host
    const [outer, inner] = [root.getBoundingClientRect(), chart.chartElement().getBoundingClientRect()]
    const {visible} = chart.priceScale("left").options()
    return [inner.left - outer.left + (visible ? chart.priceScale("left").width() : 0), inner.top - outer.top]
  }
}

// Lists by column as rows; a text is a list of places among `lines`.
function rowsOf(message) {
  const row = (entries, i) => {
    const made = Object.fromEntries(entries.map(([key, values]) => [key, values[i]]))
    return {...made, text: made.text.map((place) => message.lines[place])}
  }
  return Object.fromEntries(Object.keys(NOTHING).map((name) => {
    const entries = Object.entries(message[name] ?? {})
    return [name, Array.from({length: entries[0]?.[1].length ?? 0}, (_, i) => row(entries, i))]
  }))
}

function known(rows) {
  return rows.filter((row) => ["x", "y", "x1", "y1", "x2", "y2"].every((name) => !(name in row) || Number.isFinite(row[name])))
}

function keyOf({trader, run, order}) { return `${trader} ${run} ${order}` }

function sameItem(a, b) { return a.id === b.id }

// From a point to a line between two others.
function distance({x1, y1, x2, y2}, x, y) {
  const length = (x2 - x1) ** 2 + (y2 - y1) ** 2
  const share = length ? Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length)) : 0
  return Math.hypot(x - x1 - share * (x2 - x1), y - y1 - share * (y2 - y1))
}
