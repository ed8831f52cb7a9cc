import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { drawChart } from './chart.ts';
import type { Chart, LineChart } from './chart-spec.ts';
import { BACKGROUNDS, SERIES_COLOURS } from './palette.ts';

const auc: LineChart = {
  kind: 'lines',
  label: 'AUC against the number of training samples',
  x: { title: 'training samples', scale: 'log' },
  y: { title: 'AUC × 100', reference: 50, format: '.1f' },
  series: [
    {
      name: 'tuned',
      points: [16, 64, 256].map((x, at) => ({ x, y: 52 + 4 * at, low: 49 + 4 * at, high: 55 + 4 * at })),
    },
    { name: 'the rule', points: [16, 64, 256].map((x) => ({ x, y: 57 })) },
  ],
};
const methods: Chart = {
  kind: 'dots',
  label: 'AUC by method',
  x: { title: 'AUC × 100' },
  rows: [
    { name: 'tuned', value: 60, low: 55, high: 65 },
    { name: 'the rule', value: 57 },
  ],
};

interface Element {
  name: string;
  attributes: Record<string, string>;
  text: string;
}

/** @throws at the first fault of the XML */
function elementsOf(svg: string): Element[] {
  const parser = new SaxesParser();
  const [all, open]: [Element[], Element[]] = [[], []];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, text: '' };
    all.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    if (open.length) open.at(-1)!.text += text;
  });
  parser.on('closetag', () => void open.pop());
  parser.write(svg).close();
  return all;
}

const textsOf = (elements: readonly Element[]) =>
  elements.filter(({ name }) => name === 'text').map(({ text }) => text);

describe('a chart', { timeout: 60_000 }, () => {
  it('keeps its texts as text and has a name', async () => {
    const elements = elementsOf(await drawChart(auc));
    expect(elements[0]).toMatchObject({ name: 'svg', attributes: { role: 'img', 'aria-label': auc.label } });
    expect(textsOf(elements)).toEqual(
      expect.arrayContaining(['16', '64', '256', 'training samples', 'AUC × 100', 'tuned', 'the rule', '50.0']),
    );
  });

  it('puts a logarithmic axis at equal steps for equal ratios', async () => {
    const elements = elementsOf(await drawChart(auc));
    const at = ['16', '64', '256'].map((label) => {
      const { attributes } = elements.find(({ name, text }) => name === 'text' && text === label)!;
      return Number(/translate\(([\d.]+)/.exec(attributes.transform!)![1]);
    });
    expect(at[1]! - at[0]!).toBeCloseTo(at[2]! - at[1]!, 6);
    expect(at[0]).toBeLessThan(at[1]!);
  });

  it.each([auc, methods])('of $kind is the same to the byte when drawn again, among others', async (chart) => {
    const [first, , again] = await Promise.all([drawChart(chart), drawChart(auc), drawChart(chart)]);
    expect(again).toBe(first);
    expect(await drawChart(structuredClone(chart))).toBe(first);
    // Charts of one page must not share names.
    expect(first).not.toMatch(/\sid=|url\(/);
  });

  it.each([
    ['bars', 'rule'],
    ['band', 'area'],
  ] as const)('draws intervals as %s', async (intervals, mark) => {
    const count = async (chart: LineChart) =>
      elementsOf(await drawChart(chart)).filter(({ attributes }) =>
        attributes.class?.startsWith(`mark-${mark} role-mark`),
      ).length;
    const bare = {
      ...auc,
      series: auc.series.map(({ name, points }) => ({ name, points: points.map(({ x, y }) => ({ x, y })) })),
    };
    expect((await count({ ...auc, intervals })) - (await count(bare))).toBe(1);
  });

  it('lets several series share a row of dots', async () => {
    const rows = methods.rows.flatMap((row) => [
      { ...row, series: 'ours' },
      { name: row.name, value: row.value - 3, series: 'the paper' },
    ]);
    const texts = textsOf(elementsOf(await drawChart({ ...methods, rows })));
    expect(texts.filter((text) => text === 'tuned')).toHaveLength(1);
    expect(texts).toEqual(expect.arrayContaining(['ours', 'the paper']));
  });

  it('draws a single point and equal values', async () => {
    const one = (y: number[]): Chart => ({
      ...auc,
      x: { title: 'step' },
      series: [{ name: 'loss', points: y.map((value, x) => ({ x, y: value })) }],
    });
    for (const y of [[0], [0.7], [0.7, 0.7]]) expect(await drawChart(one(y))).not.toMatch(/NaN|Infinity/);
  });

  it('is well-formed XML that holds any text unchanged', async () => {
    const texts = fc.string({ unit: fc.constantFrom(...'<>&"\'`$\\{}[].;é→ ab'), minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(texts, { minLength: 2, maxLength: 4 }), texts, async (names, title) => {
        const series = names.map((name, at) => ({ name, points: [{ x: 1, y: at }] }));
        const elements = elementsOf(
          await drawChart({ kind: 'lines', label: title, x: { title }, y: { title: 'y' }, series }),
        );
        expect(elements[0]!.attributes['aria-label']).toBe(title);
        const shown = textsOf(elements);
        for (const name of [...names, title]) expect(shown).toContain(name.trim());
        expect(elements.map(({ name }) => name)).not.toContain('script');
      }),
      { numRuns: 25, seed: 5 },
    );
  });

  it('leaves out what XML cannot hold', async () => {
    const label = 'a\u0000b\u001b\ud800c';
    const elements = elementsOf(await drawChart({ ...auc, label, x: { title: label } }));
    expect(elements[0]!.attributes['aria-label']).toBe('ab\ufffdc');
    expect(textsOf(elements)).toContain('ab\ufffdc');
  });

  it.each<[string, Chart, RegExp]>([
    ['without points', { ...auc, series: [] }, /has no points/],
    [
      'with a value that is no number',
      { ...auc, series: [{ name: 'a', points: [{ x: 1, y: Number.NaN }] }] },
      /NaN on its axis "AUC × 100"/,
    ],
    [
      'with zero on a logarithmic axis',
      { ...auc, series: [{ name: 'a', points: [{ x: 0, y: 1 }] }] },
      /0 on its logarithmic axis/,
    ],
    ['with half an interval', { ...methods, rows: [{ name: 'a', value: 1, low: 0 }] }, /half an interval/],
  ])('%s is refused with its reason', async (_, chart, reason) => {
    await expect(drawChart(chart)).rejects.toThrow(reason);
  });
});

describe('the palette', () => {
  // WCAG 2.2, relative luminance and contrast ratio.
  const luminance = (colour: string) => {
    const [r, g, b] = [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const contrast = (a: string, b: string) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light! + 0.05) / (dark! + 0.05);
  };

  it.each(SERIES_COLOURS)('%s stands out from both backgrounds', (colour) => {
    for (const background of Object.values(BACKGROUNDS)) expect(contrast(colour, background)).toBeGreaterThan(3);
  });
});
