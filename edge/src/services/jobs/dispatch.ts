// Gives queued jobs to free nodes, with all that these need, and takes them back from nodes that went away. The record says who is free
// and what waits, so all of it can be called at any time, any number of times.
import { TallrecError } from '@tallrec/shared/errors';
import type { Job, JobAdapter, JobCheckpoint, JobData } from '@tallrec/shared/wire/link';
import type { Deps } from '../../deps.ts';
import { findAdapter } from '../../repo/adapters.ts';
import { findDataset } from '../../repo/datasets.ts';
import type { ChunkSpec, EvaluationSpec, ScoringSpec, TuningSpec } from '../../repo/job-record.ts';
import { AT_WORK, avoidNode, findJob, isAtWork, type JobRow, listJobsAtWork, listQueuedJobs } from '../../repo/jobs.ts';
import { listAllConnectedNodes, type NodeRow } from '../../repo/nodes.ts';
import { places, signedPath } from '../../storage/places.ts';
import { forced, signedAdapter } from '../adapters.ts';
import { factsOfJob } from '../item-facts.ts';
import { afterChunk } from './batch.ts';
import { changeState } from './state.ts';

/** A node that turns down what it is given is asked about so many more before it is left alone. */
const TRIES_PER_NODE = 5;

export type AssignDeps = Pick<Deps, 'db' | 'clock' | 'signing' | 'links' | 'feeds' | 'durations'>;

/** @param only this node, of those that are free */
export async function assignJobs(deps: AssignDeps, only?: string): Promise<void> {
  const free = await freeNodes(deps);
  for (const node of free) {
    if (only === undefined || node.id === only) await assignTo(deps, node, free);
  }
}

async function freeNodes(deps: AssignDeps): Promise<NodeRow[]> {
  const [nodes, atWork] = [await listAllConnectedNodes(deps.db), await listJobsAtWork(deps.db)];
  const busy = new Set(atWork.map(({ node }) => node));
  return nodes.filter(({ id, draining }) => !draining && !busy.has(id));
}

async function assignTo(deps: AssignDeps, node: NodeRow, free: readonly NodeRow[]): Promise<void> {
  const queued = await listQueuedJobs(deps.db, {
    node: node.id,
    models: node.status?.models.map(({ name }) => name) ?? [],
    workspace: node.workspace,
    nowMs: deps.clock.nowMs(),
    limit: TRIES_PER_NODE,
  });
  const mine = inOrderFor(node, queued, free);
  if (mine.length === 0 || !(await deps.links.isFree(node.id))) return;
  for (const job of mine) {
    if ((await dispatch(deps, job, node.id)) !== 'not taken') return;
  }
}

/** A job goes to the node that holds its latest checkpoint where that one is free too, else to any. */
function inOrderFor(node: NodeRow, queued: readonly JobRow[], free: readonly NodeRow[]): JobRow[] {
  const elsewhere = (job: JobRow) =>
    job.checkpointNode !== null && job.checkpointNode !== node.id && free.some(({ id }) => id === job.checkpointNode);
  return queued.filter((job) => !elsewhere(job));
}

/** The fence grows before the node hears of the job: two that try at once cannot both give it out. */
async function dispatch(deps: AssignDeps, job: JobRow, node: string): Promise<'given' | 'gone' | 'not taken'> {
  const nowMs = deps.clock.nowMs();
  const moved = await changeState(deps, job.id, {
    to: 'dispatched',
    from: ['queued'],
    fence: job.fence,
    nowMs,
    change: { node, dispatchedAt: nowMs },
    bumpFence: true,
    bumpAttempts: 1,
  });
  if (!moved) return 'gone';
  try {
    await deps.links.dispatch(node, await describeJob(deps, moved));
    return 'given';
  } catch (error) {
    if (!(error instanceof TallrecError)) throw error;
    const { code, message } = error;
    if (code !== 'NODE_UNAVAILABLE' && code !== 'NODE_BUSY') {
      await changeState(deps, job.id, { to: 'failed', fence: moved.fence, nowMs, error: { code, message } });
      return 'gone';
    }
    await giveBack(deps, moved, node, { code, message });
    return 'not taken';
  }
}

/** A job that a node did not take goes back to the queue; that counts for nothing, but others are asked first for a while. */
export async function giveBack(
  deps: Pick<Deps, 'db' | 'feeds' | 'clock' | 'durations'>,
  job: Pick<JobRow, 'id' | 'fence'>,
  node: string,
  error: NonNullable<JobRow['error']>,
): Promise<void> {
  const nowMs = deps.clock.nowMs();
  await avoidNode(deps.db, job.id, node, nowMs + 4 * deps.durations.stepRetryMs);
  await changeState(deps, job.id, { to: 'queued', from: AT_WORK, fence: job.fence, nowMs, bumpAttempts: -1, error });
}

/** So often a job is given out without getting further than before: what loses its node each time at the same place is at fault itself. */
const MAX_ATTEMPTS = 3;

export type LoseDeps = AssignDeps & Pick<Deps, 'drivers'>;

/** The lease of a node on a job has run out: the job goes back to the queue, or ends where that has happened too often. */
export async function loseJob(deps: LoseDeps, id: string, fence: number): Promise<void> {
  const job = await findJob(deps.db, id);
  if (!job || job.fence !== fence || !isAtWork(job)) return;
  const nowMs = deps.clock.nowMs();
  if (job.attempts >= MAX_ATTEMPTS) {
    await failLost(deps, job);
    return;
  }
  await changeState(deps, id, {
    to: 'queued',
    from: AT_WORK,
    fence,
    nowMs,
    change: { checkpointNode: job.node },
    error: {
      code: 'NODE_UNAVAILABLE',
      message: `The node ${job.node} went away; this waits for a node to go on with it.`,
    },
  });
  await assignJobs(deps);
}

/** After its nodes were lost, a job waits for another only so long. */
export function isOverdue(deps: Pick<Deps, 'clock' | 'durations'>, job: JobRow): boolean {
  return job.state === 'queued' && job.attempts > 0 && deps.clock.nowMs() - job.updatedAt >= deps.durations.retryWaitMs;
}

export async function failLost(deps: LoseDeps, job: JobRow): Promise<void> {
  const tries = job.attempts === 1 ? 'once' : `${job.attempts} times`;
  const moved = await changeState(deps, job.id, {
    to: 'failed',
    from: [...AT_WORK, 'queued'],
    fence: job.fence,
    nowMs: deps.clock.nowMs(),
    error: {
      code: 'NODE_UNAVAILABLE',
      message: `The node went away ${tries} while it worked on this at the same place, and no other took over. Look at the log of the node, then resume: it goes on from its last checkpoint.`,
    },
  });
  if (moved) await afterEnd(deps, moved);
}

/** Has whoever waits for the end of a job look at it. */
export async function afterEnd(deps: LoseDeps, job: JobRow): Promise<void> {
  if (job.kind === 'chunk') await afterChunk(deps, job);
  else if (job.instance) await deps.drivers.wake(job.id, job.instance);
}

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
    items: await factsOfJob(deps, row, spec.items),
    init: await jobAdapter(deps, row, spec.initAdapter, spec.force),
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
    items: await factsOfJob(deps, row, spec.items),
    adapter: await jobAdapter(deps, row, spec.adapter, spec.force),
    untuned: spec.untuned ?? false,
  };
}

async function scoreJob(deps: DescribeDeps, row: JobRow, { range, firstRow, rows }: ChunkSpec) {
  const batch = await findJob(deps.db, row.parent!);
  if (!batch) throw new TallrecError('NOT_FOUND', `The batch ${row.parent} has been deleted.`);
  const { dataset, adapter, items, template, force, catalogue, top } = batch.spec as ScoringSpec;
  return {
    kind: 'score' as const,
    model: row.model!,
    adapter: await jobAdapter(deps, row, adapter, force),
    items: await factsOfJob(deps, row, items),
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

async function jobAdapter(
  deps: DescribeDeps,
  job: JobRow,
  id: string | null,
  force = false,
): Promise<JobAdapter | null> {
  if (id === null) return null;
  const row = await findAdapter(deps.db, job.workspace, id);
  if (!row) {
    throw new TallrecError('NOT_FOUND', `The adapter ${id} has been deleted.`, { fix: 'Tune or import it again.' });
  }
  const signed = await signedAdapter(deps, row, { job: job.id, fence: job.fence });
  return force ? forced(signed) : signed;
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
