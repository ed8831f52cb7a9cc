import { TallrecError } from '@tallrec/shared/errors';
import type { JobOutcome } from '@tallrec/shared/wire/link';
import { isTerminal, type JobError } from '@tallrec/shared/wire/tunings';
import type { Deps } from '../../deps.ts';
import { findJob, jobKind, moveJob } from '../../repo/jobs.ts';
import { publishAdapter } from '../adapters/publish.ts';

/** Writes how a job ended. Saying it again, under a fence that no longer holds, or for another node's job, changes nothing. */
export async function recordOutcome(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock'>,
  node: string,
  id: string,
  fence: number,
  outcome: JobOutcome,
): Promise<void> {
  const job = await findJob(deps.db, id);
  if (!job || isTerminal(job.state) || job.fence !== fence || job.node !== node) return;
  const nowMs = deps.clock.nowMs();
  const fail = (error: JobError) => moveJob(deps.db, id, { to: 'failed', fence, nowMs, error });
  if (outcome.status === 'cancelled') {
    await moveJob(deps.db, id, { to: 'cancelled', fence, nowMs });
  } else if (outcome.status === 'failed') {
    await fail(outcome.error);
  } else if (outcome.result.kind === 'tune' && jobKind(id) === 'tuning') {
    const { result } = outcome;
    try {
      await publishAdapter(deps, id, fence, result);
    } catch (error) {
      if (!(error instanceof TallrecError)) throw error;
      await fail({ code: error.code, message: error.message });
      return;
    }
    const { adapter, bestValidAuc, stopReason } = result;
    await moveJob(deps.db, id, { to: 'succeeded', fence, nowMs, change: { adapter, bestValidAuc, stopReason } });
  } else if (outcome.result.kind === 'evaluate' && jobKind(id) === 'evaluation') {
    const { report } = outcome.result;
    await moveJob(deps.db, id, { to: 'succeeded', fence, nowMs, report });
  } else {
    await fail({
      code: 'INTERNAL',
      message: 'The node answered with the result of another kind of job. Update the node.',
    });
  }
}
