// Shapes: where the lines, areas, words and handles of a drawing are, in pixels of the price pane, and what a pointer touches.

import {MEASURE} from "./drawing_tools.js"

export const LEVELS = [0, 0.236, 0.382, 0.5, 0.618, 0.786, 1, 1.618]
const EDGE = 24, GAP = 4, LINE = 15, WIDEST = 260
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000]

const PARTS = {
  trend_line: (spots, size) => ({lines: [clip(...spots, 0, 1, size)], handles: spots.map(held)}),
  ray: (spots, size) => ({lines: [clip(...spots, 0, Infinity, size)], handles: spots.map(held)}),
  extended_line: (spots, size) => ({lines: [clip(...spots, -Infinity, Infinity, size)], handles: spots.map(held)}),
  horizontal_line: ([{y}], {width}) => ({
    lines: [{x1: 0, y1: y, x2: width, y2: y}], handles: [{x: width / 2, y, price: 0}],
  }),
  vertical_line: ([{x}], {height}) => ({
    lines: [{x1: x, y1: 0, x2: x, y2: height}], handles: [{x, y: height / 2, time: 0}],
  }),
  rectangle: ([a, b], size) => ({
    lines: [[a, {x: b.x, y: a.y}], [{x: b.x, y: a.y}, b], [b, {x: a.x, y: b.y}], [{x: a.x, y: b.y}, a]].map(
      ([from, to]) => clip(from, to, 0, 1, size)),
    fills: [area(a, b, size, 0.12)],
    handles: [...[a, b].map(held), {x: a.x, y: b.y, time: 0, price: 1}, {x: b.x, y: a.y, time: 1, price: 0}],
  }),
  fibonacci: retracement,
  // Beside its handle, which would hide the first letter.
  text: ([spot], size, {shape, font}) => ({
    labels: [beside(spot, 8, -LINE / 2, label(shape.text, spot, font, {solid: true}), size)], handles: [held(spot, 0)],
  }),
  [MEASURE]: measured,
}

// null where the chart has no place for it: no bars, or no prices to scale by.
export function layout(shape, host, size) {
  const spots = shape.points.map(({time, price}) => ({x: host.xOfTime(time), y: host.yOfPrice(price)}))
  if (!spots.every(({x, y}) => Number.isFinite(x) && Number.isFinite(y))) { return null }
  const font = fontOf(host)
  const {lines = [], fills = [], labels = [], handles = [], color} = PARTS[shape.kind](spots, size, {shape, host, font})
  if (shape.text && shape.kind !== "text") {
    const spot = shape.kind === "horizontal_line" ? {x: GAP, y: spots[0].y} : spots[0]
    labels.push(beside(spot, GAP, -LINE - 2, label(shape.text, spot, font, {}), size))
  }
  return {lines: lines.filter(Boolean), fills: fills.filter(Boolean), labels, handles, color: color ?? shape.style.color}
}

export function fontOf(host) { return `12px ${host.font || "sans-serif"}` }

// Words right of their spot, left of it where they would be cut off, and within a pane that has room for neither.
function beside({x, y}, gap, up, made, {width, height}) {
  const left = x - gap - made.width
  made.x = x + gap
  if (made.x + made.width > width - GAP && left >= GAP) { made.x = left }
  else if (x <= width) { made.x = Math.min(made.x, Math.max(GAP, width - made.width - GAP)) }
  made.y = y < 0 || y > height ? y + up : within(y + up, height - made.height)
  return made
}

function held({x, y}, i) { return {x, y, time: i, price: i} }

function retracement([a, b], size, {shape, host, font}) {
  const [from, to] = shape.points
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)]
  const rows = LEVELS.map((level) => {
    const price = to.price + (from.price - to.price) * level
    return {level, price, y: host.yOfPrice(price)}
  }).filter(({y}) => Number.isFinite(y))
  const words = rows.map(({level, price}) => label(`${level} (${host.formatPrice(price)})`, {x: 0, y: 0}, font, {}))
  const x = Math.min(Math.max(left, 0), size.width - Math.max(0, ...words.map(({width}) => width)) - 2 * GAP) + GAP
  return {
    lines: [{...clip(a, b, 0, 1, size), isFaint: true},
            ...rows.map(({y}) => clip({x: left, y}, {x: right, y}, 0, 1, size))].filter((line) => line && "x1" in line),
    fills: rows.slice(1).map(({y}, i) => area({x: left, y: rows[i].y}, {x: right, y}, size, i % 2 ? 0.04 : 0.1)),
    labels: left > size.width || right < 0 ? [] : words.map((made, i) => ({...made, x, y: rows[i].y - LINE})),
    handles: [a, b].map(held),
  }
}

function measured([a, b], size, {shape, host, font}) {
  const [from, to] = shape.points
  const isUp = to.price >= from.price
  const made = label(measure(host, from, to), {x: 0, y: 0}, font, {isCard: true})
  made.x = within((a.x + b.x) / 2 - made.width / 2, size.width - made.width)
  made.y = within(isUp ? Math.min(a.y, b.y) - made.height - 8 : Math.max(a.y, b.y) + 8, size.height - made.height)
  const middle = {x: (a.x + b.x) / 2, y: (a.y + b.y) / 2}
  return {
    lines: [clip({x: middle.x, y: a.y}, {x: middle.x, y: b.y}, 0, 1, size), clip({x: a.x, y: middle.y}, {x: b.x, y: middle.y}, 0, 1, size)],
    fills: [area(a, b, size, 0.16)], labels: [made], color: isUp ? "up" : "down",
  }
}

function within(value, most) { return Math.max(GAP, Math.min(value, most - GAP)) }

// What lies between two points, in words.
export function measure(host, from, to) {
  const change = to.price - from.price
  const sign = change > 0 ? "+" : change < 0 ? "−" : ""
  // Of a price of nothing there is no percentage; of one below it, the change counts against its size.
  const share = from.price === 0 ? "–" : `${sign}${(Math.abs(change / from.price) * 100).toFixed(2)} %`
  const bars = Math.round(host.timeToLogical(to.time)) - Math.round(host.timeToLogical(from.time))
  return `${sign}${host.formatPrice(Math.abs(change))} (${share})\n${bars} bar${Math.abs(bars) === 1 ? "" : "s"}, ${lasted(to.time - from.time)}`
}

function lasted(ms) {
  const [sign, whole] = [ms < 0 ? "−" : "", Math.round(Math.abs(ms) / 1000) * 1000]
  const parts = [[Math.floor(whole / DAY), "d"], [Math.floor((whole % DAY) / HOUR), "h"], [Math.floor((whole % HOUR) / MINUTE), "min"],
                 [(whole % MINUTE) / 1000, "s"]].filter(([count]) => count)
  return sign + (parts.slice(0, 2).map(([count, unit]) => `${count} ${unit}`).join(" ") || "0 s")
}

function area(a, b, {width, height}, alpha) {
  const [left, right] = [Math.max(Math.min(a.x, b.x), -EDGE), Math.min(Math.max(a.x, b.x), width + EDGE)]
  const [top, bottom] = [Math.max(Math.min(a.y, b.y), -EDGE), Math.min(Math.max(a.y, b.y), height + EDGE)]
  return left < right && top < bottom ? {x: left, y: top, width: right - left, height: bottom - top, alpha} : null
}

// The part of a line inside the pane: `low` and `high` are 0 and 1 at its two points, and infinite where it goes on.
export function clip(a, b, low, high, {width, height}) {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  if (dx === 0 && dy === 0) { [low, high] = [0, 0] }
  for (const [step, room] of [[-dx, a.x + EDGE], [dx, width + EDGE - a.x], [-dy, a.y + EDGE], [dy, height + EDGE - a.y]]) {
    if (step === 0 && room < 0) { return null }
    if (step < 0) { low = Math.max(low, room / step) }
    if (step > 0) { high = Math.min(high, room / step) }
  }
  return low > high ? null : {x1: a.x + low * dx, y1: a.y + low * dy, x2: a.x + high * dx, y2: a.y + high * dy}
}

const measuring = document.createElement("canvas").getContext("2d")
const wrapped = new Map()

function label(text, {x, y}, font, look) { return {x, y, ...wrap(text, font), ...look} }

// Words in lines of at most so many pixels; a word that is longer stands alone.
function wrap(text, font) {
  const key = `${font}\n${text}`
  if (wrapped.size > 2_000) { wrapped.clear() }
  if (!wrapped.has(key)) {
    measuring.font = font
    const lines = text.split("\n").flatMap(broken)
    const width = Math.max(...lines.map((line) => measuring.measureText(line).width))
    wrapped.set(key, {lines, width, height: lines.length * LINE})
  }
  return wrapped.get(key)
}

function broken(text) {
  const lines = [""]
  for (const word of text.split(" ")) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word
    if (lines.at(-1) && measuring.measureText(longer).width > WIDEST) { lines.push(word) } else { lines[lines.length - 1] = longer }
  }
  return lines
}

export function handleAt({handles}, {x, y}, tolerance) {
  const away = (handle) => Math.hypot(handle.x - x, handle.y - y)
  return handles.filter((handle) => away(handle) <= tolerance).sort((one, other) => away(one) - away(other))[0] ?? null
}

export function isTouched({lines, labels}, {x, y}, tolerance) {
  return lines.some((line) => distance(line, x, y) <= tolerance) || labels.some((made) => (
    made.solid && x >= made.x - tolerance && x <= made.x + made.width + tolerance
    && y >= made.y - tolerance && y <= made.y + made.height + tolerance))
}

function distance({x1, y1, x2, y2}, x, y) {
  const [dx, dy] = [x2 - x1, y2 - y1]
  const length = dx * dx + dy * dy
  const along = length ? Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / length)) : 0
  return Math.hypot(x1 + along * dx - x, y1 + along * dy - y)
}
