import { evaluatedMethodSchema } from '@tallrec/shared/methods';
import { createEvaluationSchema } from '@tallrec/shared/wire/evaluations';
import { describe, expect, it } from 'vitest';
import { askedFor, evaluationErrors, initialValues, requestOf } from './evaluation-form.ts';

const dataset = 'ds_01jdgq5v5v5v5v5v5v5v5v5v5v';
const trainDataset = 'ds_01jdgq5v5v5v5v5v5v5v5v5v5w';
const instructionsDataset = 'ds_01jdgq5v5v5v5v5v5v5v5v5v5x';

describe('the form of an evaluation', () => {
  it.each(evaluatedMethodSchema.options)(
    'asks for all that %s needs, and for nothing that the API refuses',
    (method) => {
      const values = { ...initialValues({ method, dataset }), model: 'tiny', trainDataset, instructionsDataset };
      expect(evaluationErrors(values)).toEqual({});
      expect(createEvaluationSchema.parse(requestOf(values))).toMatchObject({ method, dataset });
    },
  );

  it('judges a model as it is, or an adapter, by what was chosen before', () => {
    const values = initialValues({ model: 'tiny', adapter: 'production', dataset });
    expect(requestOf(values)).toMatchObject({ model: 'tiny', adapter: 'production', dataset, split: 'test' });
    // The adapter's own template holds unless another is chosen.
    expect(requestOf({ ...values, template: 'tallrec' })).toMatchObject({ template: 'tallrec' });
    for (const field of ['template', 'method', 'shots', 'seed', 'hyperParameters', 'trainDataset']) {
      expect(requestOf(values)).not.toHaveProperty(field);
    }
    expect(evaluationErrors(values)).toEqual({});
  });

  it('gives facts about items to an adapter, or to a method with a blend', () => {
    const items = 'ds_01jdgq5v5v5v5v5v5v5v5v5v5y';
    const values = { ...initialValues({ model: 'tiny', adapter: 'production', dataset }), items };
    expect(createEvaluationSchema.parse(requestOf(values))).toMatchObject({ items });
    expect(requestOf({ ...values, adapter: null })).not.toHaveProperty('items');
    for (const method of evaluatedMethodSchema.options) {
      const fit = { ...values, subject: 'method' as const, method, trainDataset, instructionsDataset };
      expect(evaluationErrors(fit)).toEqual({});
      expect('items' in requestOf(fit)).toBe(method.includes('blend'));
    }
  });

  it('says everything that is missing at once, in plain words', () => {
    expect(Object.keys(evaluationErrors(initialValues())).sort()).toEqual(['dataset', 'model']);
    const tallrec = { ...initialValues({ method: 'tallrec' }), limit: 0 };
    const errors = evaluationErrors(tallrec);
    expect(Object.keys(errors).sort()).toEqual(['dataset', 'instructionsDataset', 'limit', 'model', 'trainDataset']);
    for (const words of Object.values(errors)) expect(words).not.toMatch(/expected|invalid|zod|string/i);
    expect(evaluationErrors({ ...initialValues(), subject: 'method' })).toHaveProperty('method');
  });

  it('leaves out what a choice no longer asks for', () => {
    const values = {
      ...initialValues({ method: 'tallrec', dataset }),
      model: 'tiny',
      trainDataset,
      instructionsDataset,
    };
    const rule = { ...values, method: 'history-share' as const };
    expect(requestOf(rule)).toEqual({
      dataset,
      split: 'test',
      priority: 0,
      wait: false,
      method: 'history-share',
      seed: 0,
    });
    expect(askedFor(rule)).toMatchObject({ model: false, shots: false, recipe: false, trainDataset: null });
  });
});
