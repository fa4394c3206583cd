// Tools: what can be drawn, in the order of the toolbar; an icon is the path of a 24 x 24 picture, to be stroked.

export const MEASURE = "measure"

export const TOOLS = [
  {key: "trend_line", title: "Trend line", points: 2,
   icon: "M6.5 17.5L17.5 6.5M5 17a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM19 3a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"},
  {key: "ray", title: "Ray", points: 2, icon: "M6.5 17.5L22 2M5 17a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM14 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"},
  {key: "extended_line", title: "Extended line", points: 2,
   icon: "M2 22L22 2M8 14a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM16 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"},
  {key: "horizontal_line", title: "Horizontal line", points: 1, icon: "M2 12h8M14 12h8M12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"},
  {key: "vertical_line", title: "Vertical line", points: 1, icon: "M12 2v8M12 14v8M12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"},
  {key: "rectangle", title: "Rectangle", points: 2, width: 1, icon: "M5 6h14v12H5z"},
  {key: "fibonacci", title: "Fibonacci retracement", points: 2, width: 1,
   icon: "M3 4h18M3 10h18M3 14h18M3 20h18"},
  {key: "text", title: "Text", points: 1, icon: "M5 7V5h14v2M12 5v14M9 19h6"},
  {key: MEASURE, title: "Measure: change, bars and time", points: 2, width: 1,
   icon: "M3 16L16 3l5 5L8 21zM7 12l2 2M10 9l3 3M13 6l2 2"},
]

// What is drawn with many lines is drawn with fine ones.
export const WIDTHS = Object.fromEntries(TOOLS.filter(({width}) => width).map(({key, width}) => [key, {width}]))

export const POINTS = Object.fromEntries(TOOLS.map(({key, points}) => [key, points]))

// Not `crypto.randomUUID`, which a page that comes over plain HTTP does not have.
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("")
}
