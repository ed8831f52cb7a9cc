import { TallrecError } from '@tallrec/shared/errors';
import type { Deps } from '../../deps.ts';
import { places } from '../../storage/places.ts';
import { getEvaluation } from './get.ts';

/** One JSON document a row, in the order of the dataset. */
export async function evaluationPredictions(deps: Pick<Deps, 'db' | 'bucket'>, id: string): Promise<R2ObjectBody> {
  const { fence, state } = await getEvaluation(deps, id);
  const key = places.jobResult(id, fence, 'predictions.jsonl');
  const object = state === 'succeeded' ? await deps.bucket.get(key) : null;
  if (!object) {
    throw new TallrecError('ILLEGAL_STATE', `${id} is ${state}: there are no predictions.`, {
      fix: 'An evaluation leaves them when it succeeds.',
    });
  }
  return object;
}
