// The form of a new batch scoring: its values, and the request that they make.

import type { Template } from '@tallrec/shared/prompt';
import type { DatasetKind } from '@tallrec/shared/wire/datasets';
import { type CreateScoring, createScoringSchema } from '@tallrec/shared/wire/scorings';
import type { z } from 'zod';
import { fieldErrors, filled } from '../../parts/field-errors.ts';
import { texts } from '../../texts.ts';

/** What a number field holds. */
type NumberValue = number | string;

export interface ScoringValues {
  name: string;
  task: CreateScoring['task'];
  dataset: string | null;
  catalogue: string | null;
  top: NumberValue;
  model: string | null;
  adapter: string | null;
  /** Facts about items. */
  items: string | null;
  /** None is that of the adapter. */
  template: Template | null;
  priority: NumberValue;
  wait: boolean;
}

export function initialValues(chosen: Partial<ScoringValues>): ScoringValues {
  return {
    name: '',
    task: 'score',
    dataset: null,
    catalogue: chosen.dataset ?? null,
    top: '',
    model: null,
    adapter: null,
    items: null,
    template: null,
    priority: 0,
    wait: false,
    ...chosen,
  };
}

/** What belongs to ranking alone, or to an adapter, is kept in the form, and not sent without it. */
export function requestOf({
  name,
  catalogue,
  top,
  items,
  ...rest
}: ScoringValues): z.input<typeof createScoringSchema> {
  const ranking = rest.task === 'rank' ? { catalogue, top } : {};
  const facts = rest.adapter === null ? {} : { items };
  return filled({ name: name.trim(), ...rest, ...facts, ...ranking }) as z.input<typeof createScoringSchema>;
}

export function scoringErrors(values: ScoringValues): Record<string, string> {
  // What fields have to do with each other is looked at by the schema once each is right by itself.
  const alone = values.task === 'rank' && values.catalogue === null ? { catalogue: texts.fields.missing } : {};
  return { ...fieldErrors(createScoringSchema, requestOf(values)), ...alone };
}

/** What the rows of each task may come from. */
export const ROW_KINDS: Record<CreateScoring['task'], readonly DatasetKind[]> = {
  score: ['interactions', 'samples'],
  rank: ['interactions', 'samples'],
};
export const CATALOGUE_KINDS: readonly DatasetKind[] = ['items', 'interactions', 'samples'];

/** A dataset brings its own items along as the catalogue, unless another one was chosen for that. */
export function withDataset(values: ScoringValues, dataset: string | null): Partial<ScoringValues> {
  const own = values.catalogue === null || values.catalogue === values.dataset;
  return { dataset, ...(own ? { catalogue: dataset } : {}) };
}
