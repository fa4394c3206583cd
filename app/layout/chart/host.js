// Host: what the plugins of one chart share — the library, the bars that are drawn, where they stand, and how to tell the server.

export class Host {
  constructor(lwc, root, send) {
    this.lwc = lwc
    this.root = root
    this.send = send
    this.plugins = []
    this.bars = empty()
    this.raw = this.bars
    this.weights = new Map()
    this.days = new Map()
    this.readColors()
  }

  // Is a drawing tool at work? Then what is pointed at means nothing else.
  get isDrawing() { return Boolean(this.drawings?.active) }

  get precision() { return this.frame?.precision ?? 2 }

  get stepMs() { return this.frame?.step ?? 86_400_000 }

  // How far bars lie apart on average, nights and weekends included: so many are to be expected beyond the ends.
  get spacing() {
    const {time} = this.bars
    return time.length > 1 ? (time.at(-1) - time[0]) / (time.length - 1) : this.stepMs
  }

  readColors() {
    const style = getComputedStyle(this.root)
    const named = (name) => style.getPropertyValue(`--nd-${name}`).trim()
    this.colors = {}
    for (const name of ["bg", "panel", "raised", "line", "text", "muted", "accent", "ok", "warn", "bad", "up", "down", "ink"]) {
      this.colors[name] = named(name)
    }
    Object.assign(this.colors, {buy: this.colors.up, sell: this.colors.down})
    this.isDark = document.documentElement.dataset.ndTheme !== "light"
    this.palette = this.isDark
      ? ["#58a6ff", "#e3b341", "#c792ea", "#5ad1e6", "#ff8fa3", "#9ccc65", "#f6a04d", "#b0bec5"]
      : ["#0a5fc4", "#9a6700", "#7b3fb5", "#00728a", "#b3264c", "#3f7d20", "#a34f00", "#51606e"]
    this.font = named("font")
  }

  // Bars as they are drawn (`bars`) and as they were (`raw`): Heikin-Ashi draws other prices.
  take(frame) {
    this.frame = frame
    this.bars = frame.bars
    this.raw = frame.raw ?? frame.bars
    const {time, weight, day} = frame.bars
    this.weights = new Map()
    this.days = new Map()
    for (let i = 0; i < time.length; i += 1) { this.mark(time[i], weight[i], day[i]) }
  }

  mark(ms, weight, day) {
    this.weights.set(ms / 1000, weight)
    this.days.set(ms / 1000, day)
  }

  put(tick) {
    if (!this.days.has(tick.time / 1000)) { this.mark(tick.time, tick.weight, tick.day) }
    for (const bars of new Set([this.bars, this.raw])) { put(bars, tick, bars === this.raw ? tick.raw ?? tick : tick) }
  }

  timeToLogical(ms) {
    const {time} = this.bars
    const last = time.length - 1
    if (last < 0) { return 0 }
    if (ms <= time[0]) { return (ms - time[0]) / this.spacing }
    if (ms >= time[last]) { return last + (ms - time[last]) / this.spacing }
    const i = firstAtOrAfter(time, ms)
    return time[i] === ms ? i : i - (time[i] - ms) / (time[i] - time[i - 1])
  }

  logicalToTime(logical) {
    const {time} = this.bars
    const last = time.length - 1
    if (last < 0) { return 0 }
    if (logical <= 0) { return time[0] + logical * this.spacing }
    if (logical >= last) { return time[last] + (logical - last) * this.spacing }
    const i = Math.floor(logical)
    return time[i] + (logical - i) * (time[i + 1] - time[i])
  }

  // The library has no place for what lies between two bars: all of the axis follows from its first two.
  xOfTime(ms) {
    const [zero, one] = this.axisStart()
    return zero === null ? null : zero + this.timeToLogical(ms) * (one - zero)
  }

  axisStart() {
    const scale = this.chart.timeScale()
    return [scale.logicalToCoordinate(0), scale.logicalToCoordinate(1)]
  }

  timeOfX(x) {
    const logical = this.logicalOfX(x)
    return logical === null ? null : this.logicalToTime(logical)
  }

  // The library rounds to whole bars; a drawing may end between two.
  logicalOfX(x) {
    const [zero, one] = this.axisStart()
    return zero === null ? null : (x - zero) / (one - zero)
  }

  yOfPrice(price) { return this.series.priceToCoordinate(price) }

  priceOfY(y) { return this.series.coordinateToPrice(y) }

  formatPrice(price) {
    const digits = Math.min(this.precision, 9)
    if (this.prices?.digits !== digits) {
      const {format} = new Intl.NumberFormat("en-US", {minimumFractionDigits: digits, maximumFractionDigits: digits})
      this.prices = {digits, format}
    }
    return this.prices.format(price)
  }

  formatTime(ms) { return this.clock ? this.clock.full(ms, this.dayOf(ms)) : new Date(ms).toISOString() }

  dayOf(ms) { return this.days.get(ms / 1000) ?? Math.floor((ms - 1) / 86_400_000) }

  say(text) {
    this.note ??= this.root.appendChild(Object.assign(document.createElement("div"), {className: "say", role: "status"}))
    this.note.textContent = text
    this.note.hidden = false
    clearTimeout(this.noteTimer)
    this.noteTimer = setTimeout(() => { this.note.hidden = true }, 4_000)
  }

  redraw() {
    for (const ask of this.repaints ?? []) { ask() }
  }
}

// Where in a sorted list a value, or the next greater one, stands.
export function firstAtOrAfter(values, wanted) {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle] < wanted) { low = middle + 1 } else { high = middle }
  }
  return low
}

const NAMES = ["time", "open", "high", "low", "close", "volume", "weight", "day"]

function empty() { return Object.fromEntries(NAMES.map((name) => [name, new Float64Array(0)])) }

// The running bar: the last one changed, or one more.
function put(bars, tick, values) {
  const last = bars.time.length - 1
  const isNew = last < 0 || tick.time > bars.time[last]
  for (const name of NAMES) {
    if (!(name in bars)) { continue }
    if (isNew) { bars[name] = grown(bars[name]) }
    bars[name][bars[name].length - 1] = (name in values ? values : tick)[name] ?? NaN
  }
}

// One longer.
export function grown(values, last = NaN) {
  const made = new Float64Array(values.length + 1)
  made.set(values)
  made[values.length] = last
  return made
}
