import { TallrecError } from '@tallrec/shared/errors';
import type { Deps } from '../../deps.ts';
import { places } from '../../storage/places.ts';
import { getTuning } from './get.ts';

/** `report.json` as the node wrote it. */
export async function tuningReport(deps: Pick<Deps, 'db' | 'bucket'>, id: string): Promise<R2ObjectBody> {
  const { fence, state } = await getTuning(deps, id);
  const object = state === 'succeeded' ? await deps.bucket.get(places.jobResult(id, fence, 'report.json')) : null;
  if (!object) {
    throw new TallrecError('ILLEGAL_STATE', `${id} is ${state}: there is no report.`, {
      fix: 'A tuning leaves its report when it succeeds.',
    });
  }
  return object;
}
