// An evaluation as the API shows it.
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import type { EvaluationRow } from '../../repo/evaluations.ts';

export function toEvaluation(row: EvaluationRow): Evaluation {
  const { attempts, instance, createdAt, updatedAt, ...shown } = row;
  return { ...shown, createdAt: new Date(createdAt).toISOString(), updatedAt: new Date(updatedAt).toISOString() };
}
