// The story of a job in its forms: as server-sent events, as one object in R2 once it has ended, as the progress that the record shows.
import { type JobEvent, type SequencedEvent, sequencedEventSchema } from '@tallrec/shared/wire/jobs';
import type { JobProgressRecord } from '../repo/job-record.ts';

const RECONNECT_MS = 1000;

export const SSE_HEADERS = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' } as const;
export const SSE_OPENING = `retry: ${RECONNECT_MS}\n\n`;
export const SSE_KEEP_ALIVE = ': still here\n\n';

export function sseText(events: readonly SequencedEvent[]): string {
  return events.map((event) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

/** One object, an event a line. */
export async function readKeptEvents(bucket: R2Bucket, key: string): Promise<SequencedEvent[]> {
  const object = await bucket.get(key);
  if (!object) return [];
  const lines = (await object.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => sequencedEventSchema.parse(JSON.parse(line)));
}

export async function writeKeptEvents(bucket: R2Bucket, key: string, events: readonly SequencedEvent[]): Promise<void> {
  await bucket.put(key, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

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
