import { isTerminal, type SequencedEvent, sequencedEventSchema } from '@tallrec/shared/wire/tunings';
import type { Deps } from '../../deps.ts';
import { readTuningEvents } from '../../repo/tunings.ts';

const EVENTS_AT_ONCE = 200;
/** One invocation may ask the record only so often; a reader that comes back by its last id misses nothing. */
const LONGEST_MS = 5 * 60 * 1000;

export interface FollowOptions {
  afterSeq: number;
  /** Resolves after so many milliseconds. */
  pause: (durationMs: number) => Promise<void>;
  isGone: () => boolean;
}

/**
 * A tuning's events in order from the record, as they come, until it has ended or some minutes have passed; `undefined` now and then as a sign of life.
 * Readers set the pace: nothing is kept for one that lags.
 */
export async function* followTuning(
  deps: Pick<Deps, 'db' | 'clock' | 'durations'>,
  id: string,
  { afterSeq, pause, isGone }: FollowOptions,
): AsyncGenerator<SequencedEvent | undefined> {
  let last = afterSeq;
  const startedAtMs = deps.clock.nowMs();
  let spokeAtMs = startedAtMs;
  while (!isGone() && deps.clock.nowMs() - startedAtMs < LONGEST_MS) {
    const { state, events } = await readTuningEvents(deps.db, id, last, EVENTS_AT_ONCE);
    for (const { seq, at, event } of events) {
      yield sequencedEventSchema.parse({ seq, at: new Date(at).toISOString(), event });
      last = seq;
      spokeAtMs = deps.clock.nowMs();
    }
    if (events.length === EVENTS_AT_ONCE) continue;
    if (state === undefined || isTerminal(state)) return;
    if (deps.clock.nowMs() - spokeAtMs >= deps.durations.sseKeepAliveMs) {
      yield undefined;
      spokeAtMs = deps.clock.nowMs();
    }
    await pause(deps.durations.ssePollMs);
  }
}
