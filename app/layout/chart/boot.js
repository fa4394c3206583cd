// Loads the library and the chart from this server, once a page, and joins the chart to its model.

const scripts = new Map()

function load(address) {
  if (!scripts.has(address)) {
    scripts.set(address, new Promise((resolve, reject) => {
      const script = document.createElement("script")
      script.src = address
      script.onload = () => resolve(window.LightweightCharts)
      script.onerror = () => reject(new Error("Lightweight Charts is not installed on the server: pip install pylightcharts"))
      document.head.append(script)
    }))
  }
  return scripts.get(address)
}

export function render({model, el}) {
  const root = document.createElement("div")
  root.className = "chart"
  root.style.height = "100%"
  const waiting = []
  let chart = null
  const send = (type, payload) => model.send_msg({type, ...payload})
  model.on("msg:custom", (message) => { chart ? chart.receive(message) : waiting.push(message) })
  model.on("remove", () => chart?.destroy())
  const start = async () => {
    const base = new URL(`${model.assets}/`, document.baseURI).href
    try {
      const lwc = await load(`${base}lightweight-charts.js`)
      const {TradingChart} = await import(`${base}chart.js`)
      chart = new TradingChart(lwc, root, send)
      root.chart = chart
      waiting.forEach((message) => chart.receive(message))
      send("ready", {width: root.clientWidth})
    } catch (error) {
      root.textContent = `The chart can't be shown: ${error.message}`
      send("error", {text: error.message, stack: String(error.stack ?? "")})
    }
  }
  start()
  return root
}
