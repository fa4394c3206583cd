// Marks behind the bars: where a trading day begins, where bars are missing, and what was traded at which price.

// One primitive of the main series; `draw(context, size)` paints in CSS pixels of the price pane.
export class Layer {
  constructor(host, draw, zOrder = "bottom") {
    this.host = host
    const renderer = {
      draw: (target) => target.useMediaCoordinateSpace(({context, mediaSize}) => {
        context.save()
        draw(context, mediaSize)
        context.restore()
      }),
    }
    const view = {zOrder: () => zOrder, renderer: () => renderer}
    this.primitive = {
      attached: ({requestUpdate}) => { this.ask = requestUpdate },
      updateAllViews: () => {},
      paneViews: () => [view],
    }
  }

  attach(series) { series.attachPrimitive(this.primitive) }

  detach(series) { series.detachPrimitive(this.primitive) }

  redraw() { this.ask?.() }
}

export class Sessions {
  constructor(host) {
    this.host = host
    this.layer = new Layer(host, (context, size) => this.draw(context, size))
  }

  attach(series) { this.layer.attach(series) }

  detach(series) { this.layer.detach(series) }

  draw(context, {width, height}) {
    const {time, weight} = this.host.bars
    const scale = this.host.chart.timeScale()
    const range = scale.getVisibleLogicalRange()
    if (!range || this.host.stepMs >= 86_400_000) { return }
    const spacing = width / Math.max(1, range.to - range.from)
    const first = Math.max(1, Math.floor(range.from))
    const starts = []
    for (let i = first; i <= Math.min(time.length - 1, range.to); i += 1) { if (weight[i] >= 50) { starts.push(i) } }
    if (starts.length > width / 24) { return }
    context.strokeStyle = this.host.colors.line
    context.setLineDash([2, 3])
    for (const i of starts) {
      const x = Math.round(scale.logicalToCoordinate(i) - spacing / 2) + 0.5
      context.beginPath()
      context.moveTo(x, 0)
      context.lineTo(x, height)
      context.stroke()
    }
  }
}

// Holes lead to where they can be filled.
export class Holes {
  constructor(host) {
    this.host = host
    this.holes = []
    this.layer = new Layer(host, (context, size) => this.draw(context, size))
  }

  attach(series) { this.layer.attach(series) }

  detach(series) { this.layer.detach(series) }

  show(holes) {
    this.holes = holes ?? []
    this.layer.redraw()
  }

  // Left and right edge of each hole that is in sight.
  shapes() {
    const {chart} = this.host
    const half = (chart.timeScale().options().barSpacing ?? 6) / 2
    return this.holes.map((hole) => ({
      ...hole,
      left: this.host.xOfTime(hole.first) - half,
      right: this.host.xOfTime(hole.last) + half,
    }))
  }

  draw(context, {width, height}) {
    const {warn} = this.host.colors
    for (const {left, right, bars} of this.shapes()) {
      if (right < 0 || left > width) { continue }
      const wide = Math.max(2, right - left)
      context.fillStyle = `${warn}1f`
      context.fillRect(left, 0, wide, height)
      context.strokeStyle = `${warn}66`
      context.save()
      context.beginPath()
      context.rect(left, 0, wide, height)
      context.clip()
      context.beginPath()
      for (let x = left - height; x < left + wide; x += 10) { context.moveTo(x, height); context.lineTo(x + height, 0) }
      context.stroke()
      context.restore()
      if (wide > 90) {
        context.fillStyle = warn
        context.font = `11px ${this.host.font}`
        context.textAlign = "center"
        context.fillText(bars ? `${bars.toLocaleString("en-US")} bars missing` : "bars missing", left + wide / 2, height - 8)
      }
    }
  }

  at(x) { return this.shapes().find(({left, right}) => x >= left - 2 && x <= Math.max(right, left + 6) + 2) }
}

// Volume by price of what is in view, as bars from the left edge.
export class Profile {
  constructor(host) {
    this.host = host
    this.rows = []
    this.layer = new Layer(host, (context, size) => this.draw(context, size))
  }

  attach(series) { this.layer.attach(series) }

  detach(series) { this.layer.detach(series) }

  // `profile`: {low, high, up, down: lists by price from low to high, poc: index, value: [first, last]} or null.
  show(profile) {
    this.profile = profile
    this.layer.redraw()
  }

  draw(context, {width}) {
    const {profile, host} = this
    if (!profile) { return }
    const count = profile.up.length
    const step = (profile.high - profile.low) / count
    const most = Math.max(...profile.up.map((value, i) => value + profile.down[i]))
    for (let i = 0; i < count; i += 1) {
      const bottom = host.yOfPrice(profile.low + i * step)
      const top = host.yOfPrice(profile.low + (i + 1) * step)
      if (bottom === null || top === null || !most) { continue }
      const inArea = i >= profile.value[0] && i <= profile.value[1]
      const high = Math.max(1, bottom - top - 1)
      const wide = (value) => value / most * width * 0.28
      context.globalAlpha = inArea ? 0.42 : 0.2
      context.fillStyle = host.colors.up
      context.fillRect(0, top, wide(profile.up[i]), high)
      context.fillStyle = host.colors.down
      context.fillRect(wide(profile.up[i]), top, wide(profile.down[i]), high)
    }
    context.globalAlpha = 1
    const y = Math.round(host.yOfPrice(profile.low + (profile.poc + 0.5) * step)) + 0.5
    context.strokeStyle = host.colors.warn
    context.setLineDash([4, 3])
    context.beginPath()
    context.moveTo(0, y)
    context.lineTo(width, y)
    context.stroke()
    context.fillStyle = host.colors.warn
    context.font = `11px ${host.font}`
    context.fillText("POC", 4, y - 4)
  }
}

// The area between two edges of an indicator.
export class Bands {
  constructor(host) {
    this.host = host
    this.bands = []
    this.layer = new Layer(host, (context) => this.draw(context))
    this.layer.primitive.autoscaleInfo = (_, last) => this.reach(last)
  }

  attach(series) { this.layer.attach(series) }

  detach(series) { this.layer.detach(series) }

  // Of what lies past the last bar the price axis hears nothing else.
  reach(last) {
    const seen = this.bands.flatMap(({upper, lower}) => [upper, lower]).flatMap(({values, ahead}) => (
      ahead.slice(0, Math.max(0, Math.ceil(last) - values.length + 1)))).filter(Number.isFinite)
    return seen.length ? {priceRange: {minValue: Math.min(...seen), maxValue: Math.max(...seen)}} : null
  }

  // `bands`: {upper, lower: lines of the price pane, color: number in the palette}.
  show(bands) {
    this.bands = bands ?? []
    this.layer.redraw()
  }

  draw(context) {
    const scale = this.host.chart.timeScale()
    const range = scale.getVisibleLogicalRange()
    if (!range) { return }
    const [first, last] = [Math.max(0, Math.floor(range.from) - 1), Math.ceil(range.to) + 1]
    for (const {upper: one, lower: other, color} of this.bands) {
      const [upper, lower] = [one, other].map(whole)
      context.fillStyle = `${this.host.palette[color % this.host.palette.length]}1c`
      for (const [from, to] of stretches(upper, lower, first, last)) {
        context.beginPath()
        for (let i = from; i <= to; i += 1) { context.lineTo(scale.logicalToCoordinate(i), this.host.yOfPrice(upper[i])) }
        for (let i = to; i >= from; i -= 1) { context.lineTo(scale.logicalToCoordinate(i), this.host.yOfPrice(lower[i])) }
        context.fill()
      }
      for (const line of [one, other]) { this.lead(context, line) }
    }
  }

  // The library draws no line past the last bar.
  lead(context, {values, ahead, color}) {
    const scale = this.host.chart.timeScale()
    context.strokeStyle = this.host.palette[color % this.host.palette.length]
    context.lineWidth = 1
    context.beginPath()
    for (let place = 0; ahead.length && place <= ahead.length; place += 1) {
      const value = place ? ahead[place - 1] : values.at(-1)
      if (Number.isFinite(value)) { context.lineTo(scale.logicalToCoordinate(values.length - 1 + place), this.host.yOfPrice(value)) }
    }
    context.stroke()
  }
}

function whole({values, ahead}) { return ahead.length ? [...values, ...ahead] : values }

// Where both edges are known without a break.
function stretches(upper, lower, first, last) {
  const found = []
  let from = -1
  for (let i = first; i <= Math.min(last, upper.length - 1); i += 1) {
    const isKnown = !Number.isNaN(upper[i]) && !Number.isNaN(lower[i])
    if (isKnown && from < 0) { from = i }
    if (!isKnown && from >= 0) { found.push([from, i - 1]); from = -1 }
  }
  if (from >= 0) { found.push([from, Math.min(last, upper.length - 1)]) }
  return found.filter(([a, b]) => b > a)
}
