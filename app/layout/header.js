const CSS = `
:host{display:block;width:100%;min-width:0}
*{box-sizing:border-box}
.bar{max-width:100vw;display:flex;align-items:center;gap:14px;height:47px;padding:0 16px;font:13px/1 var(--nd-font);color:var(--nd-text);
 font-variant-numeric:tabular-nums;white-space:nowrap}
.brand{display:flex;align-items:center;gap:8px;font-weight:700;letter-spacing:.01em;color:inherit;text-decoration:none}
.brand svg{width:20px;height:20px;color:var(--nd-accent)}
.demo{font-weight:700;font-size:11px;letter-spacing:.08em;padding:4px 7px;border-radius:3px;background:var(--nd-warn);color:var(--nd-ink)}
nav{display:flex;gap:2px;height:100%}
nav a{display:flex;align-items:center;gap:6px;padding:0 11px;color:var(--nd-muted);text-decoration:none;font-weight:500;
 border-bottom:2px solid transparent;border-top:2px solid transparent}
nav a svg{width:15px;height:15px}
nav a:hover{color:var(--nd-text);background:var(--nd-raised)}
nav a[aria-current]{color:var(--nd-text);border-bottom-color:var(--nd-accent)}
nav[hidden]{display:none}
.more-button,.account-button{align-items:center;gap:5px;font:500 13px/1 var(--nd-font)}
.more-button{align-self:stretch;border-radius:0;padding:0 10px}
.more-button[hidden]{display:none}
.more-button::after{content:"";width:0;height:0;border:4px solid transparent;border-top-color:currentColor;border-bottom-width:0}
[aria-expanded=true]{color:var(--nd-text);background:var(--nd-raised)}
.account-button[hidden]{display:none}
.account-button .user{max-width:110px;overflow:hidden;text-overflow:ellipsis}
.menu{position:fixed;top:48px;z-index:1300;min-width:212px;max-width:calc(100vw - 16px);max-height:calc(100vh - 64px);overflow:auto;
 padding:6px 0;background:var(--nd-panel);border:1px solid var(--nd-line);border-radius:4px;box-shadow:0 8px 24px #0006}
.menu[hidden]{display:none}
.menu a,.menu button{display:flex;align-items:center;gap:10px;width:100%;padding:10px 14px;border:0;border-radius:0;color:var(--nd-text);
 font:500 13px/1.2 var(--nd-font);text-align:left;text-decoration:none;background:none}
.menu a:hover,.menu button:hover{background:var(--nd-raised)}
.menu svg{width:16px;height:16px;color:var(--nd-muted)}
.menu p{margin:0 0 6px;padding:6px 14px 10px;border-bottom:1px solid var(--nd-line);white-space:normal;line-height:1.4}
.menu p b{display:block;overflow:hidden;text-overflow:ellipsis}.menu p span{color:var(--nd-muted)}
.menu form{margin:6px 0 0;padding:6px 0 0;border-top:1px solid var(--nd-line)}
.shared{display:flex;align-items:center;gap:8px;min-width:0;padding:6px 10px;border:1px solid var(--nd-accent);border-radius:4px;color:var(--nd-accent);
 font-weight:600;overflow:hidden;text-overflow:ellipsis}
.shared[hidden]{display:none}
.gap{flex:1}
.pill{color:inherit;text-decoration:none;display:flex;align-items:center;gap:8px;padding:6px 10px;border:1px solid var(--nd-line);border-radius:4px;background:var(--nd-raised)}
.pill .dot{width:8px;height:8px;flex:none;background:var(--tone);border-radius:50%}
.pill.warn .dot{border-radius:1px;transform:rotate(45deg)}
.pill.bad .dot{border-radius:0}
.pill.ok{--tone:var(--nd-ok)}.pill.warn{--tone:var(--nd-warn);border-color:var(--tone)}
.pill.bad{--tone:var(--nd-bad);border-color:var(--tone)}
.pill.warn .state,.pill.bad .state{color:var(--tone)}
.pill .state{font-weight:600}
.pill .age{color:var(--nd-muted);min-width:3.6em;text-align:right}
.who{display:flex;align-items:center;gap:6px}
.who[hidden],.who select[hidden]{display:none}
.who select{max-width:132px;text-overflow:ellipsis}
.who .run{max-width:178px}
.who.past select:last-child{border-color:var(--nd-accent);color:var(--nd-accent)}
.time{display:flex;align-items:center;gap:6px;color:var(--nd-muted)}
.time b{color:var(--nd-text);font-weight:600}
select{font:inherit;color:var(--nd-text);background:var(--nd-panel);border:1px solid var(--nd-line);border-radius:4px;padding:5px 4px;max-width:150px}
button{display:flex;padding:6px;border:1px solid transparent;border-radius:4px;background:none;color:var(--nd-muted);cursor:pointer}
button:hover{color:var(--nd-text);background:var(--nd-raised)}
button svg{width:18px;height:18px}
a:focus-visible,button:focus-visible,select:focus-visible{outline:2px solid var(--nd-accent);outline-offset:-2px}
.lost{display:none;align-items:center;gap:12px;position:fixed;left:0;right:0;top:48px;z-index:1300;padding:9px 16px;
 background:var(--nd-bad);color:var(--nd-ink);font:600 13px/1.3 var(--nd-font);font-variant-numeric:tabular-nums}
.lost.on{display:flex}
.lost button{color:inherit;border:1px solid currentColor;padding:4px 10px;font:inherit}
@media (max-width:1560px){nav a svg{display:none}nav a{padding:0 8px}}
@media (min-width:1301px) and (max-width:1560px){
 .bar.with-who{gap:9px}.with-who nav a{padding:0 5px}.with-who .who select{max-width:112px}.with-who .time select{max-width:96px}
}
@media (max-width:1300px){
 .with-who .who{position:fixed;left:0;right:0;bottom:0;z-index:1200;padding:6px 8px;background:var(--nd-panel);border-top:1px solid var(--nd-line)}
 .with-who .who select{max-width:220px}
}
@media (max-width:1560px){.account-button .user{display:none}}
@media (max-width:1080px){nav a svg{display:none}nav a{padding:0 8px}.name,.time b{display:none}}
@media (max-width:720px){
 .bar{gap:5px;padding:0 6px}.brand svg{width:18px;height:18px}.demo{padding:4px 5px;letter-spacing:.02em}
 nav{position:fixed;left:0;right:0;bottom:0;height:56px;background:var(--nd-panel);border-top:1px solid var(--nd-line);justify-content:space-around;z-index:1200}
 nav a,.more-button{flex:1;min-width:0;flex-direction:column;justify-content:center;gap:4px;font-size:10.5px;padding:0;border-bottom:0}
 nav a svg{display:block;width:18px;height:18px}
 .more-button{border:0}.more-button::before{content:"•••";font-size:13px;line-height:18px}.more-button::after{content:none}
 .menu.more{top:auto;bottom:56px;left:0!important;right:0;max-width:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));
  padding:8px;border-width:1px 0 0;border-radius:0;box-shadow:0 -8px 24px #0006}
 .menu.more[hidden]{display:none}
 .menu.more a{flex-direction:column;gap:6px;padding:14px 4px;font-size:12px}.menu.more svg{width:20px;height:20px}
 .shared{position:fixed;left:0;right:0;bottom:0;height:40px;justify-content:center;border-width:1px 0 0;border-radius:0;background:var(--nd-panel);z-index:1200}
 nav a[aria-current]{border-top-color:var(--nd-accent)}
 .pill{padding:6px 7px;gap:5px;min-width:0}.pill .age{min-width:2.7em}.pill .state{overflow:hidden;text-overflow:ellipsis}
 select{max-width:68px}.bar>button{padding:6px 4px}
 .with-who .who{bottom:56px}
 .with-who .who select{flex:1;min-width:0;max-width:none;padding:7px 6px}
 .with-who nav a svg{display:block}.with-who nav a{padding:0}
}
`
const SUN = "M12 7a5 5 0 100 10 5 5 0 000-10zM11 1h2v4h-2zM11 19h2v4h-2zM1 11h4v2H1zM19 11h4v2h-4z"
const MOON = "M12 3a9 9 0 109 9 7 7 0 01-9-9z"
const USER = "M12 4a4 4 0 110 8 4 4 0 010-8zM4 20c0-4 3.6-6 8-6s8 2 8 6z"
const BRAND = "M3 4h3v16H3zM18 4h3v16h-3zM6 4h4l8 16h-4z"
const svg = (path) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path fill="currentColor" fill-rule="evenodd" d="${path}"/></svg>`
const LOST_S = 3
// On a phone a finger needs this much of the bar for each page.
const PHONE_PX = 720, SLOT_PX = 74

export function render({model, el}) {
  const style = document.createElement("style")
  style.textContent = CSS
  const bar = document.createElement("div")
  bar.className = "bar"
  bar.innerHTML = `
    <a class="brand" href="overview" title="Nautilus dashboard">${svg(BRAND)}<span class="name">Nautilus</span></a>
    <span class="demo" title="Replayed history traded on paper: no real money" hidden>DEMO</span>
    <nav aria-label="Pages"></nav><span class="shared" role="status" hidden></span><span class="gap"></span>
    <span class="who" hidden><select class="trader" aria-label="Trader"></select><select class="run" aria-label="Run of the trader"></select></span>
    <a class="pill" href="bus" role="status"><span class="dot"></span><span class="state"></span><span class="age"></span></a>
    <label class="time"><b></b><select class="zone" aria-label="Time zone"></select></label>
    <button type="button" class="theme"></button>
    <button type="button" class="account-button" aria-haspopup="true" aria-expanded="false">${svg(USER)}<span class="user"></span></button>
    <div class="menu more" hidden></div><div class="menu account" hidden></div>`
  const lost = document.createElement("div")
  lost.className = "lost"
  lost.setAttribute("role", "alert")
  lost.innerHTML = `<span></span><button type="button">Reload</button>`
  lost.querySelector("button").onclick = () => window.location.reload()
  const find = (selector) => bar.querySelector(selector)

  let heard = performance.now()
  // The server's clock as far as this page knows it; other components count their ages by it.
  const now_ms = () => model.beat_ms ? model.beat_ms + performance.now() - heard : Date.now()
  window.nautilusNow = now_ms

  const own_zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC"
  const zone = () => model.tz === "browser" ? own_zone : model.tz

  const search = () => window.location.search
  // The selection lives in the query string: take it along as it is at that moment.
  const EVENTS = ["pointerenter", "pointerdown", "focus", "click"]

  function lead(link, address) {
    const aim = () => { link.href = address() }
    aim()
    for (const event of EVENTS) { link.addEventListener(event, aim) }
    return link
  }

  const more_button = document.createElement("button")
  more_button.type = "button"
  more_button.className = "more-button"
  more_button.textContent = "More"
  more_button.setAttribute("aria-haspopup", "true")
  let links = []

  function show_menu() {
    if (model.shared_until_ms) { return show_shared() }
    links = model.pages.map(([slug, title, icon]) => {
      const link = document.createElement("a")
      link.innerHTML = svg(icon)
      link.append(title)
      if (slug === model.current) { link.setAttribute("aria-current", "page") }
      return lead(link, () => slug + search())
    })
    for (const [name, slug] of [[".brand", "overview"], [".pill", "bus"]]) { lead(find(name), () => slug + search()) }
    fit()
  }

  function show_shared() {
    const until = new Date(model.shared_until_ms)
    const format = new Intl.DateTimeFormat("en-GB", {timeZone: zone(), dateStyle: "medium", timeStyle: "short"})
    find(".shared").textContent = `Shared view until ${format.format(until)} ${zone()}, read only${model.hides_amounts ? "; amounts hidden, equity from 100" : ""}`
    find(".shared").hidden = false
    find("nav").hidden = true
    find(".account-button").hidden = true
    for (const name of [".brand", ".pill"]) { find(name).removeAttribute("href") }
  }

  // The first pages that have room, and the one looked at; the others are behind "More".
  function place(count) {
    const at = links.findIndex((link) => link.hasAttribute("aria-current"))
    const shown = links.slice(0, count)
    if (at >= count && count > 0) { shown[count - 1] = links[at] }
    const rest = links.filter((link) => !shown.includes(link))
    more_button.hidden = rest.length === 0
    find("nav").replaceChildren(...shown, more_button)
    find(".menu.more").replaceChildren(...rest)
  }

  let fitted = ""
  function fit() {
    const is_phone = window.innerWidth <= PHONE_PX
    const used = [".pill", ".who", ".time", ".demo"].map((name) => find(name).offsetWidth)
    const key = [window.innerWidth, ...used].join()
    if (!links.length || key === fitted) { return }
    // An age that got longer must not shut a menu in somebody's face.
    const is_same_window = fitted.startsWith(`${window.innerWidth},`)
    if (is_same_window && menus.some(([, menu]) => !menu.hidden)) { return }
    fitted = key
    close_menus()
    if (is_phone) { return place(Math.max(1, Math.floor(window.innerWidth / SLOT_PX) - 1)) }
    for (let count = links.length; count > 0; count--) {
      place(count)
      if (bar.scrollWidth <= bar.clientWidth) { return }
    }
  }

  const menus = [[more_button, find(".menu.more")], [find(".account-button"), find(".menu.account")]]

  function close_menus() {
    for (const [button, menu] of menus) {
      menu.hidden = true
      button.setAttribute("aria-expanded", "false")
    }
  }

  function open_menu(button, menu) {
    const is_open = !menu.hidden
    close_menus()
    if (is_open) { return }
    menu.hidden = false
    button.setAttribute("aria-expanded", "true")
    const left = Math.min(button.getBoundingClientRect().left, window.innerWidth - menu.offsetWidth - 8)
    menu.style.left = `${Math.max(8, left)}px`
    const first = menu.querySelector("a,button")
    if (first) { first.focus({focusVisible: false}) }
  }

  for (const [button, menu] of menus) { button.onclick = () => open_menu(button, menu) }

  function leave_menus(event) {
    const is_inside = menus.some(([button, menu]) => event.composedPath().includes(menu) || event.composedPath().includes(button))
    if (event.type === "keydown" ? event.key === "Escape" : !is_inside) {
      const open = menus.find(([, menu]) => !menu.hidden)
      close_menus()
      if (open && event.type === "keydown") { open[0].focus() }
    }
  }

  // Page "system" has what belongs to a login; a page to share is named with what is chosen on it.
  function in_system(view, more = {}) {
    const asked = new URLSearchParams(search())
    const kept = new URLSearchParams({view, ...more})
    for (const name of ["tz", "theme"]) { if (asked.has(name)) { kept.set(name, asked.get(name)) } }
    return `system?${kept}`
  }

  function show_account() {
    const menu = find(".menu.account")
    const who = document.createElement("p")
    const [name, role] = [document.createElement("b"), document.createElement("span")]
    name.textContent = model.is_local ? "No login: this machine only" : model.user
    role.textContent = model.is_local ? "Who sits here may do everything. Add users to be asked for a login." : model.role
    who.append(name, role)
    const entries = [
      [model.is_local, "Users and login", () => in_system("users")],
      [!model.is_local, "Change password", () => in_system("account")],
      [!model.is_local, "API keys", () => in_system("keys")],
      [model.may_share && !model.is_local && model.current !== "system", "Share this page", () => in_system("links", {shared: model.current + search()})],
    ]
    const made = entries.filter(([is_there]) => is_there).map(([, title, address]) => {
      const link = document.createElement("a")
      link.textContent = title
      return lead(link, address)
    })
    menu.replaceChildren(who, ...made)
    if (!model.is_local) { menu.append(log_out()) }
    const button = find(".account-button")
    button.querySelector(".user").textContent = model.is_local ? "" : model.user
    button.title = model.is_local ? name.textContent : `${model.user}, ${model.role}`
    button.setAttribute("aria-label", `Account: ${button.title}`)
  }

  function log_out() {
    const form = document.createElement("form")
    form.method = "post"
    form.action = "logout"
    const button = document.createElement("button")
    button.textContent = "Log out"
    form.append(button)
    return form
  }

  function show_zones() {
    const select = find(".zone")
    const all = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : []
    const group = document.createElement("optgroup")
    group.label = "IANA zones"
    for (const name of all) { if (name !== "UTC") { group.append(new Option(name, name)) } }
    select.replaceChildren(new Option("UTC", "UTC"), new Option(`${own_zone} (browser)`, "browser"), group)
    if (model.tz !== "UTC" && model.tz !== "browser" && !all.includes(model.tz)) { select.append(new Option(model.tz, model.tz)) }
    select.value = model.tz
    select.onchange = () => { model.tz = select.value }
  }

  function offer(select, options, chosen, unknown) {
    const text = JSON.stringify([options, chosen])
    if (select.dataset.offered !== text) {
      select.dataset.offered = text
      const is_known = options.some(([value]) => value === chosen)
      const all = is_known ? options : [...options, [chosen, unknown]]
      select.replaceChildren(...all.map(([value, title]) => new Option(title, value)))
    }
    select.value = chosen
    select.title = select.selectedOptions[0] ? select.selectedOptions[0].text : ""
  }

  function show_who() {
    const is_offered = model.traders.length > 0 || model.trader !== ""
    const [trader, run] = [find(".trader"), find(".run")]
    bar.classList.toggle("with-who", is_offered)
    find(".who").hidden = !is_offered
    find(".who").classList.toggle("past", model.run !== "")
    offer(trader, [["", "All traders"], ...model.traders.map((name) => [name, name])], model.trader, model.trader)
    offer(run, model.runs.length ? model.runs : [["", "current run"]], model.run, `run ${model.run}`)
    run.hidden = model.trader === "" || (model.runs.length < 2 && model.run === "")
    trader.onchange = () => { model.trader = trader.value }
    run.onchange = () => { model.run = run.value }
    fit()
  }

  function show_theme() {
    document.documentElement.dataset.ndTheme = model.theme
    const button = find(".theme")
    const other = model.theme === "dark" ? "light" : "dark"
    button.innerHTML = svg(model.theme === "dark" ? SUN : MOON)
    button.title = `Switch to the ${other} theme`
    button.setAttribute("aria-label", button.title)
    button.onclick = () => { model.theme = other }
  }

  function show_state() {
    const silent_s = (performance.now() - heard) / 1000
    const is_lost = silent_s > LOST_S
    const age_s = model.last_ms ? (now_ms() - model.last_ms) / 1000 : null
    const is_stale = age_s === null || age_s > model.silence_s
    let tone = {connected: is_stale ? "warn" : "ok", connecting: "warn", reconnecting: "warn"}[model.bus_state] || "bad"
    let text = model.bus_state === "connected" && is_stale ? (age_s === null ? "no data yet" : "stale") : model.bus_state
    if (model.incidents && model.bus_state === "connected") {
      // What is wrong is said in one or two words; page bus tells the rest.
      tone = model.is_bad ? "bad" : "warn"
      text = model.incidents > 1 ? `${model.incidents} incidents` : model.trouble.split(":")[0]
    }
    if (is_lost) { tone = "bad"; text = "no server" }
    const pill = find(".pill")
    pill.className = `pill ${tone}`
    pill.title = `Message bus: ${model.bus_state}. ${[model.trouble, model.bus_note].filter(Boolean).join(". ")}`
    find(".state").textContent = text
    find(".age").textContent = age_s === null ? "–" : age(age_s)
    fit()
    lost.classList.toggle("on", is_lost)
    if (is_lost) { lost.firstChild.textContent = `No word from the server for ${age(silent_s)}: what you see is old.` }
  }

  function show_clock() {
    const format = new Intl.DateTimeFormat("en-GB", {timeZone: zone(), hour: "2-digit", minute: "2-digit", second: "2-digit"})
    find(".time b").textContent = format.format(new Date(now_ms()))
    find(".time").title = `Times are shown in ${zone()}`
  }

  find(".demo").hidden = !model.is_demo
  show_menu(); show_account(); show_zones(); show_who(); show_theme(); show_state(); show_clock()
  model.browser_zone = own_zone
  model.on("beat_ms", () => { heard = performance.now(); show_state() })
  model.on(["bus_state", "bus_note", "last_ms", "incidents", "trouble", "is_bad"], show_state)
  model.on(["traders", "trader", "runs", "run"], show_who)
  model.on("theme", show_theme)
  model.on("tz", () => { find(".zone").value = model.tz; show_clock(); if (model.shared_until_ms) { show_shared() } })
  const states = setInterval(show_state, 200)
  const clocks = setInterval(show_clock, 1000)
  // Fonts and styles come a little later than the elements do.
  const sizes = new ResizeObserver(() => { fitted = ""; fit() })
  sizes.observe(bar)
  for (const event of ["pointerdown", "keydown"]) { document.addEventListener(event, leave_menus) }
  model.on("remove", () => {
    clearInterval(states); clearInterval(clocks); sizes.disconnect()
    for (const event of ["pointerdown", "keydown"]) { document.removeEventListener(event, leave_menus) }
  })
  const root = document.createElement("div")
  root.style.width = "100%"
  root.append(style, bar, lost)
  return root
}
