import { describe, expect, it } from 'vitest';
import { evaluationOf, hashOf, idOf, reportOf, tuningOf } from '../../testing/examples.ts';
import { chosenIn, MOST_RUNS, searchOf } from './chosen.ts';
import { methodOfTuning } from './provenance.ts';
import { type Compared, evaluationOn, judgedOns, runsOf } from './runs.ts';

const nothing: Compared = {
  tunings: [],
  evaluations: [],
  others: [],
  makerOf: () => undefined,
  stageOf: () => undefined,
};
const ofAdapter = (number: number, adapter: number, changes = {}) =>
  evaluationOf(number, { model: 'tiny', adapter: hashOf(adapter), ...changes });

describe('runs', () => {
  it('are tunings with the evaluations of their adapters, chosen or not', () => {
    const runs = runsOf({
      ...nothing,
      tunings: [tuningOf(1, { settings: { shots: 16, seed: 3 } }), tuningOf(2)],
      evaluations: [ofAdapter(1, 1)],
      others: [ofAdapter(2, 1), ofAdapter(3, 2)],
    });
    expect(runs.map(({ id, evaluations }) => [id, evaluations.map((one) => one.id)])).toEqual([
      [idOf('tun', 1), [idOf('eval', 2), idOf('eval', 1)]],
      [idOf('tun', 2), [idOf('eval', 3)]],
    ]);
    expect(runs[0]).toMatchObject({ kind: 'tuning', method: 'rt', shots: 16, seed: 3 });
  });

  it('are adapters by the tuning that made them, methods and models, each by itself', () => {
    const maker = tuningOf(7, { settings: { shots: 64, seed: 1 } });
    const runs = runsOf({
      ...nothing,
      evaluations: [
        ofAdapter(1, 7),
        ofAdapter(2, 7, { dataset: idOf('ds', 2) }),
        ofAdapter(3, 8),
        evaluationOf(4, { method: 'sasrec', shots: 16, seed: 0 }),
        evaluationOf(5, { model: 'tiny' }),
      ],
      makerOf: (adapter) => (adapter === hashOf(7) ? maker : undefined),
    });
    expect(runs.map(({ kind, method, shots, seed }) => [kind, method, shots, seed])).toEqual([
      ['adapter', 'rt', 64, 1],
      ['adapter', null, null, null],
      ['method', 'sasrec', 16, 0],
      ['base', 'zero-shot', null, null],
    ]);
    expect(runs[0]!.evaluations).toHaveLength(2);
  });

  it('have names that tell them apart', () => {
    const tunings = [tuningOf(1, { name: 'films' }), tuningOf(2, { name: 'films' })];
    expect(runsOf({ ...nothing, tunings }).map(({ name }) => name)).toEqual(['films', 'films (2)']);
  });

  it('are set side by side on the rows that most were judged on', () => {
    const runs = runsOf({
      ...nothing,
      tunings: [tuningOf(1), tuningOf(2)],
      others: [
        ofAdapter(1, 1, { report: reportOf(0.5) }),
        ofAdapter(2, 1, { report: reportOf(0.55) }),
        ofAdapter(3, 2),
        ofAdapter(4, 1, { limit: 20 }),
        ofAdapter(5, 2, { dataset: idOf('ds', 2), report: null, state: 'failed' }),
      ],
    });
    const options = judgedOns(runs);
    expect(options.map(({ dataset, limit }) => [dataset, limit])).toEqual([
      [idOf('ds', 1), null],
      [idOf('ds', 1), 20],
    ]);
    // The newest of a run counts.
    expect(evaluationOn(runs[0]!, options[0])!.report.auc).toBe(0.55);
    expect(evaluationOn(runs[1]!, options[1])).toBeUndefined();
  });
});

describe('what an adapter amounts to', () => {
  it.each([
    [{ settings: { stage: 'alpaca' as const } }, 'at'],
    [{ settings: {} }, 'rt'],
    [{ settings: {}, initAdapter: hashOf(1) }, 'tallrec'],
    [{ settings: {}, initAdapter: hashOf(2) }, null],
    [{ settings: {}, initAdapter: hashOf(3) }, null],
    [{ settings: { stage: 'alpaca' as const }, initAdapter: hashOf(1) }, null],
  ])('%j is %s', (changes, method) => {
    const stageOf = (adapter: string) => (({ [hashOf(1)]: 'alpaca', [hashOf(2)]: 'rec' }) as const)[adapter];
    expect(methodOfTuning(tuningOf(9, changes), stageOf)).toBe(method);
  });
});

describe('the address', () => {
  it('holds what was chosen, and is read back', () => {
    const chosen = { tunings: [idOf('tun', 1), idOf('tun', 2)], evaluations: [idOf('eval', 1)] };
    expect(chosenIn(searchOf(chosen))).toEqual(chosen);
    expect(searchOf({ tunings: [], evaluations: [] })).toEqual({ tunings: undefined, evaluations: undefined });
  });

  it('gives no more than can be shown, each once, and nothing that is no id', () => {
    const many = Array.from({ length: 2 * MOST_RUNS }, (_, at) => idOf('eval', at));
    const { tunings, evaluations } = chosenIn({
      tunings: `${idOf('tun', 1)},${idOf('tun', 1)},eval_x,`,
      evaluations: many.join(','),
    });
    expect(tunings).toEqual([idOf('tun', 1)]);
    expect(evaluations).toHaveLength(MOST_RUNS - 1);
  });
});
