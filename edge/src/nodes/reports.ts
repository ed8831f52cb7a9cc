// What a node says of its jobs, one use case a frame.
import type { JobError, NodeEvent } from '@tallrec/shared/wire/jobs';
import { checkpointFile } from '@tallrec/shared/wire/link';
import type { Deps } from '../deps.ts';
import { findJob, listResultFiles, setCheckpoint, setJobProgress } from '../repo/jobs.ts';
import { afterChunkProgress } from '../services/jobs/batch.ts';
import { giveBack } from '../services/jobs/dispatch.ts';
import { changeState } from '../services/jobs/state.ts';
import { dropUploadsOf } from '../services/uploads.ts';
import { places } from '../storage/places.ts';

type ReportDeps = Pick<Deps, 'db' | 'bucket' | 'clock' | 'feeds' | 'durations'>;

/**
 * A node has a job: just dispatched, or still after it was away.
 * @returns false when the job is no longer this node's, and is to be dropped there
 */
export async function jobAccepted(deps: ReportDeps, node: string, id: string, fence: number): Promise<boolean> {
  await changeState(deps, id, { to: 'running', from: ['dispatched'], fence, nowMs: deps.clock.nowMs() });
  const job = await findJob(deps.db, id);
  return job?.state === 'running' && job.fence === fence && job.node === node;
}

/** A node cannot take a job: it goes back to the queue with the node's words. */
export async function jobDeclined(
  deps: ReportDeps,
  node: string,
  id: string,
  fence: number,
  { code, message }: JobError,
): Promise<void> {
  const job = await findJob(deps.db, id);
  if (job?.fence !== fence || job.node !== node) return;
  await giveBack(deps, job, node, { code, message: `The node ${node} did not take it: ${message}` });
}

/**
 * @param leased whether the node's lease on the job holds
 * @returns the last number that is kept, or null where the job is no longer the node's
 */
export async function jobEvents(
  deps: ReportDeps,
  id: string,
  fence: number,
  seq: number,
  events: NodeEvent[],
  leased: boolean,
): Promise<number | null> {
  const job = await findJob(deps.db, id);
  if (job?.fence !== fence) return null;
  // Sent again behind the outcome, which told the last of them.
  if (job.state === 'publishing' || job.state === 'succeeded') return seq + events.length - 1;
  if (!leased) return null;
  if (job.kind === 'chunk') {
    const last = events.findLast((event) => event.type === 'progress');
    if (last) {
      const progress = { kind: 'chunk', done: last.done } as const;
      const known = { progress, reached: last.done, nowMs: deps.clock.nowMs() };
      if (!(await setJobProgress(deps.db, id, fence, known))) return null;
      await afterChunkProgress(deps, job.parent!);
    }
    return seq + events.length - 1;
  }
  for (const event of events) {
    if (event.type === 'checkpointed') await keepCheckpoint(deps, id, fence, event.step);
  }
  return await deps.feeds.appendFrom(id, fence, seq, events);
}

/** The newest checkpoint that lies whole on the edge; those before it go. */
async function keepCheckpoint(deps: ReportDeps, id: string, fence: number, step: number): Promise<void> {
  const job = await findJob(deps.db, id);
  if (job?.fence !== fence || (job.checkpoint && job.checkpoint.step >= step)) return;
  const run = places.jobResult(job.workspace, id, fence, '');
  const folder = run + checkpointFile(step, '');
  const sent = (await listResultFiles(deps.db, id, fence)).filter(({ key }) => key.startsWith(folder));
  if (sent.length === 0) return;
  const files = sent.map(({ key, bytes, sha256 }) => ({ file: key.slice(folder.length), bytes, sha256: sha256! }));
  if (!(await setCheckpoint(deps.db, id, fence, { step, fence, files }))) return;
  await dropUploadsOf(deps, job.workspace, id, (key) => {
    const [, run, at] = /\/(\d+)\/checkpoint-(\d+)\/[^/]+$/.exec(key) ?? [];
    return run === undefined || (Number(run) === fence && Number(at) >= step);
  });
}
