import { TallrecError } from '@tallrec/shared/errors';
import { isTerminal } from '@tallrec/shared/wire/tunings';
import type { Deps } from '../../deps.ts';
import { findJob, type JobRow, moveJob } from '../../repo/jobs.ts';
import { chooseFreeNode } from '../nodes/choose.ts';
import { describeJob } from './describe.ts';

/** A lost node takes one try with it; a job is given out once more. */
const MAX_ATTEMPTS = 2;

export type Advance = 'ended' | 'waiting';

type AdvanceDeps = Pick<Deps, 'db' | 'clock' | 'secrets' | 'links' | 'durations'>;

/**
 * Looks at a job and does what is next: gives it to a node, or takes it back from one that was lost. Whatever happened before,
 * it goes by the record and by the leases alone, so it can be called at any time, any number of times.
 */
export async function advanceJob(deps: AdvanceDeps, id: string): Promise<Advance> {
  let job = await findJob(deps.db, id);
  if (!job || isTerminal(job.state)) return 'ended';
  if (job.state !== 'queued') {
    if (job.node && (await deps.links.holds(job.node, id, job.fence))) return 'waiting';
    await takeBack(deps, job);
    job = await findJob(deps.db, id);
    if (!job || isTerminal(job.state)) return 'ended';
    if (job.state !== 'queued') return 'waiting';
  }
  const node = await chooseFreeNode(deps, job.model);
  if (node) await dispatch(deps, job, node);
  else if (isOverdue(deps, job)) return failLost(deps, job);
  return 'waiting';
}

/** After its node was lost, a job waits for another only so long. */
export function isOverdue(deps: Pick<Deps, 'clock' | 'durations'>, job: JobRow): boolean {
  return job.state === 'queued' && job.attempts > 0 && deps.clock.nowMs() - job.updatedAt >= deps.durations.retryWaitMs;
}

async function takeBack(deps: AdvanceDeps, job: JobRow): Promise<void> {
  if (job.attempts >= MAX_ATTEMPTS) {
    await failLost(deps, job);
    return;
  }
  await moveJob(deps.db, job.id, {
    to: 'queued',
    fence: job.fence,
    nowMs: deps.clock.nowMs(),
    change: { node: null },
    error: {
      code: 'NODE_UNAVAILABLE',
      message: `The node ${job.node} went away; this waits for a node to go on with it.`,
    },
  });
}

async function failLost(deps: AdvanceDeps, job: JobRow): Promise<Advance> {
  const tries = job.attempts === 1 ? 'once' : `${job.attempts} times`;
  await moveJob(deps.db, job.id, {
    to: 'failed',
    fence: job.fence,
    nowMs: deps.clock.nowMs(),
    error: {
      code: 'NODE_UNAVAILABLE',
      message: `The node went away ${tries} while it worked on this, and no other took over. Look at the log of the node, then resume: it goes on from its last checkpoint where that node has one.`,
    },
  });
  return 'ended';
}

/** The fence grows before the node hears of the job: two that try at once cannot both give it out. */
async function dispatch(deps: AdvanceDeps, job: JobRow, node: string): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const moved = await moveJob(deps.db, job.id, {
    to: 'dispatched',
    fence: job.fence,
    nowMs,
    change: { node },
    bump: { fence: 1, attempts: 1 },
  });
  if (!moved) return;
  const { fence } = moved;
  try {
    await deps.links.dispatch(node, await describeJob(deps, job.id, fence));
  } catch (error) {
    if (!(error instanceof TallrecError)) throw error;
    if (error.code === 'NODE_UNAVAILABLE' || error.code === 'NODE_BUSY') {
      await moveJob(deps.db, job.id, { to: 'queued', fence, nowMs, change: { node: null }, bump: { attempts: -1 } });
    } else {
      await moveJob(deps.db, job.id, {
        to: 'failed',
        fence,
        nowMs,
        error: { code: error.code, message: error.message },
      });
    }
  }
}
