// What is drawn beside the main series: volume, indicators, other instruments.

import {grown} from "./host.js"

export function mainOptions(host, style) {
  const {up, down, accent, text} = host.colors
  const shared = {priceLineVisible: true, lastValueVisible: true, priceFormat: priceFormat(host)}
  if (style === "line") { return ["LineSeries", {...shared, color: accent, lineWidth: 2}] }
  if (style === "area") {
    return ["AreaSeries", {...shared, lineColor: accent, topColor: `${accent}66`, bottomColor: `${accent}0a`, lineWidth: 2}]
  }
  if (style === "bars") { return ["BarSeries", {...shared, upColor: up, downColor: down, thinBars: false}] }
  return ["CandlestickSeries", {
    ...shared, upColor: up, downColor: down, wickUpColor: up, wickDownColor: down, borderVisible: false, priceLineColor: text,
  }]
}

// On a percent scale prices stay where they are and are written as what changed since the first bar in view.
function priceFormat(host) {
  const percent = (price) => `${((price / host.base - 1) * 100).toFixed(2)} %`
  const {formatter, ...rest} = format(host.precision)
  return {...rest, formatter: (price) => (host.base ? percent(price) : formatter(price))}
}

function format(precision) {
  const digits = Math.min(precision, 9)
  const write = new Intl.NumberFormat("en-US", {minimumFractionDigits: digits, maximumFractionDigits: digits})
  return {type: "custom", minMove: 10 ** -digits, formatter: (price) => write.format(price)}
}

export const compact = new Intl.NumberFormat("en-US", {notation: "compact", maximumSignificantDigits: 4})

// Bars as items of a series; a row without a price keeps its place empty.
export function barItems(bars, style) {
  const items = new Array(bars.time.length)
  const isLine = style === "line" || style === "area"
  for (let i = 0; i < items.length; i += 1) {
    const time = bars.time[i] / 1000
    if (Number.isNaN(bars.close[i])) {
      items[i] = {time}
      if (isLine && items[i - 1]?.value !== undefined) { Object.assign(items[i - 1], broken(style)) }
    } else {
      items[i] = barItem(bars, i, style)
    }
  }
  return items
}

// The stroke that leads from a point over a hole is not seen.
function broken(style) {
  return style === "area" ? {lineColor: "transparent", topColor: "transparent", bottomColor: "transparent"} : {color: "transparent"}
}

export function barItem(bars, i, style) {
  const time = bars.time[i] / 1000
  if (style === "line" || style === "area") { return {time, value: bars.close[i]} }
  return {time, open: bars.open[i], high: bars.high[i], low: bars.low[i], close: bars.close[i]}
}

export function volumeItem(host, i) {
  const {time, open, close, volume} = host.raw
  const item = {time: time[i] / 1000}
  if (!Number.isNaN(volume[i]) && !Number.isNaN(close[i])) {
    item.value = volume[i]
    item.color = `${close[i] >= open[i] ? host.colors.up : host.colors.down}80`
  }
  return item
}

export class Lines {
  constructor(host) {
    this.host = host
    this.made = new Map()
  }

  // `specs`: {key, pane, title, style, color, values, ahead, precision, levels, scale}; values stand by the bars' index,
  // those ahead at the places after the last bar.
  show(specs) {
    const shape = specs.map((spec) => [spec.key, spec.pane, spec.style, spec.scale].join("|")).join("\n")
    if (shape !== this.shape) { this.rebuild(specs) }
    this.shape = shape
    this.specs = specs
    for (const spec of specs) {
      spec.ahead = Array.from(spec.ahead)
      spec.shift = spec.ahead.length
      this.fill(spec)
    }
  }

  rebuild(specs) {
    const {chart} = this.host
    for (const {series} of this.made.values()) { chart.removeSeries(series) }
    this.made.clear()
    for (const spec of specs) {
      const [type, options] = this.look(spec)
      this.made.set(spec.key, {series: chart.addSeries(this.host.lwc[type], options, spec.pane)})
    }
    this.drawLevels(specs)
    this.sizePanes()
  }

  look(spec) {
    const color = this.color(spec)
    const digits = {priceFormat: spec.pane === 0 ? priceFormat(this.host) : format(spec.precision)}
    const quiet = {priceLineVisible: false, lastValueVisible: spec.pane > 0 || spec.kind === "compare", ...digits}
    const scale = spec.scale ? {priceScaleId: spec.scale} : {}
    if (spec.style === "histogram") { return ["HistogramSeries", {...quiet, ...scale, color, base: 0}] }
    const line = {...quiet, ...scale, color, lineWidth: spec.kind === "compare" ? 2 : 1, crosshairMarkerRadius: 3}
    if (spec.style === "dots") { return ["LineSeries", {...line, lineVisible: false, pointMarkersVisible: true, pointMarkersRadius: 2}] }
    return ["LineSeries", {...line, lineType: spec.style === "step" ? 1 : 0}]
  }

  color(spec) {
    return this.host.palette[spec.color % this.host.palette.length]
  }

  fill(spec) {
    const {time} = this.host.bars
    const items = []
    const isLine = spec.style === "line" || spec.style === "step"
    for (let i = 0; i < time.length; i += 1) {
      items.push(this.item(spec, i))
      if (isLine && items[i].value === undefined && items[i - 1]?.value !== undefined) { Object.assign(items[i - 1], broken()) }
    }
    this.made.get(spec.key).series.setData(items)
  }

  // Where another instrument stood when the first bar in view closed is where the main one stands, on a percent scale.
  rebase(first) {
    for (const spec of (this.specs ?? []).filter(({kind}) => kind === "compare")) {
      let i = first
      while (i < spec.values.length && Number.isNaN(spec.values[i])) { i += 1 }
      const factor = this.host.base && spec.values[i] ? this.host.base / spec.values[i] : 1
      if (factor !== spec.factor) {
        spec.factor = factor
        this.fill(spec)
      }
    }
  }

  item(spec, i) {
    const value = spec.values[i] * (spec.factor ?? 1)
    const item = {time: this.host.bars.time[i] / 1000}
    if (!Number.isNaN(value)) {
      item.value = value
      if (spec.style === "histogram") { item.color = `${value >= 0 ? this.host.colors.up : this.host.colors.down}b0` }
    }
    return item
  }

  // The running bar's values; a line that is not told of stays as it is.
  update(values, i) {
    for (const spec of this.specs ?? []) {
      const [isNew, isTold] = [spec.values.length <= i, spec.key in values]
      while (spec.values.length <= i) { spec.values = grown(spec.values, spec.ahead.shift()) }
      // What the running bar makes of a line that leads stands as far ahead as the line leads.
      if (isTold) { (spec.shift ? spec.ahead : spec.values)[spec.shift ? spec.shift - 1 : i] = values[spec.key] ?? NaN }
      if (spec.shift ? isNew : isTold) { this.made.get(spec.key).series.update(this.item(spec, i)) }
    }
  }

  drawLevels(specs) {
    for (const spec of specs) {
      for (const price of spec.levels ?? []) {
        this.made.get(spec.key).series.createPriceLine(
          {price, color: this.host.colors.muted, lineWidth: 1, lineStyle: 2, axisLabelVisible: false})
      }
    }
  }

  sizePanes() {
    const panes = this.host.chart.panes()
    panes.forEach((pane, i) => pane.setStretchFactor(i === 0 ? Math.max(3, panes.length) : 1))
  }

  restyle() {
    for (const spec of this.specs ?? []) {
      const [, options] = this.look(spec)
      this.made.get(spec.key).series.applyOptions(options)
      if (spec.style === "histogram") { this.fill(spec) }
    }
  }
}
