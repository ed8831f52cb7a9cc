import { createTuningSchema } from '@tallrec/shared/wire/tunings';
import { describe, expect, it } from 'vitest';
import { initialValues, requestOf, tuningErrors } from './tuning-form.ts';

const chosen = { ...initialValues(), model: 'tallrec-movies', dataset: 'ds_01jdgq5v5v5v5v5v5v5v5v5v5v' };

describe('the form of a tuning', () => {
  it('begins with what the API would take by itself', () => {
    const empty = { model: chosen.model, dataset: chosen.dataset, shots: 64 };
    expect(createTuningSchema.parse(requestOf(chosen))).toEqual(createTuningSchema.parse(empty));
    expect(tuningErrors(chosen)).toEqual({});
  });

  it('leaves out what was left empty', () => {
    const request = requestOf({ ...chosen, name: '  ', shots: '', validDataset: null });
    for (const field of ['name', 'shots', 'validDataset', 'initAdapter']) expect(request).not.toHaveProperty(field);
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
});
