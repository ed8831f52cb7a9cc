// An evaluation as the API shows it.
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import type { EvaluationRow } from '../../repo/evaluations.ts';
import { NO_MODEL } from '../../repo/jobs.ts';

export function toEvaluation(row: EvaluationRow): Evaluation {
  const { attempts, instance, createdAt, updatedAt, ...shown } = row;
  return {
    ...shown,
    ...(row.model === NO_MODEL ? { model: null, template: null } : {}),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}
