// Painting of executions: triangles whose tip is at the price, dotted links, and small letters for what happened to orders.

const LETTERS = {
  submitted: "S", accepted: "A", updated: "M", triggered: "T", emulated: "E", released: "R", canceled: "C", expired: "X",
  rejected: "!", denied: "!", "change refused": "?", "cancel refused": "?",
}
const BAD = new Set(["rejected", "denied"])
const DOUBTFUL = new Set(["change refused", "cancel refused"])
const MARK = 7
const ROOM = 60

export function paint(context, {fills, sums, links, lots, marks}, host, size, chosen) {
  context.font = `11px ${host.font}`
  context.textBaseline = "middle"
  for (const lot of lots) { line(context, lot, host.colors.muted) }
  for (const link of links) { line(context, link, colorOf(link.sign, host.colors)) }
  for (const mark of marks) { drawMark(context, mark, host.colors) }
  for (const fill of [...sums, ...fills]) { triangle(context, fill, host.colors) }
  labels(context, links, host.colors, size)
  if (chosen) { ring(context, chosen, host.colors) }
}

function line(context, {x1, y1, x2, y2}, color) {
  context.strokeStyle = color
  context.lineWidth = 1.5
  context.setLineDash([2, 3])
  context.beginPath()
  context.moveTo(x1, y1)
  context.lineTo(x2, y2)
  context.stroke()
  context.setLineDash([])
}

// A buy stands below its price and points up at it, a sale above it.
function triangle(context, {x, y, size, side, state}, colors) {
  const down = side === "BUY" ? 1 : -1
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(x - size * 0.62, y + down * size)
  context.lineTo(x + size * 0.62, y + down * size)
  context.closePath()
  const color = state === "void" ? colors.muted : colors[side === "BUY" ? "buy" : "sell"]
  context.lineJoin = "round"
  context.lineWidth = 3
  context.strokeStyle = colors.panel
  context.stroke()
  context.fillStyle = state === "whole" ? color : colors.panel
  context.fill()
  context.lineWidth = 1.5
  context.strokeStyle = color
  context.stroke()
  if (state === "void") {
    context.beginPath()
    context.moveTo(x - size * 0.7, y + down * size)
    context.lineTo(x + size * 0.7, y)
    context.stroke()
  }
}

function drawMark(context, {x, y, fromY, kind}, colors) {
  const color = BAD.has(kind) ? colors.bad : DOUBTFUL.has(kind) ? colors.warn : colors.muted
  context.strokeStyle = context.fillStyle = color
  context.lineWidth = 1
  if (fromY !== null) { line(context, {x1: x, y1: fromY, x2: x, y2: y}, color) }
  context.beginPath()
  context.arc(x, y, MARK, 0, 2 * Math.PI)
  context.fillStyle = colors.panel
  context.fill()
  context.stroke()
  context.fillStyle = BAD.has(kind) ? colors.bad : colors.text
  context.textAlign = "center"
  context.fillText(LETTERS[kind] ?? "•", x, y + 0.5)
}

// What was gained stands beside the exit where nothing else is written; the later ones first.
function labels(context, links, colors, {width, height}) {
  const taken = []
  context.textAlign = "left"
  for (const link of [...links].reverse()) {
    link.box = null
    if (!link.label || Math.hypot(link.x2 - link.x1, link.y2 - link.y1) < 12) { continue }
    const wide = context.measureText(link.label).width
    const box = {left: link.x2 + 8, top: link.y2 - 7, right: link.x2 + 8 + wide, bottom: link.y2 + 7}
    if (box.right > width - 4 || box.left < 0 || box.top < ROOM || box.bottom > height || taken.some((other) => meet(box, other))) { continue }
    taken.push(box)
    link.box = box
    context.lineWidth = 3
    context.strokeStyle = colors.panel
    context.strokeText(link.label, box.left, link.y2)
    context.fillStyle = colors.text
    context.fillText(link.label, box.left, link.y2)
  }
}

function ring(context, {x, y}, colors) {
  context.strokeStyle = colors.accent
  context.lineWidth = 2
  context.beginPath()
  context.arc(x, y, 12, 0, 2 * Math.PI)
  context.stroke()
}

function meet(a, b) { return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom }

function colorOf(sign, colors) { return sign > 0 ? colors.ok : sign < 0 ? colors.bad : colors.muted }
