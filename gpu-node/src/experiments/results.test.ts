import { PAPER } from '@tallrec/shared/paper-figures';
import { describe, expect, it } from 'vitest';
import type { CellResult } from './cell.ts';
import { markdown } from './markdown.ts';
import { type Results, summarise } from './results.ts';
import { resultsPage } from './results-page.ts';

const cell = (changes: Partial<CellResult> & { auc?: number; users?: number }): CellResult => ({
  key: 'k',
  method: 'sasrec',
  title: 'SASRec',
  kind: 'conventional',
  trainedOn: ['movie'],
  shots: 16,
  seed: 0,
  trainSamples: 16,
  validSamples: 100,
  chosen: { learningRate: 0.001 },
  fitMs: 1000,
  tokens: null,
  costUsd: null,
  tests: [
    {
      domain: 'movie',
      n: 200,
      likedShare: 0.5,
      auc: changes.auc ?? 0.5,
      interval: { low: 0.4, high: 0.6, level: 0.95, resampled: 'users' },
      perUserAuc: 0.51,
      users: changes.users ?? 16,
      ruleAuc: 0.726,
      rulePerUserAuc: 0.541,
      scoreMs: 10,
    },
  ],
  ...changes,
});

const rule = cell({
  method: 'history-share',
  title: 'Share of history liked',
  kind: 'control',
  shots: null,
  seed: null,
  chosen: {},
  auc: 0.726,
});
const cells = [
  cell({ seed: 0, auc: 0.5 }),
  cell({ seed: 1, auc: 0.52 }),
  cell({ seed: 2, auc: 0.54 }),
  cell({ shots: 64, auc: 0.6, tokens: 1234 }),
  rule,
];

function results(changes: Partial<Results> = {}): Results {
  return {
    version: 1,
    experiment: 'few-shot',
    title: 'Few-shot comparison',
    paper: PAPER,
    command: 'tallrec experiment few-shot',
    complete: true,
    machine: { cpu: 'a | b', cores: 2, memoryBytes: 8e9, platform: 'linux x64', node: '22' },
    model: null,
    shots: [16, 64],
    seeds: 3,
    validLimit: null,
    testLimit: null,
    domains: [
      {
        name: 'movie',
        paper: 'movie',
        trainSamples: 8000,
        validSamples: 1000,
        trainRule: 'train file',
        files: [{ path: 'movie/test.json', sha256: 'abc' }],
      },
    ],
    rows: summarise(cells, [16, 64], () => 'movie'),
    cells,
    failures: [],
    ...changes,
  };
}

describe('results', () => {
  it('are means over seeds, with the spread over seeds beside that over users', () => {
    const [row] = summarise(cells, [16, 64], () => 'movie');
    expect(row).toMatchObject({
      method: 'sasrec',
      shots: 16,
      seeds: 3,
      users: 16,
      usersInterval: { low: 0.4, high: 0.6 },
    });
    expect(row!.auc).toBeCloseTo(0.52, 12);
    // Deviation .02, t of 2 degrees of freedom.
    expect(row!.seedsInterval!.high - row!.auc!).toBeCloseTo((4.303 * 0.02) / Math.sqrt(3), 12);
    expect(row!.paper).toEqual([{ shots: 16, auc: 0.5043 }]);
  });

  it('set the paper beside what was tuned and tested on one domain alone', () => {
    const across = [cell({ trainedOn: ['book'] }), cell({ trainedOn: ['movie', 'book'] })];
    expect(summarise(across, [16], () => 'movie').map(({ paper }) => paper)).toEqual([[], []]);
    expect(summarise([cell({})], [16], () => undefined)[0]!.paper).toEqual([]);
  });

  it('sum up what was paid and keep apart what no service charged', () => {
    const paid = [cell({ seed: 0, costUsd: 0.25, tokens: 10 }), cell({ seed: 1, costUsd: 0.5, tokens: 20 })];
    expect(summarise(paid, [16], () => 'movie')[0]).toMatchObject({ costUsd: 0.75, tokens: 15 });
    expect(summarise(cells, [16], () => 'movie')[0]).toMatchObject({ costUsd: null, tokens: null });
  });

  it('leave an AUC that is undefined out of the mean', () => {
    const { tests } = cell({});
    const oneClass = cell({ seed: 1, tests: [{ ...tests[0]!, auc: null, perUserAuc: null }] });
    const [row] = summarise([cell({ auc: 0.7 }), oneClass], [16], () => 'movie');
    expect(row).toMatchObject({ auc: 0.7, perUserAuc: 0.51, seeds: 2, seedsInterval: null });
  });
});

describe('the report', () => {
  const text = markdown(resultsPage(results()));

  it("sets our figures beside the paper's, and what holds for every K in every column", () => {
    const row = (title: string) => text.split('\n').find((line) => line.startsWith(`| ${title}`))!;
    const cellsOf = (line: string) =>
      line
        .split('|')
        .slice(1, -1)
        .map((value) => value.trim());
    expect(cellsOf(row('SASRec'))).toEqual(['SASRec', '52.0 ± 5.0', '50.4', '60.0', '50.5']);
    expect(cellsOf(row('Share of history'))).toEqual(['Share of history liked', '72.6', '–', '72.6', '–']);
  });

  it('names what the rule comes to on the same rows, where it is no row of the table', () => {
    const without = markdown(resultsPage(results({ rows: summarise([cell({})], [16], () => 'movie') })));
    expect(without).toContain('200 rows, 50.0 % liked. The share of history liked comes to 72.6.');
    expect(without).toContain('Mean over 16 users with both classes. The share of history liked comes to 54.1.');
    expect(text).not.toContain('comes to');
  });

  it('lists what validation chose, the data and the machine', () => {
    expect(text).toContain('learningRate 0.001');
    expect(text).toContain('shots from 8000 samples (train file), 1000 to validate; movie/test.json abc');
    expect(text).toContain('a | b, 2 cores');
    expect(text).not.toContain('not complete');
  });

  it('says what is missing', () => {
    const page = markdown(
      resultsPage(results({ complete: false, failures: [{ cell: 'dros, movie', message: 'it broke' }] })),
    );
    expect(page).toContain('It is not complete: 5 cells are done and 1 failed.');
    expect(page).toContain('Failed: dros, movie: it broke');
  });

  it('keeps a table whole whatever stands in it', () => {
    const odd = results({ rows: summarise([cell({ title: 'a | b\nc' })], [16], () => 'movie') });
    expect(markdown(resultsPage(odd))).toContain('| a \\| b c |');
  });

  it('draws a figure for each kind of method and for the paper', () => {
    const charts = resultsPage(results()).sections[0]!.blocks.filter(({ kind }) => kind === 'chart');
    expect(charts).toHaveLength(3);
  });
});
