// The style of a page: readable on a telephone and on paper, in light and in dark.
import { BACKGROUNDS, INKS } from './palette.ts';

export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: ${INKS.light}; --ground: ${BACKGROUNDS.light}; --faint: #59636e; --line: #d1d9e0; --panel: #f4f6f8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: ${INKS.dark}; --ground: ${BACKGROUNDS.dark}; --faint: #a3adb8; --line: #3a424c; --panel: #1e232a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
main, footer { max-width: 54rem; margin: 0 auto; padding: 1.5rem 1.25rem; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 1rem 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
p, ul, nav ol { margin: .75rem 0; max-width: 42rem; overflow-wrap: anywhere; }
.lead { font-size: 1.1rem; }
a { color: inherit; }
code, pre { font-family: ui-monospace, monospace; font-size: .875em; }
p code, li code, caption code, figcaption code { background: var(--panel); padding: .1em .3em; border-radius: .25em; }
pre { background: var(--panel); margin: 0; padding: 1rem; border-radius: .4rem; white-space: pre-wrap; overflow-wrap: anywhere; }
figure { margin: 1.5rem 0; }
figcaption, caption, .note, small, footer { color: var(--faint); font-size: .875rem; }
figcaption { margin-top: .5rem; }
caption { text-align: left; padding-bottom: .5rem; }
.wide { overflow-x: auto; }
.chart { display: block; max-width: 100%; min-width: 26rem; height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .9rem .4rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); }
thead th { font-weight: 600; border-bottom-color: currentColor; }
thead .group { text-align: center; }
tbody th { font-weight: 400; }
.right { text-align: right; }
td.right, thead .right { white-space: nowrap; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem; margin: 1rem 0; }
dt { color: var(--faint); font-size: .875rem; }
dd { margin: 0; font-size: 1.15rem; overflow-wrap: anywhere; }
@media print { .wide { overflow: visible; } h2, figure, table { break-inside: avoid; } }
`;
