// A process that is started again when it ends, after pauses that grow while it does not stay.

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Whatever has run for so long has stayed. */
const STAYED_MS = 60_000;

export interface KeptProcess {
  /** Resolves with words on how it ended. */
  readonly exited: Promise<string>;
}

export interface KeepRunningOptions<P extends KeptProcess> {
  start: () => P;
  /** Is told how it ended, and in how many ms it is started again. */
  onEnd: (how: string, pauseMs: number) => void;
  /** Resolves after so many ms, or early where `stopped` has become true. */
  pause: (ms: number) => Promise<void>;
  nowMs: () => number;
  /** Whether it is to end for good. */
  stopped: () => boolean;
}

/** @param first the process as it runs now; resolves once it has ended and is to be started no more */
export async function keepRunning<P extends KeptProcess>(first: P, options: KeepRunningOptions<P>): Promise<void> {
  const { start, onEnd, pause, nowMs, stopped } = options;
  let pauseMs = FIRST_PAUSE_MS;
  for (let process = first; ; process = start()) {
    const startedMs = nowMs();
    const how = await process.exited;
    if (stopped()) return;
    if (nowMs() - startedMs >= STAYED_MS) pauseMs = FIRST_PAUSE_MS;
    onEnd(how, pauseMs);
    await pause(pauseMs);
    if (stopped()) return;
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
}
