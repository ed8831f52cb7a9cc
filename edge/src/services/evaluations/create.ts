import { methodNamed } from '@tallrec/shared/methods';
import type { CreateEvaluation, Evaluation } from '@tallrec/shared/wire/evaluations';
import type { Deps } from '../../deps.ts';
import { insertEvaluation } from '../../repo/evaluations.ts';
import { NO_MODEL } from '../../repo/jobs.ts';
import { resolveAdapter } from '../adapters/resolve.ts';
import { queuedJob } from '../jobs/queued.ts';
import { startDriver } from '../jobs/start.ts';
import { checkData } from './check-data.ts';
import { toEvaluation } from './view.ts';

/** @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED, ADAPTER_INVALID */
export async function createEvaluation(
  deps: Pick<Deps, 'db' | 'clock' | 'newId' | 'drivers'>,
  request: CreateEvaluation,
): Promise<Evaluation> {
  const { name, model, adapter: ref, dataset, split, limit, template, method } = request;
  const judgedOn = await checkData(deps, request);
  const adapter = ref === undefined ? undefined : await resolveAdapter(deps, ref, model);
  const what = [...(method ? [methodNamed(method).title] : []), adapter?.name ?? model].filter(Boolean).join(', ');
  const id = deps.newId('evaluation');
  const row = await insertEvaluation(deps.db, {
    ...queuedJob(deps.clock.nowMs()),
    id,
    name: name ?? `${what} on ${judgedOn.name}`.slice(0, 100),
    model: model ?? NO_MODEL,
    dataset,
    adapter: adapter?.id ?? null,
    split,
    trainDataset: request.trainDataset ?? null,
    limit: limit ?? null,
    template,
    method: method ?? null,
    shots: request.shots ?? null,
    seed: method ? (request.seed ?? 0) : null,
    validDataset: request.validDataset ?? null,
    instructionsDataset: request.instructionsDataset ?? null,
    hyperParameters: request.hyperParameters ?? null,
    report: null,
  });
  if (row.instance === null) await startDriver(deps, id);
  return toEvaluation(row);
}
