// What the record shows of a job's progress, from the events of its node.
import type { JobEvent } from '@tallrec/shared/wire/jobs';
import type { JobProgressRecord } from '../repo/job-record.ts';

const UNKNOWN = { step: 0, totalSteps: 0, loss: null, validAuc: null, etaMs: null };

export function progressAfter(before: JobProgressRecord | null, event: JobEvent): JobProgressRecord | null {
  const tuning = before?.kind === 'tuning' ? before : { kind: 'tuning' as const, ...UNKNOWN };
  switch (event.type) {
    case 'started':
      return { ...tuning, step: event.step, totalSteps: event.totalSteps };
    case 'step': {
      const { step, totalSteps, loss, etaMs } = event;
      return { ...tuning, step, totalSteps, loss, etaMs };
    }
    case 'evaluated':
      return { ...tuning, validAuc: event.validAuc };
    case 'progress': {
      const { phase, done, total, etaMs } = event;
      return { kind: 'evaluation', phase, done, total, etaMs };
    }
    default:
      return before;
  }
}

/** Rows are reached after all that a method learned from. */
const SCORING = 1_000_000_000;

/** How far a job has got, as a number that grows: what lies beyond the furthest yet is progress. */
export function reachedBy(event: JobEvent): number {
  if (event.type === 'step') return event.step;
  if (event.type === 'progress') return event.phase === 'score' ? SCORING + event.done : event.done;
  return 0;
}
