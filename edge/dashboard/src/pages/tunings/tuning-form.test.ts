import { createTuningSchema } from '@tallrec/shared/wire/tunings';
import { describe, expect, it } from 'vitest';
import {
  initialValues,
  isAllWarmup,
  isOf,
  ofForm,
  PRESETS,
  requestsOf,
  requestsToEstimate,
  type TuningValues,
  tuningErrors,
} from './tuning-form.ts';

const chosen = { ...initialValues(), model: 'tallrec-movies', dataset: 'ds_01jdgq5v5v5v5v5v5v5v5v5v5v' };
const requestOf = (values: TuningValues) => {
  const requests = requestsOf(values);
  expect(requests).toHaveLength(1);
  return requests[0]!;
};

describe('the form of a tuning', () => {
  it('begins with what the API would take by itself', () => {
    const empty = { model: chosen.model, dataset: chosen.dataset, shots: 64 };
    expect(createTuningSchema.parse(requestOf(chosen))).toEqual(createTuningSchema.parse(empty));
    expect(tuningErrors(chosen)).toEqual({});
  });

  it('leaves out what was left empty', () => {
    const request = requestOf({ ...chosen, name: '  ', shots: [], seeds: [], validDataset: null });
    for (const field of ['name', 'template', 'shots', 'seed', 'validDataset', 'initAdapter']) {
      expect(request).not.toHaveProperty(field);
    }
    expect(tuningErrors({ ...chosen, shots: [], seeds: [] })).toEqual({});
  });

  it('gives facts about items to the rec stage, which change no estimate', () => {
    const items = 'ds_01jdgq5v5v5v5v5v5v5v5v5v5y';
    expect(createTuningSchema.parse(requestOf({ ...chosen, items }))).toMatchObject({ items });
    expect(requestsToEstimate({ ...chosen, items })).toEqual(requestsToEstimate(chosen));
    expect(tuningErrors({ ...chosen, items, stage: 'alpaca' })).toHaveProperty('items');
  });

  it('says in plain words, at the field, what is wrong', () => {
    expect(Object.keys(tuningErrors(initialValues())).sort()).toEqual(['dataset', 'model']);
    const hyperParameters = { ...chosen.hyperParameters, learningRate: -1, epochs: 1.5, loraModules: [] };
    const errors = tuningErrors({ ...chosen, hyperParameters });
    expect(Object.keys(errors).sort()).toEqual([
      'hyperParameters.epochs',
      'hyperParameters.learningRate',
      'hyperParameters.loraModules',
    ]);
    for (const words of Object.values(errors)) expect(words).not.toMatch(/expected|invalid|zod|array/i);
  });

  it.each([
    [{ shots: ['16', '0'] }, { shots: 'It has to be at least 1.' }],
    [{ shots: ['many'] }, { shots: 'Only whole numbers.' }],
    [{ seeds: ['1.5'] }, { seeds: 'Only whole numbers.' }],
    [{ seeds: Array.from({ length: 31 }, (_, at) => String(at)) }, { seeds: 'At most 30 tunings at once.' }],
  ])('refuses among several values %j', (change, errors) => {
    expect(tuningErrors({ ...chosen, ...change })).toEqual(errors);
  });

  it('has presets that the API takes, and knows which one is filled in', () => {
    const [request] = requestsOf({ ...chosen, ...PRESETS.quick });
    expect(createTuningSchema.parse(request)).toMatchObject({ shots: 16, hyperParameters: { maxSteps: 10 } });
    expect([isOf(chosen, PRESETS.paper), isOf(chosen, PRESETS.quick)]).toEqual([true, false]);
    expect(isOf({ ...chosen, ...PRESETS.quick, name: 'mine' }, PRESETS.quick)).toBe(true);
    expect(isOf({ ...chosen, shots: ['8'] }, PRESETS.paper)).toBe(false);
  });

  it.each([
    [20, 6, true],
    [6, 6, true],
    [2, 10, false],
    [0, 1, false],
    [20, '', false],
    ['', 5, false],
  ])('with %j steps of warm-up of %j warns: %j', (warmup, steps, warned) => {
    expect(isAllWarmup(warmup, steps)).toBe(warned);
  });

  it('shows what the API says of a seed at the seeds', () => {
    expect(ofForm({ seed: 'no', dataset: 'gone' })).toEqual({ seeds: 'no', dataset: 'gone' });
  });
});

describe('several numbers of examples and seeds', () => {
  const sweep = { ...chosen, shots: ['16', '64', 'all'], seeds: ['0', '1'] };

  it('make a tuning of each with each, named by them', () => {
    const requests = requestsOf(sweep, 'films');
    expect(requests.map(({ shots, seed }) => [shots, seed])).toEqual([
      ...[
        [16, 0],
        [16, 1],
        [64, 0],
        [64, 1],
      ],
      ...[
        [undefined, 0],
        [undefined, 1],
      ],
    ]);
    expect(requests.map(({ name }) => name)).toEqual([
      ...['films, K 16, seed 0', 'films, K 16, seed 1', 'films, K 64, seed 0', 'films, K 64, seed 1'],
      ...['films, all examples, seed 0', 'films, all examples, seed 1'],
    ]);
    for (const request of requests) expect(createTuningSchema.safeParse(request).success).toBe(true);
  });

  it('are named by what differs alone, behind the name that was given, which is cut and not what tells them apart', () => {
    const ofSeeds = requestsOf({ ...chosen, name: 'mine', seeds: ['3', '4'] });
    expect(ofSeeds.map(({ name }) => name)).toEqual(['mine, seed 3', 'mine, seed 4']);
    for (const request of requestsOf({ ...sweep, name: 'x'.repeat(100) })) {
      expect(request.name).toMatch(/^x+, (K 16|K 64|all examples), seed [01]$/);
      expect(createTuningSchema.safeParse(request).success).toBe(true);
    }
  });

  it('are estimated once for each number of examples, whatever their names and priorities', () => {
    const asked = requestsToEstimate(sweep);
    expect(asked.map(({ shots }) => shots)).toEqual([16, 64, undefined]);
    expect(requestsToEstimate({ ...sweep, priority: 7, wait: true, seeds: ['0', '9'], name: 'other' })).toEqual(asked);
    for (const request of asked) expect(createTuningSchema.safeParse(request).success).toBe(true);
  });
});
