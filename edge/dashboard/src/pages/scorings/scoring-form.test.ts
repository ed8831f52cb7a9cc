import { createScoringSchema } from '@tallrec/shared/wire/scorings';
import { describe, expect, it } from 'vitest';
import { initialValues, requestOf, scoringErrors, withDataset } from './scoring-form.ts';

const id = (mark: string) => `ds_01jdgq5v5v5v5v5v5v5v5v5v5${mark}`;
const chosen = initialValues({ model: 'tallrec-movies', dataset: id('v') });

describe('the form of a batch scoring', () => {
  it('begins with what the API would take by itself', () => {
    const empty = { model: chosen.model, dataset: chosen.dataset };
    expect(createScoringSchema.parse(requestOf(chosen))).toEqual(createScoringSchema.parse(empty));
    expect(scoringErrors(chosen)).toEqual({});
  });

  it('sends the catalogue and how many of it with the ranking alone', () => {
    const filledIn = { ...chosen, catalogue: id('w'), top: 5 };
    expect(scoringErrors(filledIn)).toEqual({});
    expect(requestOf(filledIn)).not.toHaveProperty('catalogue');
    expect(requestOf({ ...filledIn, task: 'rank' })).toMatchObject({ task: 'rank', catalogue: id('w'), top: 5 });
  });

  it('gives facts about items to an adapter alone', () => {
    const filledIn = { ...chosen, items: id('w') };
    expect(requestOf(filledIn)).not.toHaveProperty('items');
    expect(requestOf({ ...filledIn, adapter: 'production' })).toMatchObject({ items: id('w') });
    expect(scoringErrors({ ...filledIn, adapter: 'production' })).toEqual({});
  });

  it('ranks the items of the dataset itself, unless another catalogue was chosen', () => {
    const first = { ...initialValues({}), ...withDataset(initialValues({}), id('v')) };
    expect(first.catalogue).toBe(id('v'));
    expect(withDataset(first, id('w'))).toEqual({ dataset: id('w'), catalogue: id('w') });
    expect(withDataset({ ...first, catalogue: id('x') }, id('w'))).toEqual({ dataset: id('w') });
    expect(chosen.catalogue).toBe(id('v'));
  });

  it('says at the field what is missing or too much', () => {
    expect(Object.keys(scoringErrors(initialValues({}))).sort()).toEqual(['dataset', 'model']);
    const ranking = { ...chosen, task: 'rank' as const, catalogue: null };
    expect(Object.keys(scoringErrors(ranking))).toEqual(['catalogue']);
    expect(Object.keys(scoringErrors({ ...ranking, dataset: null })).sort()).toEqual(['catalogue', 'dataset']);
    expect(Object.keys(scoringErrors({ ...ranking, catalogue: id('w'), top: 5000 }))).toEqual(['top']);
  });
});
