import type { EvaluatedMethod } from '@tallrec/shared/methods';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import { createEvaluationSchema } from '@tallrec/shared/wire/evaluations';
import { describe, expect, it } from 'vitest';
import { adapterOf, evaluationOf, hashOf, idOf, reportOf, tuningOf } from '../../testing/examples.ts';
import { type Cell, isMissing, missingSeeds, tableOf } from './cells.ts';
import { entryOf, fits, type Selection } from './entries.ts';
import { csvRows, markdownOf } from './export-table.ts';
import { requestsOf, type StartValues, startErrors } from './start.ts';

const TRAIN = idOf('ds', 2);
const selection: Selection = { dataset: idOf('ds', 1), split: 'test', limit: null, train: TRAIN, model: 'tiny' };
const nobody = { adapters: [], tunings: [] };

let next = 1;
const judged = (
  method: EvaluatedMethod,
  shots: number | null,
  seed: number,
  auc: number | null,
  changes: Partial<Evaluation> = {},
) =>
  evaluationOf(next++, {
    method,
    shots,
    seed,
    trainDataset: TRAIN,
    report: auc === null ? null : reportOf(auc),
    ...changes,
  });
/** The newest first, as the API lists them. */
const entries = (evaluations: Evaluation[], sources: Parameters<typeof entryOf>[1] = nobody) =>
  evaluations.toReversed().flatMap((one) => entryOf(one, sources) ?? []);
const cellOf = (table: ReturnType<typeof tableOf>, method: EvaluatedMethod, shots: number | null): Cell =>
  table.rows.find((row) => row.method === method)!.cells.find((cell) => cell.shots === shots)!;

describe('an entry', () => {
  it('is a method as it was fit, a model as it is, or an adapter by how it was made', () => {
    const sources = {
      adapters: [adapterOf(1), adapterOf(2), adapterOf(3, { stage: 'alpaca' }), adapterOf(4, { tuning: null })],
      tunings: [
        tuningOf(1, { settings: { shots: 16, seed: 5 } }),
        tuningOf(2, { settings: { shots: 64 }, initAdapter: hashOf(3) }),
        tuningOf(3, { settings: { stage: 'alpaca' } }),
      ],
    };
    const of = (changes: Partial<Evaluation>) => entryOf(evaluationOf(1, { model: 'tiny', ...changes }), sources);
    expect(of({ adapter: hashOf(1) })).toMatchObject({
      method: 'rt',
      shots: 16,
      seed: 5,
      via: 'adapter',
      train: idOf('ds', 1),
    });
    expect(of({ adapter: hashOf(2) })).toMatchObject({ method: 'tallrec', shots: 64, seed: 0 });
    expect(of({ adapter: hashOf(3) })).toMatchObject({ method: 'at', train: null });
    expect(of({})).toMatchObject({ method: 'zero-shot', via: 'base' });
    expect(of({ method: 'rt', shots: 4, seed: 2 })).toMatchObject({ method: 'rt', via: 'method' });
    // Imported, or of a tuning that is gone.
    expect(of({ adapter: hashOf(4) })).toBeUndefined();
    expect(of({ adapter: hashOf(9) })).toBeUndefined();
  });

  it('stands in one table with what judges the same rows, learns from the same and builds on the same', () => {
    const one = (changes: Partial<Evaluation>) =>
      fits(entries([judged('rt', 16, 0, 0.6, { model: 'tiny', ...changes })])[0]!, selection);
    expect(one({})).toBe(true);
    for (const other of [
      { limit: 10 },
      { split: 'all' as const },
      { trainDataset: idOf('ds', 3) },
      { model: 'large' },
    ]) {
      expect(one(other)).toBe(false);
    }
    const rule = entries([judged('history-share', null, 0, 0.7, { trainDataset: null })])[0]!;
    expect(fits(rule, selection)).toBe(true);
  });
});

describe('a cell', () => {
  it('is the mean over seeds, the newest of each, with half of the interval, of two seeds of their range', () => {
    const cell = cellOf(
      tableOf(
        entries([
          judged('sasrec', 16, 0, 0.9),
          judged('sasrec', 16, 0, 0.5),
          judged('sasrec', 16, 1, 0.54),
          judged('sasrec', 64, 0, 0.7),
        ]),
      ),
      'sasrec',
      16,
    );
    expect(cell.auc).toBeCloseTo(0.52, 12);
    expect(cell.half).toBeCloseTo(0.02, 10);
    expect([cell.seeds, cell.counted.length, cell.others.length]).toEqual([[0, 1], 2, 1]);
  });

  it('mixes no recipes: the one with the most seeds counts', () => {
    const other = { validDataset: idOf('ds', 5) };
    const cell = cellOf(
      tableOf(
        entries([judged('sasrec', 16, 0, 0.5), judged('sasrec', 16, 1, 0.5), judged('sasrec', 16, 2, 0.9, other)]),
      ),
      'sasrec',
      16,
    );
    expect([cell.auc, cell.seeds, cell.others.length]).toEqual([0.5, [0, 1], 1]);
  });

  it('is better than the rule where every seed is, by an interval over users, and says nothing of few users', () => {
    const ends = (low: number, high: number) => ({ low, high, level: 0.95, resampled: 'users' as const });
    const report = (low: number, users = 20) =>
      reportOf(0.9, {
        ...{ users, interval: ends(0.8, 0.95) },
        overRule: { auc: { ...ends(low, 0.3), value: 0.2 }, perUserAuc: null },
      });
    const of = (...reports: ReturnType<typeof report>[]) => {
      const told = reports.map((one, seed) => judged('sasrec', 16, seed, 0, { report: one }));
      const { verdict, interval } = cellOf(tableOf(entries(told)), 'sasrec', 16);
      return [verdict, interval?.low ?? null];
    };
    expect(of(report(0.1))).toEqual(['better', 0.8]);
    expect(of(report(0.1), report(0.05))).toEqual(['better', null]);
    expect(of(report(0.1), report(-0.05))).toEqual(['level', null]);
    expect(of(report(0.1, 3))).toEqual(['few-users', null]);
    expect(of(report(0.1), report(0.1, 3))).toEqual(['few-users', null]);
    expect(of(reportOf(0.9))).toEqual(['unknown', null]);
  });

  it('tells what is at work, and what failed and was not tried again', () => {
    const table = tableOf(
      entries([
        judged('caser', 16, 0, null, { state: 'failed' }),
        judged('caser', 64, 0, null, { state: 'failed' }),
        judged('caser', 64, 0, null, { state: 'running' }),
        judged('caser', 256, 0, null, { state: 'failed' }),
        judged('caser', 256, 0, 0.6),
      ]),
    );
    const counts = [16, 64, 256]
      .map((k) => cellOf(table, 'caser', k))
      .map(({ failed, atWork, counted }) => [failed.length, atWork.length, counted.length]);
    expect(counts).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  it('of the rule and of popularity is read from the reports of others, where it has none of its own', () => {
    const beside = (auc: number, popularityAuc: number) => ({
      report: reportOf(auc, { popularityAuc, ruleAuc: 0.72 }),
    });
    const told = [
      judged('sasrec', 16, 0, 0, beside(0.5, 0.55)),
      judged('caser', 16, 0, 0, beside(0.5, 0.55)),
      judged('sasrec', 16, 1, 0, beside(0.5, 0.57)),
    ];
    const table = tableOf(entries(told));
    expect(cellOf(table, 'history-share', null)).toMatchObject({ auc: 0.72, fromReports: true });
    expect(cellOf(table, 'popularity', 16)).toMatchObject({
      auc: expect.closeTo(0.56, 12),
      seeds: [0, 1],
      fromReports: true,
    });
    expect(cellOf(table, 'popularity', 64).auc).toBeNull();
    const own = tableOf(entries([...told, judged('popularity', 16, 0, 0.6)]));
    expect(cellOf(own, 'popularity', 16)).toMatchObject({ auc: 0.6, fromReports: false });
  });

  it('has a column for each K that was found, beside the paper’s, and one for all', () => {
    expect(tableOf([]).shots).toEqual([16, 64, 256]);
    expect(tableOf(entries([judged('caser', 32, 0, 0.5), judged('caser', null, 0, 0.5)])).shots).toEqual([
      16,
      32,
      64,
      256,
      null,
    ]);
    const shotless = tableOf([])
      .rows.filter(({ cells }) => cells.length === 1)
      .map(({ method }) => method);
    expect(shotless).toEqual(['zero-shot', 'at', 'history-share']);
  });
});

describe('starting what is missing', () => {
  const values: StartValues = {
    ...{ methods: ['sasrec', 'rt', 'tallrec', 'history-share'], seeds: 3, trainDataset: TRAIN, validDataset: null },
    ...{ instructionsDataset: idOf('ds', 4), model: 'tiny', maxSteps: 8 },
  };
  const table = tableOf(entries([judged('sasrec', 16, 1, 0.6), judged('sasrec', 64, 0, null, { state: 'queued' })]));

  it('asks for each seed that is neither found nor at work, and once for what knows no seed', () => {
    expect(missingSeeds(cellOf(table, 'sasrec', 16), [0, 1, 2])).toEqual([0, 2]);
    expect(missingSeeds(cellOf(table, 'sasrec', 64), [0, 1])).toEqual([1]);
    expect(missingSeeds(cellOf(table, 'history-share', null), [0, 1, 2])).toEqual([0]);
    const cells = table.rows.flatMap(({ cells }) => cells.filter(isMissing));
    const requests = requestsOf(cells, values, selection);
    // What the rule comes to stands in SASRec's own report.
    expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(['sasrec', 'rt', 'tallrec']));
    // Of SASRec only K = 256 is missing.
    expect(requests.filter(({ method }) => method === 'sasrec').map(({ shots, seed }) => [shots, seed])).toEqual([
      [256, 0],
      [256, 1],
      [256, 2],
    ]);
    for (const request of requests) expect(createEvaluationSchema.safeParse(request).success).toBe(true);
    expect(startErrors(values, requests)).toEqual({});
  });

  it('says what is lacking at the field', () => {
    const bare: StartValues = {
      ...values,
      seeds: '',
      trainDataset: null,
      instructionsDataset: null,
      model: null,
      maxSteps: 0,
    };
    const cells = table.rows.flatMap((row) => row.cells);
    const errors = startErrors(bare, requestsOf(cells, { ...bare, seeds: 1 }, selection));
    expect(Object.keys(errors).sort()).toEqual(['instructionsDataset', 'maxSteps', 'model', 'seeds', 'trainDataset']);
  });
});

describe('the table as text', () => {
  const table = tableOf(
    entries([
      judged('sasrec', 16, 0, 0.5),
      judged('sasrec', 16, 1, 0.54),
      judged('history-share', null, 0, 0.7, { trainDataset: null }),
    ]),
  );

  it('is Markdown, with the paper’s figures beside ours', () => {
    const line = (title: string) =>
      markdownOf(table, 'movie')
        .split('\n')
        .find((row) => row.startsWith(`| ${title}`))!;
    expect(line('SASRec')).toBe('| SASRec | 52.0 ± 2.0 | 50.4 | – | 50.5 | – | 52.3 |');
    expect(line('Share of history liked')).toBe('| Share of history liked | 70.0 | – | 70.0 | – | 70.0 | – |');
    expect(markdownOf(table, null).split('\n')[1]).toBe('| --- | ---: | ---: | ---: |');
  });

  it('is rows of what is known, whole', () => {
    const rows = csvRows(table, null);
    expect(rows.find(({ method }) => method === 'sasrec')).toMatchObject({ shots: 16, auc: 0.52, seeds: 2 });
    expect(rows.filter(({ method }) => method === 'caser')).toEqual([]);
    expect(csvRows(table, 'book').find(({ method, shots }) => method === 'caser' && shots === 64)).toMatchObject({
      auc: null,
      paper: 0.4972,
    });
  });
});
