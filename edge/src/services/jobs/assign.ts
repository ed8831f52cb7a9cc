// Gives queued jobs to free nodes, and takes them back from nodes that went away. The record says who is free and what waits, so all
// of it can be called at any time, any number of times.
import { TallrecError } from '@tallrec/shared/errors';
import type { Deps } from '../../deps.ts';
import { AT_WORK, avoidNode, findJob, type JobRow, listJobsAtWork, listQueuedJobs } from '../../repo/jobs.ts';
import { listAllConnectedNodes, type NodeRow } from '../../repo/routing.ts';
import { afterChunk } from './batch.ts';
import { describeJob } from './describe.ts';
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
  if (!job || job.fence !== fence || !(AT_WORK as readonly string[]).includes(job.state)) return;
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
