// Anchors: from a pixel to a time and a price, snapped and squared where wanted; and how a drawing moves.

const SNAP_PX = 8, EIGHTH = Math.PI / 4

// null where there is neither a time nor a price: no bars are drawn yet.
export function anchorAt(host, {x, y}) {
  const [time, price] = [host.timeOfX(x), host.priceOfY(y)]
  if (!Number.isFinite(time) || !Number.isFinite(price)) { return null }
  return {time: Math.round(time), price: rounded(host, price)}
}

function rounded(host, price) { return Number(price.toFixed(Math.min(host.precision, 9))) }

// The nearest price of the bar under the pointer; null where none is near.
export function snapped(host, {x, y}) {
  const i = Math.round(host.timeToLogical(host.timeOfX(x)))
  let best = null, nearest = SNAP_PX
  for (const name of ["open", "high", "low", "close"]) {
    const price = host.bars[name][i]
    const away = Number.isFinite(price) ? Math.abs(host.yOfPrice(price) - y) : Infinity
    if (away <= nearest) { [best, nearest] = [price, away] }
  }
  return best === null ? null : {time: host.bars.time[i], price: best}
}

// In steps of 45° around another point; a box gets equal sides.
export function squared(host, {x, y}, from, isBox) {
  const center = {x: host.xOfTime(from.time), y: host.yOfPrice(from.price)}
  const [dx, dy] = [x - center.x, y - center.y]
  const step = isBox ? (Math.floor(Math.atan2(dy, dx) / (2 * EIGHTH)) + 0.5) * 2 : Math.round(Math.atan2(dy, dx) / EIGHTH)
  const angle = step * EIGHTH
  const reach = dx * Math.cos(angle) + dy * Math.sin(angle)
  const found = anchorAt(host, {x: center.x + reach * Math.cos(angle), y: center.y + reach * Math.sin(angle)})
  if (!found) { return null }
  // Level is level to the last digit, and upright to the nanosecond.
  if (step % 4 === 0) { return {...found, price: from.price} }
  return Math.abs(step) === 2 && !isBox ? {...from, price: found.price} : found
}

// A point that keeps its time keeps the server's nanoseconds, too.
function withTime(point, anchor) {
  return anchor.time === point.time ? point : {time: anchor.time, price: point.price, ...("ns" in anchor ? {ns: anchor.ns} : {})}
}

// The drawing with what a handle holds put elsewhere: `time` and `price` are the places of the points it moves.
export function pulled(shape, handle, anchor) {
  const points = shape.points.map((point, i) => {
    const timed = i === handle.time ? withTime(point, anchor) : point
    return i === handle.price ? {...timed, price: anchor.price} : timed
  })
  return {...shape, points}
}

// The drawing as a whole some pixels away; null where that is nowhere.
export function shifted(host, shape, dx, dy) {
  const points = shape.points.map((point) => {
    const found = anchorAt(host, {x: host.xOfTime(point.time) + dx, y: host.yOfPrice(point.price) + dy})
    if (!found) { return null }
    const timed = dx === 0 || shape.kind === "horizontal_line" ? point : withTime(point, found)
    return dy === 0 || shape.kind === "vertical_line" ? timed : {...timed, price: found.price}
  })
  return points.includes(null) ? null : {...shape, points}
}
