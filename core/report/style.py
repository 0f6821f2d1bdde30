"""How the HTML report looks: light, in one column, and on A4 paper."""

CSS = """
@page { size: A4; margin: 14mm 12mm; }
* { box-sizing: border-box; }
html { color-scheme: light; }
body { margin: 0 auto; padding: 18px; max-width: 820px; background: #fff; color: #17262b;
  font: 14px/1.42 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 20px; margin: 0; } h2 { font-size: 15px; margin: 18px 0 6px; }
h3 { font-size: 12px; margin: 10px 0 2px; color: #51666e; font-weight: 600; }
p { margin: 3px 0; } .quiet { color: #51666e; } small, .small { font-size: 12px; }
bdi { white-space: pre-line; overflow-wrap: anywhere; }
mark { background: #ffe9a8; border-radius: 3px; padding: 0 3px; font-size: 11px; }
.top { display: flex; justify-content: space-between; gap: 12px; align-items: baseline; flex-wrap: wrap; }
.card, .both { border: 1px solid #d5dfe2; border-radius: 6px; padding: 8px 14px; margin: 10px 0; }
.card { border-left-width: 8px; }
.word { font-size: 24px; font-weight: 700; letter-spacing: .02em; }
.go { color: #17724a; } .no_go { color: #b3302f; } .not_enough_evidence { color: #8a5a00; }
.stale { color: #3f6391; } .no_data { color: #5b6a6f; }
.card.go { border-left-color: #23935f; } .card.no_go { border-left-color: #d64545; }
.card.not_enough_evidence { border-left-color: #bc7a0a; } .card.stale { border-left-color: #6785ab; }
.card.no_data { border-left-color: #7c8b90; } .card p:not(.word) { color: #17262b; }
.both { background: #fff6e0; border-color: #e6cf94; }
table { width: 100%; border-collapse: collapse; } td, th { text-align: left; vertical-align: top;
  padding: 4px 8px 4px 0; border-top: 1px solid #e4ebed; }
th { font-size: 12px; color: #51666e; font-weight: 600; border-top: 0; }
tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
.chip { font-weight: 700; font-size: 12px; white-space: nowrap; }
.number { white-space: nowrap; } td.verdict { width: 92px; }
td.picture { width: 156px; } td.weeks { width: 84px; } td.value { width: 150px; }
.facts td:first-child { width: 17%; } .facts td { border-top-color: #eef3f4; }
.first .facts { margin-top: 8px; }
.wide table { table-layout: fixed; } .details { border-top: 1px solid #d5dfe2; margin-top: 18px; }
code { font: 11px/1.4 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
ul { margin: 2px 0; padding-left: 18px; } ul.signs { list-style: none; padding-left: 0; }
svg { display: block; margin: 2px 0; } svg line { stroke-linecap: round; }
svg .track { stroke: #dfe7e9; stroke-width: 2; } svg .good { stroke: #cfe9dd; stroke-width: 6; }
svg .week { stroke: #51666e; stroke-width: 1.4; } svg .level { stroke: #b9c6ca; stroke-width: 1; }
svg .bar { stroke: #17262b; stroke-width: 2; } svg .interval { stroke: currentColor; stroke-width: 4; }
svg .mark { fill: currentColor; stroke: #fff; stroke-width: 1; }
footer { margin-top: 16px; border-top: 1px solid #d5dfe2; padding-top: 6px; }
@media print { body { padding: 0; max-width: none; font-size: 9pt; line-height: 1.3; }
  .word { font-size: 17pt; }
  small, .small, th, h3, .chip { font-size: 7.8pt; } code { font-size: 7.2pt; } h2 { margin: 8px 0 3px; }
  h3 { margin: 6px 0 1px; } td, th { padding: 1.5px 6px 1.5px 0; }
  .card, .both { padding: 4px 10px; margin: 6px 0; }
  p { margin: 2px 0; } .details { break-before: page; border-top: 0; margin-top: 0; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
@media (max-width: 600px) { td.picture, td.weeks, td.value, td.verdict { width: auto; }
  td, th { padding-right: 5px; }
  .rows tr { display: grid; grid-template-columns: 1fr; border-top: 1px solid #e4ebed; padding: 5px 0; }
  .rows td { border: 0; padding: 1px 0; } .wide { overflow-x: auto; }
  .facts tr { display: grid; grid-template-columns: 1fr; padding: 4px 0; border-top: 1px solid #e4ebed; }
  .facts td, .facts td:first-child { border: 0; padding: 0; width: auto; }
  .wide table { min-width: 640px; } }
"""
