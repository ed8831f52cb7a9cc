// What nodes report of jobs: that they have taken one or cannot, what happens in it, how it ended; and what becomes of that.
import { TallrecError } from '@tallrec/shared/errors';
import type { JobError, NodeEvent } from '@tallrec/shared/wire/jobs';
import { checkpointFile, type JobOutcome, RESULT_FILES, type Verdict } from '@tallrec/shared/wire/link';
import type { Deps } from '../../deps.ts';
import type { JobResultRecord } from '../../repo/job-record.ts';
import { countResend, findJob, type JobRow, listResultFiles, setCheckpoint, setJobProgress } from '../../repo/jobs.ts';
import { places } from '../../storage/places.ts';
import { publishAdapter } from '../adapter-files.ts';
import { dropUploadsOf } from '../uploads.ts';
import { afterChunkProgress } from './batch.ts';
import { afterEnd, giveBack, type LoseDeps } from './dispatch.ts';
import { startDriver } from './lifecycle.ts';
import { changeState } from './state.ts';

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
  const checkpointed = events.findLast((event) => event.type === 'checkpointed');
  if (checkpointed) await keepCheckpoint(deps, job, checkpointed.step);
  return await deps.feeds.appendFrom(id, fence, seq, events);
}

/** The newest checkpoint that lies whole on the edge; those before it go. */
async function keepCheckpoint(deps: ReportDeps, job: JobRow, step: number): Promise<void> {
  const { id, fence, workspace } = job;
  if (job.checkpoint && job.checkpoint.step >= step) return;
  const run = places.jobResult(workspace, id, fence, '');
  const folder = run + checkpointFile(step, '');
  const sent = (await listResultFiles(deps.db, id, fence)).filter(({ key }) => key.startsWith(folder));
  if (sent.length === 0) return;
  const files = sent.map(({ key, bytes, sha256 }) => ({ file: key.slice(folder.length), bytes, sha256: sha256! }));
  if (!(await setCheckpoint(deps.db, id, fence, { step, fence, files }))) return;
  await dropUploadsOf(deps, workspace, id, (key) => {
    const [, run, at] = /\/(\d+)\/checkpoint-(\d+)\/[^/]+$/.exec(key) ?? [];
    return run === undefined || (Number(run) === fence && Number(at) >= step);
  });
}

/** So often a node is asked to send again what did not arrive as it was made. */
const MAX_RESENDS = 2;

type OutcomeDeps = LoseDeps & Pick<Deps, 'bucket'>;

/**
 * Writes down how a job ended. Under the job's present fence it counts even where the lease had run out meanwhile, or the job had been
 * given up as lost: nobody else has it. Saying it again changes nothing.
 * @returns what the node is to be told; null while the results are being published
 */
export async function recordOutcome(
  deps: OutcomeDeps,
  node: string,
  id: string,
  fence: number,
  outcome: JobOutcome,
): Promise<Verdict | null> {
  const row = await findJob(deps.db, id);
  if (!row || row.fence !== fence || row.node !== node) return 'superseded';
  if (row.state === 'publishing') return null;
  if (row.state === 'succeeded') return 'applied';
  if (row.state === 'cancelled' || row.state === 'deleting') return 'superseded';
  if (row.state === 'failed' && row.error?.code !== 'NODE_UNAVAILABLE') return 'applied';
  const nowMs = deps.clock.nowMs();
  if (outcome.status === 'succeeded') {
    if (!fits(row, outcome)) {
      const message = 'The node answered with the result of another kind of job. Update the node.';
      return await end(deps, row, { to: 'failed', error: { code: 'INTERNAL', message } });
    }
    if (row.kind === 'chunk') return await endChunk(deps, row, outcome);
    const moved = await changeState(deps, id, { to: 'publishing', fence, nowMs, change: { outcome } });
    // The Workflow of a job that had been given up has ended with it.
    if (moved && row.state === 'failed') await startDriver(deps, id);
    else if (moved?.instance) await deps.drivers.wake(id, moved.instance);
    return null;
  }
  if (row.state === 'failed') return 'applied';
  if (outcome.status === 'cancelled') return await end(deps, row, { to: 'cancelled', error: null });
  return await end(deps, row, { to: 'failed', error: outcome.error });
}

function fits(row: JobRow, outcome: Extract<JobOutcome, { status: 'succeeded' }>): boolean {
  const kinds = { tuning: 'tune', evaluation: 'evaluate', chunk: 'score', scoring: null } as const;
  return kinds[row.kind] === outcome.result.kind;
}

async function end(
  deps: OutcomeDeps,
  row: JobRow,
  { to, error }: { to: 'failed' | 'cancelled'; error: JobError | null },
): Promise<Verdict> {
  const { id, fence } = row;
  const moved = await changeState(deps, id, { to, fence, nowMs: deps.clock.nowMs(), error });
  if (!moved) return 'superseded';
  await afterEnd(deps, moved);
  return 'applied';
}

/** A piece's predictions count once they lie whole in their place; there is nothing to copy. */
async function endChunk(
  deps: OutcomeDeps,
  row: JobRow,
  outcome: Extract<JobOutcome, { status: 'succeeded' }>,
): Promise<Verdict> {
  const { id, fence, workspace } = row;
  const sent = await listResultFiles(deps.db, id, fence);
  const { rows, tokens, bytes } = outcome.result as Extract<typeof outcome.result, { kind: 'score' }>;
  const whole = sent.some(
    (file) => file.key === places.jobResult(workspace, id, fence, RESULT_FILES.predictions) && file.bytes === bytes,
  );
  if (!whole || (row.spec.kind === 'chunk' && rows !== row.spec.rows)) {
    const message = 'The predictions did not arrive as the node made them.';
    if (row.resends >= MAX_RESENDS)
      return await end(deps, row, { to: 'failed', error: { code: 'CHECKSUM_MISMATCH', message } });
    await countResend(deps.db, id);
    await dropUploadsOf(deps, workspace, id);
    return 'retry';
  }
  const result: JobResultRecord = { kind: 'chunk', rows, tokens, bytes, fence };
  const moved = await changeState(deps, id, { to: 'succeeded', fence, nowMs: deps.clock.nowMs(), change: { result } });
  if (!moved) return 'superseded';
  await afterEnd(deps, moved);
  return 'applied';
}

/**
 * Puts in its place what a node has sent, as a durable step: a fault of the storage is thrown and the step tries again, for it says
 * nothing of the bytes. Only bytes that are not those announced are asked for again, and given up in the end.
 * @returns `again` where the node has to send once more
 */
export async function publishJob(deps: OutcomeDeps, id: string): Promise<'done' | 'again'> {
  const row = await findJob(deps.db, id);
  if (row?.state !== 'publishing' || row.outcome?.status !== 'succeeded') return 'done';
  const { fence, node } = row;
  try {
    const result = await publish(deps, row, row.outcome.result);
    const moved = await changeState(deps, id, {
      to: 'succeeded',
      fence,
      nowMs: deps.clock.nowMs(),
      change: { result, outcome: null, checkpoint: null, checkpointNode: null },
    });
    if (!moved) return 'done';
    await dropScraps(deps, moved);
    if (node) await deps.links.verdict(node, id, fence, 'applied');
    return 'done';
  } catch (error) {
    if (!(error instanceof TallrecError)) throw error;
    return await refuseResult(deps, row, { code: error.code, message: error.message });
  }
}

async function publish(
  deps: OutcomeDeps,
  row: JobRow,
  result: Extract<JobOutcome, { status: 'succeeded' }>['result'],
): Promise<JobResultRecord> {
  const { id, fence, workspace } = row;
  if (result.kind === 'tune' && row.spec.kind === 'tuning') {
    await requireFile(deps, row, RESULT_FILES.report);
    const { settings, items = null } = row.spec;
    const { name, model, createdBy } = row;
    const run = { workspace, job: id, fence, name, model: model!, createdBy, settings, items };
    await publishAdapter(deps, run, result);
    const { adapter, bestValidAuc, stopReason } = result;
    return { kind: 'tuning', adapter, bestValidAuc, stopReason, fence };
  }
  if (result.kind === 'evaluate') {
    await requireFile(deps, row, RESULT_FILES.predictions);
    return { kind: 'evaluation', report: result.report, fence };
  }
  throw new TallrecError('INTERNAL', 'The node answered with the result of another kind of job.');
}

async function requireFile(deps: OutcomeDeps, { workspace, id, fence }: JobRow, file: string): Promise<void> {
  const key = places.jobResult(workspace, id, fence, file);
  if ((await listResultFiles(deps.db, id, fence)).some((sent) => sent.key === key)) return;
  throw new TallrecError('CHECKSUM_MISMATCH', `${file} did not arrive as the node made it.`);
}

async function refuseResult(deps: OutcomeDeps, row: JobRow, error: JobError): Promise<'done' | 'again'> {
  const { id, fence, node, resends, workspace } = row;
  const nowMs = deps.clock.nowMs();
  if (node && resends < MAX_RESENDS) {
    await dropUploadsOf(deps, workspace, id);
    const change = { outcome: null, resends: resends + 1 };
    if (await changeState(deps, id, { to: 'running', fence, nowMs, change, error })) {
      await deps.links.verdict(node, id, fence, 'retry');
      return 'again';
    }
    return 'done';
  }
  await changeState(deps, id, { to: 'failed', fence, nowMs, change: { outcome: null }, error });
  if (node) await deps.links.verdict(node, id, fence, 'applied');
  return 'done';
}

/** Of all that runs of this job have sent, the report and the predictions that count stay. */
async function dropScraps(deps: OutcomeDeps, { workspace, id, fence }: JobRow): Promise<void> {
  const kept = [RESULT_FILES.report, RESULT_FILES.predictions].map((file) =>
    places.jobResult(workspace, id, fence, file),
  );
  await dropUploadsOf(deps, workspace, id, (key) => kept.includes(key));
}
