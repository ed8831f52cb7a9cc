import { TallrecError } from '@tallrec/shared/errors';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import type { CreateTuning, Tuning } from '@tallrec/shared/wire/tunings';
import type { Deps } from '../../deps.ts';
import { insertTuning } from '../../repo/tunings.ts';
import { resolveAdapter } from '../adapters/resolve.ts';
import { checkDataset } from '../jobs/check-dataset.ts';
import { queuedJob } from '../jobs/queued.ts';
import { startDriver } from '../jobs/start.ts';
import { toTuning } from './view.ts';

/** @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED, ADAPTER_INVALID */
export async function createTuning(
  deps: Pick<Deps, 'db' | 'clock' | 'newId' | 'drivers'>,
  { name, model, dataset, validDataset, initAdapter, ...rest }: CreateTuning,
): Promise<Tuning> {
  const settings = tuningSettingsSchema.parse(rest);
  const kinds = settings.stage === 'alpaca' ? (['instructions'] as const) : (['samples', 'interactions'] as const);
  const train = await checkDataset(deps, dataset, kinds, 'dataset');
  if (validDataset) await checkDataset(deps, validDataset, kinds, 'validDataset');
  const init = initAdapter === undefined ? undefined : await resolveAdapter(deps, initAdapter, model);
  if (train.stats && train.stats.rows < 2) {
    throw new TallrecError('VALIDATION_FAILED', `dataset: ${dataset} holds ${train.stats.rows} rows.`, {
      fix: 'A tuning needs at least two: one to learn from and one to judge by.',
    });
  }
  const id = deps.newId('tuning');
  const row = await insertTuning(deps.db, {
    ...queuedJob(deps.clock.nowMs()),
    id,
    name: name ?? `${settings.stage} on ${train.name}`.slice(0, 100),
    model,
    dataset,
    validDataset: validDataset ?? null,
    initAdapter: init?.id ?? null,
    settings,
    adapter: null,
    bestValidAuc: null,
    stopReason: null,
  });
  // A request that is repeated under its Idempotency-Key finds the tuning there, and the Workflow perhaps not.
  if (row.instance === null) await startDriver(deps, id);
  return toTuning(row);
}
