import type { JobProgress } from '@tallrec/shared/wire/link';
import type { Deps } from '../../deps.ts';
import { appendTuningEvents, jobKind, setEvaluationProgress } from '../../repo/jobs.ts';

/** @returns false when the fence no longer holds: then nothing was written */
export async function recordProgress(
  deps: Pick<Deps, 'db' | 'clock'>,
  job: string,
  fence: number,
  progress: JobProgress,
): Promise<boolean> {
  if ((progress.kind === 'tune') !== (jobKind(job) === 'tuning')) return false;
  if (progress.kind === 'tune') {
    const { events } = progress;
    return appendTuningEvents(deps.db, { tuning: job, fence, events, nowMs: deps.clock.nowMs() });
  }
  const { kind: _, ...rest } = progress;
  return setEvaluationProgress(deps.db, { evaluation: job, fence, ...rest });
}
