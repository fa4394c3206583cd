// The time axis: bars side by side whatever lies between them, its labels in the zone of the exchange.

const MINUTE = 60_000

// Which labels win where there is no room for all: as heavy as the server says each bar is.
export function makeScale(lwc, weightOf) {
  return new (class extends lwc.defaultHorzScaleBehavior() {
    fillWeightsForPoints(points, start) {
      for (let i = start; i < points.length; i += 1) {
        points[i].timeWeight = weightOf(points[i].originalTime)
      }
    }
  })()
}

export class Clock {
  constructor(zone, stepMs) {
    this.zone = zone
    this.stepMs = stepMs
    this.formats = new Map()
  }

  // `day` is the trading day (days since 1970) a bar belongs to, which may not be the wall clock's.
  tick(ms, day, type) {
    if (type === 0) { return this.ofDay(day, {year: "numeric"}) }
    if (type === 1) { return this.ofDay(day, {month: "short"}) }
    if (type === 2) { return this.ofDay(day, {day: "numeric"}) }
    return this.write(ms, this.zone, {hour: "2-digit", minute: "2-digit", ...(type === 4 ? {second: "2-digit"} : {})})
  }

  // What stands at the crosshair.
  full(ms, day) {
    const date = this.ofDay(day, {weekday: "short", day: "2-digit", month: "short", year: "numeric"})
    return this.stepMs >= 1440 * MINUTE ? date : `${date} ${this.time(ms)}`
  }

  time(ms) {
    const seconds = this.stepMs < MINUTE ? {second: "2-digit"} : {}
    return this.write(ms, this.zone, {hour: "2-digit", minute: "2-digit", ...seconds})
  }

  ofDay(day, options) { return this.write(day * 1440 * MINUTE, "UTC", options) }

  write(ms, zone, options) {
    const key = zone + Object.entries(options)
    if (!this.formats.has(key)) {
      this.formats.set(key, new Intl.DateTimeFormat("en-GB", {timeZone: zone, hourCycle: "h23", ...options}))
    }
    return this.formats.get(key).format(new Date(ms))
  }
}
