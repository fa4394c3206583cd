// Paint: all drawings of a chart as one primitive of its main series, with labels on both axes.

import {fontOf} from "./drawing_shapes.js"

const DASHES = {solid: [], dashed: [7, 4], dotted: [1.5, 3.5]}
const LINE = 15, HANDLE = 4.5

// `scene` has `items(size)`: {shape, parts, isSelected} in the order they are painted; `cursor`; and `touched(spot)`.
export class Painting {
  constructor(host, scene) {
    this.host = host
    this.scene = scene
    const renderer = {draw: (target) => target.useMediaCoordinateSpace(({context, mediaSize}) => this.draw(context, mediaSize))}
    const view = {zOrder: () => "top", renderer: () => renderer}
    this.primitive = {
      attached: ({requestUpdate}) => { this.ask = requestUpdate },
      detached: () => { this.ask = null },
      updateAllViews: () => {},
      paneViews: () => [view],
      priceAxisViews: () => this.axis("horizontal_line"),
      timeAxisViews: () => this.axis("vertical_line"),
      hitTest: (x, y) => scene.touched({x, y}),
    }
  }

  redraw() { this.ask?.() }

  axis(kind) {
    const {host} = this
    const color = ({style}) => host.colors[style.color]
    return this.scene.visible.filter((shape) => shape.kind === kind).map((shape) => {
      const [{time, price}] = shape.points
      const isPrice = kind === "horizontal_line"
      return {
        coordinate: () => (isPrice ? host.yOfPrice(price) : host.xOfTime(time)) ?? -100,
        text: () => (isPrice ? host.formatPrice(price) : host.formatTime(time)),
        textColor: () => host.colors.bg, backColor: () => color(shape), visible: () => true, tickVisible: () => true,
      }
    })
  }

  draw(context, size) {
    context.save()
    context.font = fontOf(this.host)
    context.textBaseline = "top"
    context.lineCap = "round"
    for (const item of this.scene.items(size)) { this.drawItem(context, item) }
    if (this.scene.cursor) { this.drawCursor(context, this.scene.cursor) }
    context.restore()
  }

  drawItem(context, {shape, parts, isSelected}) {
    const color = this.host.colors[parts.color]
    context.fillStyle = context.strokeStyle = color
    for (const {x, y, width, height, alpha} of parts.fills) {
      context.globalAlpha = alpha
      context.fillRect(x, y, width, height)
    }
    for (const line of parts.lines) { this.drawLine(context, line, shape.style) }
    for (const label of parts.labels) { this.drawLabel(context, label, color) }
    if (isSelected) { for (const handle of parts.handles) { this.drawHandle(context, handle, color) } }
  }

  drawLine(context, {x1, y1, x2, y2, isFaint}, {width, dash}) {
    context.globalAlpha = isFaint ? 0.45 : 1
    context.lineWidth = isFaint ? 1 : width
    context.setLineDash(DASHES[isFaint ? "dashed" : dash])
    // A level line lies on whole pixels, so that it is as thin as it is meant to be.
    const crisp = (value) => (context.lineWidth % 2 ? Math.floor(value) + 0.5 : Math.round(value))
    context.beginPath()
    context.moveTo(x1 === x2 ? crisp(x1) : x1, y1 === y2 ? crisp(y1) : y1)
    context.lineTo(x1 === x2 ? crisp(x2) : x2, y1 === y2 ? crisp(y2) : y2)
    context.stroke()
    context.setLineDash([])
    context.globalAlpha = 1
  }

  drawLabel(context, {x, y, lines, width, height, isCard}, color) {
    context.globalAlpha = 1
    if (isCard) {
      context.fillStyle = this.host.colors.raised
      context.strokeStyle = color
      context.lineWidth = 1
      context.beginPath()
      context.roundRect(x - 7, y - 5, width + 14, height + 8, 4)
      context.fill()
      context.stroke()
    }
    context.lineWidth = 3
    context.lineJoin = "round"
    context.strokeStyle = this.host.colors[isCard ? "raised" : "bg"]
    context.fillStyle = this.host.colors.text
    lines.forEach((line, i) => {
      context.strokeText(line, x, y + i * LINE)
      context.fillText(line, x, y + i * LINE)
    })
    context.fillStyle = context.strokeStyle = color
  }

  drawHandle(context, {x, y}, color) {
    context.globalAlpha = 1
    context.beginPath()
    context.arc(x, y, HANDLE, 0, 2 * Math.PI)
    context.fillStyle = this.host.colors.bg
    context.strokeStyle = color
    context.lineWidth = 2
    context.fill()
    context.stroke()
  }

  drawCursor(context, {x, y}) {
    context.strokeStyle = this.host.colors.accent
    context.lineWidth = 1
    context.beginPath()
    for (const [dx, dy] of [[9, 0], [0, 9]]) {
      context.moveTo(x - dx + 0.5, y - dy + 0.5)
      context.lineTo(x + dx + 0.5, y + dy + 0.5)
    }
    context.stroke()
  }
}
