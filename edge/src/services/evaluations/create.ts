import type { CreateEvaluation, Evaluation } from '@tallrec/shared/wire/evaluations';
import type { Deps } from '../../deps.ts';
import { insertEvaluation } from '../../repo/evaluations.ts';
import { resolveAdapter } from '../adapters/resolve.ts';
import { checkDataset } from '../jobs/check-dataset.ts';
import { queuedJob } from '../jobs/queued.ts';
import { startDriver } from '../jobs/start.ts';
import { toEvaluation } from './view.ts';

/** @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED, ADAPTER_INVALID */
export async function createEvaluation(
  deps: Pick<Deps, 'db' | 'clock' | 'newId' | 'drivers'>,
  { name, model, adapter: ref, dataset, split, trainDataset, limit, template }: CreateEvaluation,
): Promise<Evaluation> {
  const kinds = ['samples', 'interactions'] as const;
  const { name: datasetName } = await checkDataset(deps, dataset, kinds, 'dataset');
  if (trainDataset) await checkDataset(deps, trainDataset, kinds, 'trainDataset');
  const adapter = ref === undefined ? undefined : await resolveAdapter(deps, ref, model);
  const id = deps.newId('evaluation');
  const row = await insertEvaluation(deps.db, {
    ...queuedJob(deps.clock.nowMs()),
    id,
    name: name ?? `${adapter?.name ?? model} on ${datasetName}`.slice(0, 100),
    model,
    dataset,
    adapter: adapter?.id ?? null,
    split,
    trainDataset: trainDataset ?? null,
    limit: limit ?? null,
    template,
    report: null,
  });
  if (row.instance === null) await startDriver(deps, id);
  return toEvaluation(row);
}
