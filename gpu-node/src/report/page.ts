// A page to keep or to send: one HTML file with its charts and style inside it, no script, and nothing fetched from anywhere.
import { html, raw } from 'hono/html';
import { drawChart } from './chart.ts';
import type { Chart } from './chart-spec.ts';
import { PAGE_STYLE } from './page-style.ts';

type Markup = ReturnType<typeof html>;

/** Words between backticks are set as code; blank lines part paragraphs. All else of a text is shown as it is. */
type Prose = string;

export interface Column {
  title: string;
  /** Numbers stand to the right. */
  align?: 'left' | 'right';
  /** Columns in a row with the same group share a heading above theirs. */
  group?: string;
}

/** `null` is shown as a dash. */
export type Cell = string | number | null | { text: string | number; strong?: boolean; note?: string };

export type Block =
  | { kind: 'prose'; text: Prose }
  | { kind: 'list'; items: readonly Prose[] }
  /** Pairs of a name and its value. */
  | { kind: 'facts'; facts: readonly (readonly [name: string, value: string | number])[] }
  /** Kept as it is, line by line: a prompt, a command. */
  | { kind: 'verbatim'; text: string; caption?: string }
  /** The first cell of a row names it. */
  | { kind: 'table'; caption: string; columns: readonly Column[]; rows: readonly (readonly Cell[])[]; note?: Prose }
  | { kind: 'chart'; chart: Chart; caption: Prose };

export interface Section {
  title: string;
  blocks: readonly Block[];
}

export interface Page {
  title: string;
  lead: Prose;
  sections: readonly Section[];
  /** Where it came from: the command, the machine, the date. */
  footer?: Prose;
}

const MOST_SECTIONS_WITHOUT_CONTENTS = 4;

/**
 * @returns a whole HTML document
 * @throws RangeError for a chart without points, or a table whose rows are not as wide as its columns
 */
export async function page({ title, lead, sections, footer }: Page): Promise<string> {
  const contents = sections.length > MOST_SECTIONS_WITHOUT_CONTENTS;
  const bodies = await Promise.all(sections.map((section, at) => sectionMarkup(section, at + 1)));
  const markup = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${raw(PAGE_STYLE)}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<div class="lead">${prose(lead)}</div>
</header>
${contents ? contentsMarkup(sections) : ''}
${bodies}
</main>
${footer === undefined ? '' : html`<footer>${prose(footer)}</footer>`}
</body>
</html>
`;
  return String(await markup);
}

function contentsMarkup(sections: readonly Section[]): Markup {
  const items = sections.map(({ title }, at) => html`<li><a href="#s${at + 1}">${title}</a></li>`);
  return html`<nav aria-label="Contents"><ol>${items}</ol></nav>`;
}

async function sectionMarkup({ title, blocks }: Section, at: number): Promise<Markup> {
  const inner = await Promise.all(blocks.map((block, i) => blockMarkup(block, `s${at}b${i + 1}`)));
  return html`<section id="s${at}" aria-labelledby="s${at}h">
<h2 id="s${at}h">${title}</h2>
${inner}
</section>
`;
}

async function blockMarkup(block: Block, id: string): Promise<Markup> {
  switch (block.kind) {
    case 'prose':
      return html`${prose(block.text)}`;
    case 'list':
      return html`<ul>${block.items.map((item) => html`<li>${inline(item)}</li>`)}</ul>`;
    case 'facts':
      return html`<dl>${block.facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
    case 'verbatim':
      return figure(html`<pre><code>${block.text}</code></pre>`, block.caption);
    case 'chart':
      // The one markup that is not escaped here: Vega escapes what it writes, and no caller can hand any in.
      return figure(
        html`<div class="wide" role="group" aria-label="${block.chart.label}" tabindex="0">${raw(await drawChart(block.chart))}</div>`,
        block.caption,
      );
    case 'table':
      return tableMarkup(block, id);
  }
}

function figure(inner: Markup, caption: Prose | undefined): Markup {
  return html`<figure>${inner}${caption === undefined ? '' : html`<figcaption>${inline(caption)}</figcaption>`}</figure>
`;
}

function tableMarkup({ caption, columns, rows, note }: Extract<Block, { kind: 'table' }>, id: string): Markup {
  const odd = rows.findIndex((row) => row.length !== columns.length);
  if (odd >= 0) {
    const cells = `${rows[odd]!.length} cells for ${columns.length} columns`;
    throw new RangeError(`Row ${odd + 1} of the table "${caption}" has ${cells}.`);
  }
  const body = rows.map(
    ([name, ...cells]) =>
      html`<tr><th scope="row"${side(columns[0])}>${cellMarkup(name!)}</th>${cells.map((cell, i) => html`<td${side(columns[i + 1])}>${cellMarkup(cell)}</td>`)}</tr>
`,
  );
  return html`<div class="wide" role="region" aria-labelledby="${id}" tabindex="0"><table>
<caption id="${id}">${inline(caption)}</caption>
<thead>
${groupRow(columns)}<tr>${columns.map((column) => html`<th scope="col"${side(column)}>${column.title}</th>`)}</tr>
</thead>
<tbody>
${body}</tbody>
</table></div>
${note === undefined ? '' : html`<p class="note">${inline(note)}</p>`}`;
}

function groupRow(columns: readonly Column[]): Markup | string {
  if (columns.every(({ group }) => group === undefined)) return '';
  const spans: { group: string | undefined; columns: number }[] = [];
  for (const { group } of columns) {
    const last = spans.at(-1);
    if (last && last.group === group) last.columns += 1;
    else spans.push({ group, columns: 1 });
  }
  const cells = spans.map(({ group, columns }) =>
    group === undefined
      ? html`<td colspan="${columns}"></td>`
      : html`<th scope="colgroup" colspan="${columns}" class="group">${group}</th>`,
  );
  return html`<tr>${cells}</tr>
`;
}

function side(column: Column | undefined): Markup | string {
  return column?.align === 'right' ? html` class="right"` : '';
}

function cellMarkup(cell: Cell): Markup | string | number {
  if (cell === null) return '–';
  if (typeof cell !== 'object') return cell;
  const text = cell.strong ? html`<strong>${cell.text}</strong>` : cell.text;
  return html`${text}${cell.note === undefined ? '' : html` <small>${cell.note}</small>`}`;
}

function prose(text: Prose): Markup[] {
  return text.split(/\n\s*\n/).map(
    (paragraph) => html`<p>${inline(paragraph)}</p>
`,
  );
}

function inline(text: Prose): (Markup | string)[] {
  return text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part));
}
