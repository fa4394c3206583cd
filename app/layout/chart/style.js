// How the chart's own elements look; colours come from the page.

export const CSS = `
:host{display:block;width:100%;min-width:0}
*{box-sizing:border-box}
.chart{position:relative;container-type:size;height:100%;min-height:280px;border:1px solid var(--nd-line);border-radius:4px;overflow:hidden;background:var(--nd-panel);font:12px/1.35 var(--nd-font);color:var(--nd-text);font-variant-numeric:tabular-nums}
.chart:focus-visible{outline:2px solid var(--nd-accent);outline-offset:-2px}
.place{position:absolute;inset:0 0 0 38px}
.legend{position:absolute;left:46px;top:6px;right:204px;z-index:3;pointer-events:none;text-shadow:0 0 3px var(--nd-panel),0 0 3px var(--nd-panel),0 0 5px var(--nd-panel)}
.legend,.corner{margin-right:calc(var(--axis,64px) - 64px)}
.head,.row,.note{width:fit-content;max-width:100%;border-radius:3px;background:color-mix(in srgb,var(--nd-panel) 80%,transparent)}
.head{display:flex;flex-wrap:wrap;gap:0 8px;align-items:baseline}
.head b{font-weight:650;font-size:13px}
.what{color:var(--nd-muted)}
.values{display:flex;flex-wrap:wrap;gap:0 4px}
.values i{font-style:normal;color:var(--nd-muted);margin-left:4px}
.up{color:var(--nd-up)}.down{color:var(--nd-down)}
.row{display:flex;flex-wrap:wrap;gap:0 7px;align-items:center;min-height:18px}
.name{color:var(--nd-muted);white-space:nowrap}
.note{color:var(--nd-warn)}
button.name{pointer-events:auto;font:inherit;background:none;border:0;padding:0;cursor:pointer;text-decoration:underline dotted}
.form{pointer-events:auto;display:flex;flex-wrap:wrap;gap:6px 10px;align-items:end;width:max-content;max-width:100%;padding:8px 10px;margin:2px 0;border:1px solid var(--nd-line);border-radius:4px;background:var(--nd-raised)}
.form label{display:flex;flex-direction:column;gap:2px;color:var(--nd-muted);font-size:11px}
.form input{width:86px;font:12px/1 var(--nd-mono);color:var(--nd-text);background:var(--nd-panel);border:1px solid var(--nd-line);border-radius:4px;padding:6px 7px}
.form button{font:600 12px/1 var(--nd-font);color:var(--nd-accent);background:none;border:1px solid var(--nd-line);border-radius:4px;padding:7px 12px;cursor:pointer}
.drop{pointer-events:auto;font:14px/1 var(--nd-font);color:var(--nd-muted);background:none;border:0;border-radius:3px;padding:1px 5px;cursor:pointer}
.drop:hover{background:var(--nd-raised);color:var(--nd-text)}
.tools{position:absolute;left:0;top:0;bottom:0;width:38px;z-index:4;display:flex;flex-direction:column;gap:1px;padding:4px 3px;overflow-y:auto;scrollbar-width:none;background:var(--nd-panel);border-right:1px solid var(--nd-line)}
.corner{position:absolute;right:72px;top:4px;z-index:4;display:flex;gap:1px;background:var(--nd-panel);border-radius:4px}
.tools button,.corner button{flex:none;display:grid;place-items:center;width:31px;height:30px;padding:0;color:var(--nd-muted);background:none;border:0;border-radius:4px;cursor:pointer}
.tools button:hover,.corner button:hover{background:var(--nd-raised);color:var(--nd-text)}
.tools button[aria-pressed=true]{background:var(--nd-raised);color:var(--nd-accent)}
.tools.above::before,.tools.below::after{content:"▴";position:sticky;top:-4px;z-index:1;flex:none;height:18px;margin:-4px 0 -14px;display:grid;place-items:center;color:var(--nd-accent);background:linear-gradient(var(--nd-panel) 60%,transparent);pointer-events:none}
.tools.below::after{content:"▾";top:auto;bottom:-4px;margin:-14px 0 -4px;background:linear-gradient(transparent,var(--nd-panel) 40%)}
.styles{position:absolute;left:46px;bottom:68px;z-index:5;display:flex;flex-wrap:wrap;gap:1px;max-width:calc(100% - 54px);padding:3px;border:1px solid var(--nd-line);border-radius:4px;background:var(--nd-panel)}
.styles[hidden]{display:none}
.styles button{display:grid;place-items:center;width:28px;height:28px;padding:0;color:var(--nd-text);background:none;border:1px solid transparent;border-radius:4px;cursor:pointer}
.styles button:hover{background:var(--nd-raised)}
.styles button[aria-pressed=true]{border-color:var(--nd-accent)}
.styles button[data-width="1"],.styles button[data-dash=solid]{margin-left:8px}
.swatch{width:15px;height:15px;border-radius:50%}
.styles:not([hidden])~.say{bottom:116px}
button:focus-visible,a:focus-visible{outline:2px solid var(--nd-accent);outline-offset:-2px}
svg{fill:none;stroke:currentColor;stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round}
.say,.bubble,.fault{position:absolute;z-index:6;max-width:min(340px,80%);padding:7px 11px;border-radius:4px;background:var(--nd-raised);border:1px solid var(--nd-line);color:var(--nd-text)}
.say{left:50px;bottom:36px}
.bubble{bottom:44px;color:var(--nd-accent);text-decoration:none}
.fault{left:50px;right:84px;top:44%;max-width:none;border-color:var(--nd-bad);color:var(--nd-bad)}
.question{position:absolute;z-index:8;left:50%;top:40%;transform:translate(-50%,-50%);width:max-content;max-width:calc(100% - 24px);padding:12px 14px;border-radius:4px;background:var(--nd-raised);border:1px solid var(--nd-line);overflow-wrap:anywhere}
.answers{display:flex;gap:8px;justify-content:flex-end;margin-top:10px}
.answers button{font:600 12px/1 var(--nd-font);color:var(--nd-text);background:none;border:1px solid var(--nd-line);border-radius:4px;padding:8px 14px;cursor:pointer}
.answers .bad{color:var(--nd-bad)}
.help{position:absolute;z-index:7;right:8px;top:38px;width:min(430px,calc(100% - 54px));max-height:calc(100% - 46px);overflow-y:auto;padding:10px 14px;border-radius:4px;background:var(--nd-raised);border:1px solid var(--nd-line)}
.help:focus{outline:none}
.help b{display:flex;justify-content:space-between;font-weight:650}
.help dl{margin:6px 0 0}
.help dl div{display:grid;grid-template-columns:128px 1fr;gap:8px;padding:3px 0}
.help dd{margin:0;color:var(--nd-muted)}
kbd{font:11px/1 var(--nd-mono);padding:2px 5px;border:1px solid var(--nd-line);border-radius:3px;background:var(--nd-panel);white-space:nowrap}
@container (max-height:500px){.tools button{height:26px}}
@media (pointer:coarse){.tools button,.corner button,.styles button{height:36px}}
@container (max-width:480px){
 .styles button{width:24px}
 .styles button[data-width="1"],.styles button[data-dash=solid]{margin-left:4px}
}
@container (max-width:560px){
 .legend{right:68px;top:34px}
 .head .what{display:none}
 .help dl div{grid-template-columns:104px 1fr}
}
`
