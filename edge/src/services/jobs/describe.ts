import { TallrecError } from '@tallrec/shared/errors';
import type { Job, JobAdapter, JobCheckpoint, JobData } from '@tallrec/shared/wire/link';
import type { Deps } from '../../deps.ts';
import { findAdapter } from '../../repo/adapters.ts';
import { findDataset } from '../../repo/datasets.ts';
import type { ChunkSpec, EvaluationSpec, ScoringSpec, TuningSpec } from '../../repo/job-record.ts';
import { findJob, type JobRow } from '../../repo/jobs.ts';
import { places, signedPath } from '../../storage/places.ts';
import { signedAdapter } from '../adapters.ts';

type DescribeDeps = Pick<Deps, 'db' | 'clock' | 'signing' | 'durations'>;

/**
 * The frame by which a node gets a job: what to do, where to fetch and where to send. All paths hold as long as the job's fence.
 * @throws TallrecError NOT_FOUND when something that it needs has been deleted
 */
export async function describeJob(deps: DescribeDeps, row: JobRow): Promise<Job> {
  const { spec } = row;
  const common = {
    id: row.id,
    fence: row.fence,
    resultsPath: await signedPath(deps, { op: 'put-results', job: row.id, fence: row.fence }),
    checkpoint: await checkpointOf(deps, row),
    checkpointEveryMs: deps.durations.checkpointUploadMs,
    stopping: row.stopping,
  };
  switch (spec.kind) {
    case 'tuning':
      return { ...common, ...(await tuneJob(deps, row, spec)) };
    case 'evaluation':
      return { ...common, ...(await evaluateJob(deps, row, spec)) };
    case 'chunk':
      return { ...common, ...(await scoreJob(deps, row, spec)) };
    case 'scoring':
      throw new Error(`${row.id} is given out in pieces`);
  }
}

async function tuneJob(deps: DescribeDeps, row: JobRow, spec: TuningSpec) {
  return {
    kind: 'tune' as const,
    model: row.model!,
    settings: spec.settings,
    train: await jobData(deps, row, spec.dataset, 'train'),
    valid: spec.validDataset ? await jobData(deps, row, spec.validDataset, 'all') : null,
    init: await jobAdapter(deps, row, spec.initAdapter),
  };
}

async function evaluateJob(deps: DescribeDeps, row: JobRow, spec: EvaluationSpec) {
  const { method, shots, seed, hyperParameters } = spec;
  return {
    kind: 'evaluate' as const,
    model: row.model,
    fit: method === null ? null : { method, shots, seed: seed ?? 0, hyperParameters },
    template: spec.template,
    limit: spec.limit,
    data: await jobData(deps, row, spec.dataset, spec.split),
    train: spec.trainDataset ? await jobData(deps, row, spec.trainDataset, 'train') : null,
    valid: spec.validDataset ? await jobData(deps, row, spec.validDataset, 'all') : null,
    instructions: spec.instructionsDataset ? await jobData(deps, row, spec.instructionsDataset, 'all') : null,
    adapter: await jobAdapter(deps, row, spec.adapter),
  };
}

async function scoreJob(deps: DescribeDeps, row: JobRow, { range, firstRow, rows }: ChunkSpec) {
  const batch = await findJob(deps.db, row.parent!);
  if (!batch) throw new TallrecError('NOT_FOUND', `The batch ${row.parent} has been deleted.`);
  const { dataset, adapter, template, catalogue, top } = batch.spec as ScoringSpec;
  return {
    kind: 'score' as const,
    model: row.model!,
    adapter: await jobAdapter(deps, row, adapter),
    template,
    data: await jobData(deps, row, dataset, 'all'),
    range,
    firstRow,
    rows,
    rank: catalogue && top ? { catalogue: await jobData(deps, row, catalogue, 'all'), top } : null,
  };
}

async function jobData(deps: DescribeDeps, job: JobRow, id: string, split: JobData['split']): Promise<JobData> {
  const row = await findDataset(deps.db, job.workspace, id);
  if (!row) throw new TallrecError('NOT_FOUND', `The dataset ${id} has been deleted.`, { fix: 'Upload it again.' });
  const path = await inputPath(deps, job, places.datasetRows(job.workspace, id));
  return { kind: row.kind, sampling: row.sampling, split, path };
}

async function jobAdapter(deps: DescribeDeps, job: JobRow, id: string | null): Promise<JobAdapter | null> {
  if (id === null) return null;
  const row = await findAdapter(deps.db, job.workspace, id);
  if (!row) {
    throw new TallrecError('NOT_FOUND', `The adapter ${id} has been deleted.`, { fix: 'Tune or import it again.' });
  }
  return signedAdapter(deps, row, { job: job.id, fence: job.fence });
}

async function checkpointOf(deps: DescribeDeps, job: JobRow): Promise<JobCheckpoint | null> {
  if (!job.checkpoint) return null;
  const { step, fence, files } = job.checkpoint;
  const signed = files.map(async (file) => ({
    ...file,
    path: await inputPath(deps, job, places.jobCheckpoint(job.workspace, job.id, fence, step, file.file)),
  }));
  return { step, files: await Promise.all(signed) };
}

function inputPath(deps: DescribeDeps, { id, fence }: JobRow, key: string): Promise<string> {
  return signedPath(deps, { op: 'get-input', key, job: id, fence });
}
