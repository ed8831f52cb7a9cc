import { TallrecError } from '@tallrec/shared/errors';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import type { Deps } from '../../deps.ts';
import { findEvaluation } from '../../repo/evaluations.ts';
import { toEvaluation } from './view.ts';

export async function getEvaluation(deps: Pick<Deps, 'db'>, id: string): Promise<Evaluation> {
  const row = await findEvaluation(deps.db, id);
  if (!row)
    throw new TallrecError('NOT_FOUND', `There is no evaluation ${id}.`, { fix: 'GET /v1/evaluations lists them.' });
  return toEvaluation(row);
}
