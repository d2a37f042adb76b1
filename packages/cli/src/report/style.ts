/** The page's style. Light and dark are the same page with other colours; --c0… are distinct hues, --o0… one scale. */
export const style = `
:root { color-scheme: light dark;
  --paper: #f7f5f0; --card: #fffefb; --ink: #23211d; --soft: #6d675d; --rule: #e3dfd5; --accent: #47705a; --wash: #e9efe9; --other: #b5afa4;
  --c0: #2f7d5c; --c1: #d1672f; --c2: #3f6fb5; --c3: #b53a56; --c4: #8a63b8; --c5: #c29a1d; --c6: #2795a3; --c7: #8c5a36; --c8: #d77fa6; --c9: #77913a; --c10: #5c5f9e; --c11: #9a3fa0;
  --o0: #3b2a63; --o1: #45407c; --o2: #42598b; --o3: #377190; --o4: #2d8790; --o5: #2c9d88; --o6: #4db177; --o7: #83c15f; --o8: #bccb46; --o9: #e8c33a; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #141614; --card: #1c1f1c; --ink: #ece8df; --soft: #a19b8e; --rule: #32362f; --accent: #93c5a4; --wash: #243029; --other: #5f625b;
  --c0: #5cc398; --c1: #f08d58; --c2: #7ba8ee; --c3: #ee7189; --c4: #bb98ea; --c5: #e8c454; --c6: #5cc8d6; --c7: #c39569; --c8: #f2a9c8; --c9: #abc768; --c10: #9a9de0; --c11: #d57fdb;
  --o0: #7a63b8; --o1: #7478c6; --o2: #6a90cf; --o3: #5ea6cf; --o4: #57b9c5; --o5: #5bcab3; --o6: #76d69c; --o7: #a3e085; --o8: #cfe876; --o9: #f7e273; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
header, main { max-width: 1120px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 56px; }
h1, h2, h3 { font-family: ui-serif, "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif; font-weight: 600; line-height: 1.2; text-wrap: balance; }
h1 { font-size: clamp(2rem, 6vw, 3.1rem); margin: 0 0 12px; letter-spacing: -.015em; }
h2 { font-size: 1.65rem; margin: 64px 0 8px; }
h3 { font-size: 1.15rem; margin: 28px 0 2px; }
p { margin: 0 0 14px; color: var(--soft); max-width: 72ch; }
.lead { font-size: 1.1rem; }
a { color: inherit; text-decoration-color: var(--rule); text-underline-offset: 3px; }
a:hover { text-decoration-color: var(--accent); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); gap: 0; margin: 28px 0 0; border-block: 1px solid var(--rule); }
.facts div { display: flex; flex-direction: column-reverse; padding: 14px 14px 14px 0; }
.facts dd { margin: 0; font: 600 1.5rem/1.2 ui-serif, "Iowan Old Style", Palatino, Georgia, serif; font-variant-numeric: tabular-nums; }
.facts dt { font-size: .82rem; color: var(--soft); }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(330px, 100%), 1fr)); gap: 18px; margin-top: 20px; }
.example { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 18px 20px 12px; min-width: 0; }
.example h3 { margin: 0; font-size: 1.2rem; overflow-wrap: anywhere; }
.example .by { margin: 2px 0 10px; font-size: .9rem; }
.badge { display: inline-block; margin-left: 8px; padding: 1px 9px; border-radius: 99px; background: var(--wash); color: var(--accent); font-size: .78rem; font-weight: 600; }
.example ol { list-style: none; margin: 0; padding: 0; }
.example li { display: flex; gap: 12px; align-items: center; justify-content: space-between; padding: 6px 0; border-top: 1px solid var(--rule); font-size: .92rem; line-height: 1.35; }
.what { min-width: 0; overflow-wrap: anywhere; }
.what b { font-weight: 500; display: block; }
small { color: var(--soft); font-size: .82em; }
.score { flex: none; width: 70px; display: flex; justify-content: flex-end; align-items: center; gap: 8px; color: var(--soft); font-size: .8rem; font-variant-numeric: tabular-nums; }
.score i { height: 4px; border-radius: 2px; background: var(--accent); max-width: 32px; }
.task p { margin-bottom: 6px; }
.scroll { overflow-x: auto; margin: 0 -20px; padding: 0 20px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
thead th { text-align: left; font-size: .82rem; font-weight: 500; color: var(--soft); padding: 6px 14px 6px 0; border-bottom: 1px solid var(--rule); white-space: nowrap; }
tbody th { text-align: left; font-weight: 500; padding: 8px 18px 8px 0; white-space: nowrap; }
td { padding: 8px 14px 10px 0; min-width: 112px; white-space: nowrap; }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
td b { font-weight: 500; }
td small { margin-left: 7px; }
.ours th { font-weight: 650; color: var(--accent); }
.best b { font-weight: 700; }
.bar { position: relative; display: block; height: 5px; margin-top: 3px; border-radius: 3px; background: var(--rule); }
.bar i { display: block; height: 100%; border-radius: 3px; background: var(--other); }
.ours .bar i { background: var(--accent); }
.bar u { position: absolute; top: 2px; height: 1px; min-width: 1px; background: var(--ink); opacity: .75; }
.controls { display: flex; flex-wrap: wrap; gap: 10px 18px; align-items: center; margin: 6px 0 12px; font-size: .9rem; color: var(--soft); }
select, input, button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 5px 10px; }
input { width: 12em; }
button { cursor: pointer; }
:is(select, input, button):focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.stage { position: relative; }
canvas { display: block; width: 100%; height: min(78vh, 660px, 105vw); background: var(--card); border: 1px solid var(--rule); border-radius: 12px; touch-action: pan-y; cursor: crosshair; }
#map-tip { position: absolute; max-width: min(330px, 62%); padding: 11px 14px; background: color-mix(in srgb, var(--card) 95%, transparent); border: 1px solid var(--rule); border-radius: 10px; box-shadow: 0 8px 28px #0003; font-size: .84rem; line-height: 1.35; pointer-events: none; overflow-wrap: anywhere; }
#map-tip > b, #map-tip > small { display: block; }
#map-tip ol { margin: 8px 0 0; padding: 7px 0 0 17px; border-top: 1px solid var(--rule); }
.legend { display: flex; flex-wrap: wrap; gap: 7px; margin-top: 12px; }
.legend button { font-size: .82rem; padding: 3px 11px; border-radius: 99px; display: inline-flex; align-items: center; gap: 7px; max-width: 100%; }
.legend i { flex: none; width: 10px; height: 10px; border-radius: 50%; }
.legend [aria-pressed=true] { border-color: var(--ink); background: var(--wash); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr)); gap: 18px; margin-top: 20px; }
.chart { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 14px 14px 6px; }
figcaption { display: flex; flex-wrap: wrap; gap: 2px 14px; justify-content: space-between; font-size: .9rem; font-weight: 600; padding: 0 4px 8px; }
.keys { font-weight: 400; color: var(--soft); font-size: .82rem; }
.key { display: inline-block; width: 14px; height: 3px; border-radius: 2px; margin: 0 5px 3px 12px; }
.s0 { --hue: var(--c0); } .s1 { --hue: var(--c1); } .s2 { --hue: var(--c2); } .s3 { --hue: var(--c3); } .s4 { --hue: var(--c4); } .s5 { --hue: var(--c5); }
.key { background: var(--hue); }
svg { display: block; width: 100%; height: auto; }
.grid { stroke: var(--rule); }
.tick { fill: var(--soft); font-size: 12.5px; font-variant-numeric: tabular-nums; }
.line { fill: none; stroke: var(--hue); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.pale { opacity: .28; stroke-width: 1; }
.dot { fill: var(--hue); }
.column { fill: var(--hue); }
.trial { fill: none; stroke: var(--c2); stroke-width: 1.4; opacity: .55; stroke-linejoin: round; }
.trial.stopped { stroke: var(--other); }
.trial.best { stroke: var(--accent); stroke-width: 3; opacity: 1; }
.point { fill: var(--c2); opacity: .8; }
.point.stopped { fill: none; stroke: var(--other); stroke-width: 1.5; opacity: 1; }
.point.best { fill: var(--accent); opacity: 1; }
.cross { stroke: var(--c3); stroke-width: 1.6; }
.narrow td { min-width: 0; }
.whisker { stroke: var(--ink); opacity: .75; }
.faint { opacity: .75; font-size: 11px; }
.wraps { white-space: normal; overflow-wrap: anywhere; }
.example .head { font-size: .8rem; color: var(--soft); padding-top: 12px; }
.example .head:first-child { border-top: 0; padding-top: 2px; }
details { margin: 56px 0 72px; }
summary { cursor: pointer; color: var(--soft); }
pre { overflow-x: auto; font: .8rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 16px; }
`;
