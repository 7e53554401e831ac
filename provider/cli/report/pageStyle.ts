/** Colours carry no meaning alone: every state is also a word. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2128; --soft: #57606a; --line: #d0d7de; --paper: #ffffff; --box: #f6f8fa;
  --ok: #1a7f37; --warning: #9a6700; --critical: #bc4c00; --expired: #cf222e; --now: #0969da; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --paper: #0d1117; --box: #151b23;
  --ok: #3fb950; --warning: #d29922; --critical: #f0883e; --expired: #f85149; --now: #4493f8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 24px 32px 48px; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 26px; margin: 0; } h2 { font-size: 19px; margin: 36px 0 8px; } h3 { font-size: 15px; margin: 0; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 8px 20px; border-bottom: 1px solid var(--line); padding-bottom: 12px; }
header p, .hint, footer, dt { color: var(--soft); } header p { margin: 0; } .hint { margin: 0 0 12px; font-size: 13px; }
.counts { display: flex; gap: 8px; list-style: none; margin: 0 0 0 auto; padding: 0; }
.counts li { border: 1px solid currentColor; border-radius: 999px; padding: 1px 12px; font-size: 13px; }
.ok { --state: var(--ok); } .warning { --state: var(--warning); } .critical { --state: var(--critical); } .expired { --state: var(--expired); }
.counts li, td.left { color: var(--state); }
.scroll { overflow-x: auto; }
svg text { font: 13px system-ui, sans-serif; fill: var(--soft); } svg .name, svg .label { fill: var(--ink); }
svg.map { display: block; } .map .name { font-weight: 600; }
.box rect { fill: var(--box); stroke: var(--line); } .box .edge { fill: var(--state); stroke: none; }
.box.accepted rect:first-of-type { stroke: var(--soft); stroke-dasharray: 5 4; }
.signs { fill: none; stroke: var(--line); stroke-width: 1.5; }
.timeline .bar { fill: var(--state); opacity: .32; } .timeline .window { fill: url(#window); stroke: var(--state); stroke-width: 1; }
.timeline .accepted .bar { fill-opacity: .35; stroke: var(--ink); stroke-dasharray: 5 4; }
.timeline .hatch { fill: var(--soft); } .timeline .left { fill: var(--state); }
.timeline line.tick { stroke: var(--line); stroke-dasharray: 2 4; } .timeline text.tick, .timeline text.now { text-anchor: middle; font-size: 12px; }
.timeline line.now { stroke: var(--now); stroke-width: 1.5; } .timeline text.now { fill: var(--now); font-weight: 600; }
.rotations, .live { display: grid; margin-bottom: 12px; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); gap: 16px; }
.live article { border-left: 4px solid var(--state); } .live .verdict, .problem { color: var(--state); } .live .verdict { float: right; font-weight: 400; }
.nodes { margin: 8px 0 0; padding-left: 18px; font-size: 13px; overflow-wrap: anywhere; }
article { border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; } article p { margin: 2px 0 8px; font-size: 13px; }
.steps { display: flex; list-style: none; margin: 0 0 10px; padding: 0; gap: 4px; }
.steps li { flex: 1; text-align: center; font-size: 13px; padding: 3px; border-radius: 4px; background: var(--box); border: 1px solid var(--line); color: var(--soft); }
.steps .done { border-color: var(--ok); color: var(--ok); } .steps .here { border-color: var(--now); color: var(--now); font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 12px; margin: 0 0 8px; font-size: 13px; } dd { margin: 0; }
.todo { color: var(--soft); }
table { border-collapse: collapse; font-size: 13px; width: 100%; } th { text-align: left; color: var(--soft); font-weight: 600; }
th, td { padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; } td.left, td.valid { white-space: nowrap; }
code { font: 12px ui-monospace, monospace; } td code { overflow-wrap: anywhere; display: inline-block; min-width: 32ch; }
@media (max-width: 700px) { body { padding: 16px 16px 32px; } svg.timeline { width: 720px; height: auto; } .counts { margin-left: 0; flex-wrap: wrap; } }
@media print { body { max-width: none; padding: 0; print-color-adjust: exact; } .scroll { overflow: visible; } svg { max-width: 100%; height: auto; }
  section, article, tr { break-inside: avoid; } h2 { break-after: avoid; } table { font-size: 10px; } td code { font-size: 8px; min-width: 0; } }
`;
