// What an evaluation judges, in words.
import { methodNamed } from '@tallrec/shared/methods';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import { formatNumber } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';

const words = texts.evaluations.subjects;

export type Judged = Pick<Evaluation, 'method' | 'adapter' | 'model'>;

/** @param adapter its own, where it is known */
export function subjectOf({ method, adapter: id, model }: Judged, adapter?: Pick<Adapter, 'name'>): string {
  if (method !== null) return methodNamed(method).title;
  if (id !== null) return adapter?.name ?? id.slice(0, 8);
  return words.base(model ?? '');
}

/** With the shots and the seed of a method. */
export function subjectWithDraw(
  evaluation: Judged & Pick<Evaluation, 'shots' | 'seed'>,
  adapter?: Pick<Adapter, 'name'>,
) {
  const { shots, seed } = evaluation;
  return [
    subjectOf(evaluation, adapter),
    ...(shots === null ? [] : [words.shots(formatNumber(shots))]),
    ...(seed === null ? [] : [words.seed(String(seed))]),
  ].join(', ');
}
