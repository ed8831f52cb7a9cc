import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import { ADAPTER_FILES } from '@tallrec/shared/wire/adapters';
import type { Job, JobAdapter, JobData } from '@tallrec/shared/wire/link';
import type { Deps } from '../../deps.ts';
import { findAdapter } from '../../repo/adapters.ts';
import { findDataset } from '../../repo/datasets.ts';
import { findEvaluation } from '../../repo/evaluations.ts';
import { jobKind, NO_MODEL } from '../../repo/jobs.ts';
import { findTuning } from '../../repo/tunings.ts';
import { places } from '../../storage/places.ts';
import { signedPath } from '../../storage/signed-path.ts';
import { signedAdapter } from '../adapters/signed.ts';

type DescribeDeps = Pick<Deps, 'db' | 'clock' | 'secrets'>;

/** Reports and predictions; far more than any of them has. */
const MAX_RESULT_BYTES = 1024 * 1024 * 1024;

/**
 * The frame by which a node gets a job: what to do, where to fetch and where to send, signed under this fence.
 * @throws TallrecError NOT_FOUND when something that it needs has been deleted
 */
export async function describeJob(deps: DescribeDeps, id: string, fence: number): Promise<Job> {
  const exp = deps.clock.nowMs() + LIMITS.jobUrlTtlMs;
  const result = (file: string, maxBytes: number = MAX_RESULT_BYTES) =>
    signedPath(deps, { op: 'put-result', key: places.jobResult(id, fence, file), maxBytes, job: id, fence, exp });

  if (jobKind(id) === 'tuning') {
    const row = (await findTuning(deps.db, id))!;
    return {
      kind: 'tune',
      id,
      fence,
      model: row.model,
      settings: row.settings,
      train: await jobData(deps, row.dataset, 'train', exp),
      valid: row.validDataset ? await jobData(deps, row.validDataset, 'all', exp) : null,
      init: await jobAdapter(deps, row.initAdapter),
      results: {
        configPath: await result(ADAPTER_FILES.config, LIMITS.jsonBodyBytes),
        weightsPath: await result(ADAPTER_FILES.weights, LIMITS.adapterBytes),
        reportPath: await result('report.json'),
      },
    };
  }
  const row = (await findEvaluation(deps.db, id))!;
  const { method, shots, seed, hyperParameters } = row;
  return {
    kind: 'evaluate',
    id,
    fence,
    model: row.model === NO_MODEL ? null : row.model,
    fit: method === null ? null : { method, shots, seed: seed ?? 0, hyperParameters },
    template: row.template,
    limit: row.limit,
    data: await jobData(deps, row.dataset, row.split, exp),
    train: row.trainDataset ? await jobData(deps, row.trainDataset, 'train', exp) : null,
    valid: row.validDataset ? await jobData(deps, row.validDataset, 'all', exp) : null,
    instructions: row.instructionsDataset ? await jobData(deps, row.instructionsDataset, 'all', exp) : null,
    adapter: await jobAdapter(deps, row.adapter),
    results: { predictionsPath: await result('predictions.jsonl') },
  };
}

async function jobData(deps: DescribeDeps, dataset: string, split: JobData['split'], exp: number): Promise<JobData> {
  const row = await findDataset(deps.db, dataset);
  if (!row)
    throw new TallrecError('NOT_FOUND', `The dataset ${dataset} has been deleted.`, { fix: 'Upload it again.' });
  const path = await signedPath(deps, { op: 'get', key: places.datasetRows(dataset), exp });
  return { kind: row.kind, sampling: row.sampling, split, path };
}

async function jobAdapter(deps: DescribeDeps, id: string | null): Promise<JobAdapter | null> {
  if (id === null) return null;
  const row = await findAdapter(deps.db, id);
  if (!row)
    throw new TallrecError('NOT_FOUND', `The adapter ${id} has been deleted.`, { fix: 'Tune or import it again.' });
  return signedAdapter(deps, row);
}
