import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Page, page } from './page.ts';

const CHROMIUM = '/usr/bin/chromium';

const example: Page = {
  title: 'Few-shot tuning of <b>a model</b>',
  lead: 'What was done.\n\nWhy `AUC` matters.',
  footer: 'Made by `npm run demo`.',
  sections: [
    {
      title: 'Results',
      blocks: [
        { kind: 'prose', text: 'Read & judge.' },
        { kind: 'list', items: ['one', 'two'] },
        { kind: 'facts', facts: [['samples', 64]] },
        { kind: 'verbatim', text: 'a  prompt\n  <s>', caption: 'As the model reads it' },
        {
          kind: 'table',
          caption: 'AUC × 100',
          columns: [
            { title: 'method' },
            { title: 'ours', align: 'right', group: 'K = 16' },
            { title: 'paper', align: 'right', group: 'K = 16' },
            { title: 'ours', align: 'right', group: 'K = 64' },
          ],
          rows: [
            ['tuned', { text: 60.1, strong: true, note: '± 2' }, null, 61],
            ['the rule', 57, 58, '59'],
          ],
          note: 'Mean of 5 seeds.',
        },
        {
          kind: 'chart',
          chart: {
            kind: 'lines',
            label: 'Loss by step',
            x: { title: 'step' },
            y: { title: 'loss' },
            series: [{ name: 'training', points: [1, 2, 3].map((x) => ({ x, y: 1 / x })) }],
          },
          caption: 'The loss falls.',
        },
      ],
    },
  ],
};

interface Node {
  name: string;
  attributes: Record<string, string>;
  /** All text within. */
  text: string;
}

function nodesOf(document: string): Node[] {
  const nodes: Node[] = [];
  const visit = (node: DefaultTreeAdapterTypes.Node): string => {
    if ('value' in node) return node.value;
    if (!('childNodes' in node)) return '';
    const place = nodes.length;
    nodes.push({
      name: node.nodeName,
      attributes: 'attrs' in node ? Object.fromEntries(node.attrs.map(({ name, value }) => [name, value])) : {},
      text: '',
    });
    const text = node.childNodes.map(visit).join('');
    nodes[place]!.text = text;
    return text;
  };
  visit(parse(document));
  return nodes;
}

const named = (nodes: readonly Node[], name: string) => nodes.filter((node) => node.name === name);

describe('a page', { timeout: 60_000 }, () => {
  it('says what it was given, in elements that mean it', async () => {
    const document = await page(example);
    const faults: string[] = [];
    parse(document, { onParseError: ({ code }) => faults.push(code) });
    expect(faults).toEqual([]);
    const nodes = nodesOf(document);
    const texts = (name: string) => named(nodes, name).map(({ text }) => text);
    expect(texts('title')).toEqual([example.title]);
    expect(texts('h1')).toEqual([example.title]);
    expect(texts('h2')).toEqual(['Results']);
    expect(texts('p').slice(0, 2)).toEqual(['What was done.', 'Why AUC matters.']);
    expect(texts('caption')).toEqual(['AUC × 100']);
    expect(texts('td')).toEqual(['', '60.1 ± 2', '–', '61', '57', '58', '59']);
    expect(named(nodes, 'th').map(({ attributes: { scope, colspan = '1' }, text }) => [scope, colspan, text])).toEqual([
      ['colgroup', '2', 'K = 16'],
      ['colgroup', '1', 'K = 64'],
      ['col', '1', 'method'],
      ['col', '1', 'ours'],
      ['col', '1', 'paper'],
      ['col', '1', 'ours'],
      ['row', '1', 'tuned'],
      ['row', '1', 'the rule'],
    ]);
    expect(texts('pre')).toEqual(['a  prompt\n  <s>']);
    expect(named(nodes, 'svg')[0]!.attributes['aria-label']).toBe('Loss by step');
  });

  it('is the same to the byte when made again', async () => {
    expect(await page(structuredClone(example))).toBe(await page(example));
  });

  it('lists its contents where there are many sections', async () => {
    const sections = Array.from({ length: 5 }, (_, at) => ({ title: `Part ${at}`, blocks: [] }));
    const nodes = nodesOf(await page({ ...example, sections }));
    const ids = nodes.map(({ attributes }) => `#${attributes.id}`);
    const links = named(nodes, 'a').map(({ attributes }) => attributes.href!);
    expect(links).toHaveLength(5);
    expect(ids).toEqual(expect.arrayContaining(links));
  });

  it('shows any text as text, wherever it stands', async () => {
    const hostile = fc.oneof(
      fc.constantFrom('<script>x()</script>', '</style><img src=x onerror=x()>', '" onload="x()', '&lt;&amp;', '-->'),
      fc.string({ unit: fc.constantFrom(...'<>&"\'/=-!ab '), minLength: 1, maxLength: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 9, maxLength: 9 }), async (texts) => {
        const [title, lead, section, item, caption, cell, verbatim, label, name] = texts as [
          string,
          string,
          string,
          string,
          string,
          string,
          string,
          string,
          string,
        ];
        const nodes = nodesOf(
          await page({
            title,
            lead,
            footer: lead,
            sections: [
              {
                title: section,
                blocks: [
                  { kind: 'list', items: [item] },
                  { kind: 'facts', facts: [[name, cell]] },
                  { kind: 'verbatim', text: `|${verbatim}`, caption },
                  {
                    kind: 'table',
                    caption,
                    columns: [{ title: name, group: label }],
                    rows: [[{ text: cell, note: item }]],
                    note: lead,
                  },
                  {
                    kind: 'chart',
                    caption,
                    chart: { kind: 'dots', label, x: { title: name }, rows: [{ name: cell, value: 1 }] },
                  },
                ],
              },
            ],
          }),
        );
        expect(named(nodes, 'script').length + named(nodes, 'img').length).toBe(0);
        expect(
          nodes.flatMap(({ attributes }) => Object.keys(attributes)).filter((key) => key.startsWith('on')),
        ).toEqual([]);
        const text = (of: string) => named(nodes, of)[0]!.text;
        expect([text('h1'), text('h2'), text('li'), text('pre'), text('caption'), text('dd')]).toEqual([
          title,
          section,
          item,
          `|${verbatim}`,
          caption,
          cell,
        ]);
        expect(named(nodes, 'svg')[0]!.attributes['aria-label']).toBe(label);
      }),
      { numRuns: 25, seed: 5 },
    );
  });

  it('refuses a row that is not as wide as its table', async () => {
    const blocks = [{ kind: 'table', caption: 'AUC', columns: [{ title: 'a' }], rows: [['1'], ['1', '2']] }] as const;
    await expect(page({ ...example, sections: [{ title: 's', blocks }] })).rejects.toThrow(
      'Row 2 of the table "AUC" has 2 cells for 1 columns.',
    );
  });
});

const lacking = existsSync(CHROMIUM) ? undefined : `there is no ${CHROMIUM}`;

describe.skipIf(lacking)(`in a browser${lacking ? ` (skipped: ${lacking})` : ''}`, { timeout: 60_000 }, () => {
  let browser: Browser;
  let dir: string;
  let url: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'page-'));
    const file = join(dir, 'page.html');
    await writeFile(file, await page(example));
    url = pathToFileURL(file).href;
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-background-networking'],
    });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await rm(dir, { recursive: true });
  });

  it.each(['light', 'dark'] as const)(
    'is drawn whole on a telephone, in %s, and asks for nothing',
    async (colorScheme) => {
      const tab = await browser.newPage({ viewport: { width: 360, height: 700 }, colorScheme });
      const [asked, said]: [string[], string[]] = [[], []];
      tab.on('request', (request) => asked.push(request.url()));
      tab.on('console', (message) => said.push(message.text()));
      await tab.goto(url);
      expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      const chart = tab.getByRole('img', { name: 'Loss by step' });
      expect((await chart.boundingBox())!.width).toBeGreaterThan(300);
      expect(await tab.getByRole('table', { name: 'AUC × 100' }).isVisible()).toBe(true);
      const [ground, ink, axis] = (await tab.evaluate(
        `[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color, getComputedStyle(document.querySelector('svg text')).fill]`,
      )) as string[];
      expect(axis).toBe(ink);
      expect(ground).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(20, 23, 28)');
      expect(asked).toEqual([url]);
      expect(said).toEqual([]);
      await tab.close();
    },
  );
});
