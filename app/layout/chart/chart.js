// Chart: one trading chart; takes messages of the server, and tells it what is in view and what a person did.

import {Host, firstAtOrAfter} from "./host.js"
import {makeScale, Clock} from "./scale.js"
import {Lines, barItem, barItems, compact, mainOptions, volumeItem} from "./lines.js"
import {Bands, Holes, Profile, Sessions} from "./marks.js"
import {Legend, element, lastKnown} from "./legend.js"
import {Toolbar, picture, table} from "./toolbar.js"
import {Member} from "./group.js"
import {Keys} from "./keys.js"
import {Help} from "./help.js"
import {CSS} from "./style.js"
import {Drawings} from "./drawings.js"
import {Executions} from "./executions.js"

const SETTLE_MS = 30
const HAND_MS = 600
const HANDS = ["wheel", "pointerdown", "pointermove", "touchmove", "keydown"]

export class TradingChart {
  constructor(lwc, root, send) {
    root.append(element("style", "", CSS))
    this.root = root
    this.place = root.appendChild(element("div", "place"))
    this.host = new Host(lwc, root, send)
    this.isLinked = false
    this.handledAt = -HAND_MS
    this.style = ""
    this.host.chart = this.chart = lwc.createChartEx(
      this.place, makeScale(lwc, (time) => this.host.weights.get(time) ?? 0),
      // A finger that goes up or down moves the page.
      {...this.look(), handleScroll: {vertTouchDrag: false}})
    this.volume = this.chart.addSeries(lwc.HistogramSeries, {
      priceScaleId: "volume", priceLineVisible: false, lastValueVisible: false,
      priceFormat: {type: "custom", minMove: 0.01, formatter: (value) => compact.format(value)},
    })
    this.chart.priceScale("volume").applyOptions({scaleMargins: {top: 0.82, bottom: 0}, visible: false})
    this.lines = new Lines(this.host)
    this.marks = {sessions: new Sessions(this.host), bands: new Bands(this.host), profile: new Profile(this.host),
                  holes: new Holes(this.host)}
    this.drawings = this.host.drawings = new Drawings(this.host)
    this.executions = new Executions(this.host)
    this.plugins = [...Object.values(this.marks), this.executions, this.drawings]
    this.host.repaints = [() => this.chart.timeScale().applyOptions({})]
    this.legend = new Legend(this.host)
    this.help = new Help(this.host)
    this.toolbar = new Toolbar(this, this.host, this.drawings)
    this.drawings.onChange = () => this.toolbar.refresh()
    this.keys = new Keys(this)
    this.member = new Member(this)
    this.fault = root.appendChild(element("div", "fault"))
    this.fault.hidden = true
    this.listen()
  }

  receive(message) {
    this.guard(() => {
      if (message.type === "frame") { this.showFrame(message) }
      else if (message.type === "tick") { this.tick(message) }
      else if (message.type === "profile") { this.marks.profile.show(message.profile) }
      else if (message.type === "options") { this.link(message) }
      else if (message.type === "drawings" || message.type === "drawing_refused") { this.drawings.show(message) }
      else if (message.type === "executions" || message.type === "order_life") { this.executions.show(message) }
      else if (message.type === "fail") { this.tell(message.text) }
      else { throw new Error(`unknown message ${message.type}`) }
    })
  }

  showFrame(frame) {
    const {host} = this
    const kept = frame.show ?? this.view()
    frame.raw = {...frame.bars, ...frame.raw}
    host.take(frame)
    host.clock = new Clock(frame.axis_zone, frame.step)
    this.setStyle(frame.style, frame.precision)
    this.host.series.setData(barItems(host.bars, frame.style))
    this.volume.setData(Array.from(host.bars.time, (_, i) => volumeItem(host, i)))
    this.lines.show(frame.lines)
    this.marks.holes.show(frame.holes)
    this.showBands()
    this.chart.priceScale("right").applyOptions({mode: frame.mode === "log" ? 1 : 0})
    this.chart.applyOptions({timeScale: {timeVisible: frame.step < 86_400_000, secondsVisible: frame.step < 60_000}})
    this.legend.show(frame, frame.lines)
    this.drawings.redraw?.()
    const shown = frame.show && this.follows ? this.member.view() ?? kept : kept
    this.isShown = true
    if (shown) { this.follow(shown.from, shown.to, !frame.show) }
    if (frame.leads) { this.member.move(shown.from, shown.to) }
    this.rebase()
    this.tell("")
  }

  showBands() {
    // Lines, not their values: those grow with the running bar.
    const byKey = new Map(this.host.frame.lines.map((line) => [line.key, line]))
    this.marks.bands.show(this.host.frame.bands.map(({upper, lower, color}) => (
      {upper: byKey.get(upper), lower: byKey.get(lower), color})))
  }

  // A percent scale counts from the first bar in view; of what costs nothing, or less, there is no percentage.
  rebase() {
    const {host} = this
    const first = Math.max(0, Math.ceil(this.chart.timeScale().getVisibleLogicalRange()?.from ?? 0))
    const i = host.bars.close.findIndex((_, place) => place >= first && host.raw.close[place] > 0)
    host.base = host.frame.mode === "percent" && i >= 0 ? host.raw.close[i] : 0
    this.lines.rebase(first)
  }

  tick(tick) {
    const {host} = this
    const last = host.bars.time.length - 1
    if (last >= 0 && tick.time < host.bars.time[last]) { return }
    host.put(tick)
    const i = host.bars.time.length - 1
    host.series.update(barItem(host.bars, i, this.style))
    this.volume.update(volumeItem(host, i))
    this.lines.update(tick.lines, i)
    if (this.pointed === undefined) { this.legend.point(null) }
  }

  // The main series is made anew when its style changes; what hangs on it moves along.
  setStyle(style, precision) {
    const look = `${style} ${precision}`
    if (look === this.mainLook) { return }
    const [type, options] = mainOptions(this.host, style)
    const old = this.host.series
    if (old) { for (const plugin of this.plugins) { plugin.detach(old) } }
    this.host.series = this.chart.addSeries(this.host.lwc[type], options, 0)
    this.host.series.priceScale().applyOptions({scaleMargins: {top: 0.12, bottom: 0.2}})
    if (old) { this.chart.removeSeries(old) }
    for (const plugin of this.plugins) { plugin.attach(this.host.series) }
    this.style = style
    this.mainLook = look
  }

  link({linked, follows}) {
    this.isLinked = linked
    this.follows = follows
    const view = linked && follows && this.isShown ? this.member.view() : null
    if (view) { this.follow(view.from, view.to) }
  }

  // From when to when the chart shows, or is to show once there are bars of it; null before anything is shown.
  view() {
    if (this.target) { return this.target }
    const range = this.chart.timeScale().getVisibleLogicalRange()
    return range && {from: this.host.logicalToTime(range.from), to: this.host.logicalToTime(range.to)}
  }

  showTimes(from, to) {
    const range = {from: this.host.timeToLogical(from), to: this.host.timeToLogical(to)}
    if (range.to - range.from < 2) { range.from = range.to - 2 }
    this.placed = range
    this.chart.timeScale().setVisibleLogicalRange(range)
  }

  // Is it a hand that moves this chart? Then the others go along; where a program put it, they need not hear of it.
  get isLed() { return performance.now() - this.handledAt < HAND_MS && !this.isPlaced }

  get isPlaced() {
    const range = this.chart.timeScale().getVisibleLogicalRange()
    const near = (name) => Math.abs(range[name] - this.placed[name]) < 0.02
    return Boolean(this.placed) && near("from") && near("to")
  }

  showEnd() {
    const range = this.chart.timeScale().getVisibleLogicalRange()
    if (!range || this.host.frame.has_newer) { this.host.send("show", {span: "end"}); return }
    const end = lastKnown(this.host.bars.close) + Math.max(3, (range.to - range.from) * 0.04)
    this.chart.timeScale().setVisibleLogicalRange({from: end - (range.to - range.from), to: end})
  }

  // The library can't show a time far from its bars: the server is asked for those first, unless it has just answered.
  follow(from, to, isAnswer = false) {
    const {time} = this.host.bars
    const isHere = time.length > 0 && from <= time.at(-1) && to >= time[0]
    this.target = isHere ? null : {from, to}
    if (isHere) { this.showTimes(from, to) } else if (!isAnswer) { this.ask() }
  }

  pointAt(ms) {
    if (ms === null) { this.chart.clearCrosshairPosition(); this.legend.point(null); return }
    const i = Math.min(firstAtOrAfter(this.host.bars.time, ms), lastKnown(this.host.bars.close))
    if (i < 0) { return }
    this.isPointed = true
    this.chart.setCrosshairPosition(this.host.bars.close[i], this.host.bars.time[i] / 1000, this.host.series)
    this.isPointed = false
    this.legend.point(i)
  }

  listen() {
    const scale = this.chart.timeScale()
    scale.subscribeVisibleLogicalRangeChange(() => this.guard(() => this.moved()))
    // It changes when the prices get wider.
    scale.subscribeSizeChange(() => {
      this.root.style.setProperty("--axis", `${this.chart.priceScale("right").width()}px`)
    })
    this.chart.subscribeCrosshairMove((event) => this.guard(() => this.hover(event)))
    this.chart.subscribeClick((event) => this.guard(() => this.click(event)))
    const handle = (event) => { if (event.type !== "pointermove" || event.buttons) { this.handledAt = performance.now() } }
    for (const kind of HANDS) { this.root.addEventListener(kind, handle, {capture: true, passive: true}) }
    this.watcher = new MutationObserver(() => this.guard(() => this.restyle()))
    this.watcher.observe(document.documentElement, {attributes: true, attributeFilter: ["data-nd-theme"]})
    this.onError = (event) => { if (String(event.filename).includes("chart-assets")) { this.fail(event.error ?? event.message) } }
    window.addEventListener("error", this.onError)
  }

  moved() {
    const view = this.view()
    if (!view || this.target) { return }
    if (this.host.frame.mode === "percent") { this.rebase() }
    if (this.isLed) {
      // What a finger threw goes on after it.
      this.handledAt = performance.now()
      this.member.move(view.from, view.to)
    }
    this.ask()
  }

  // Tell the server what is in view, once it stays there a moment.
  ask() {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      const now = this.view()
      if (now) { this.host.send("view", {...now, width: this.place.clientWidth}) }
    }, SETTLE_MS)
  }

  hover(event) {
    if (this.isPointed) { return }
    const i = event.time === undefined ? null : firstAtOrAfter(this.host.bars.time, event.time * 1000 - 0.5)
    this.pointed = i ?? undefined
    this.legend.point(i)
    this.member.point(i === null ? null : this.host.bars.time[i])
  }

  click(event) {
    const hole = event.point && !this.drawings.active ? this.marks.holes.at(event.point.x) : null
    this.bubble?.remove()
    if (!hole) { return }
    this.bubble = this.root.appendChild(element("a", "bubble"))
    this.bubble.href = hole.url
    const count = hole.bars ? `${hole.bars.toLocaleString("en-US")} bars` : "Bars"
    this.bubble.textContent = `${count} missing, ${hole.text}. Fill them →`
    this.bubble.style.left = `${Math.min(Math.max(8, event.point.x - 90), this.root.clientWidth - 240)}px`
  }

  restyle() {
    this.host.readColors()
    this.chart.applyOptions(this.look())
    if (!this.host.series) { return }
    const [, options] = mainOptions(this.host, this.style)
    this.host.series.applyOptions(options)
    this.volume.setData(Array.from(this.host.bars.time, (_, i) => volumeItem(this.host, i)))
    this.lines.restyle()
    for (const plugin of this.plugins) { plugin.restyle?.() }
    this.legend.show(this.host.frame, this.host.frame.lines)
  }

  look() {
    const {panel, text, line, muted, raised} = this.host.colors
    return {
      autoSize: true,
      layout: {background: {color: panel}, textColor: text, fontSize: 12, fontFamily: this.host.font, attributionLogo: true,
               panes: {separatorColor: line, separatorHoverColor: `${muted}33`}},
      grid: {vertLines: {color: `${line}66`}, horzLines: {color: `${line}66`}},
      rightPriceScale: {borderColor: line},
      crosshair: {mode: 0, vertLine: {color: muted, labelBackgroundColor: raised}, horzLine: {color: muted, labelBackgroundColor: raised}},
      timeScale: {borderColor: line, rightOffset: 4, minBarSpacing: 0.3,
                  tickMarkFormatter: (time, type) => this.host.clock?.tick(time * 1000, this.host.dayOf(time * 1000), type) ?? ""},
      localization: {timeFormatter: (time) => this.host.formatTime(time * 1000)},
    }
  }

  picture() { return picture(this.host, this.legend) }

  table() { return table(this.host, this.host.frame.lines, this.chart.timeScale().getVisibleLogicalRange()) }

  tell(text) {
    this.fault.textContent = text
    this.fault.hidden = !text
  }

  guard(action) {
    try { return action() } catch (error) { return this.fail(error) }
  }

  // A mistake in a script is shown here and told to the server, once.
  fail(error) {
    const text = String(error?.message ?? error)
    this.tell(`The chart failed: ${text}. Reload the page.`)
    if (text === this.failed) { return }
    this.failed = text
    this.host.send("error", {text, stack: String(error?.stack ?? "").slice(0, 4_000)})
  }

  destroy() {
    this.member.leave()
    this.watcher.disconnect()
    window.removeEventListener("error", this.onError)
    clearTimeout(this.timer)
    this.toolbar.destroy()
    for (const plugin of this.plugins) { plugin.destroy?.() }
    this.chart.remove()
  }
}
