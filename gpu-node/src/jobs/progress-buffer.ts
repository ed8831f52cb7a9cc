// Progress on its way to the edge: gathered for a moment, kept while there is no connection, bounded.
import type { TuningEvent } from '@tallrec/shared/tuning';
import type { Job, JobProgress, NodeFrame } from '@tallrec/shared/wire/link';

/** Events of one frame: about 250 bytes each. */
const FRAME_EVENTS = 500;
const KEPT_EVENTS = 20_000;

export class ProgressBuffer {
  readonly #send: (frame: NodeFrame) => boolean;
  readonly #gatherMs: number;
  #job: { id: string; fence: number } | undefined;
  #events: TuningEvent[] = [];
  #evaluation: Extract<JobProgress, { kind: 'evaluate' }> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (frame: NodeFrame) => boolean, gatherMs: number) {
    this.#send = send;
    this.#gatherMs = gatherMs;
  }

  add({ id, fence }: Job, progress: JobProgress): void {
    if (this.#job?.id !== id || this.#job.fence !== fence) {
      this.flush();
      this.#job = { id, fence };
      this.#events = [];
      this.#evaluation = undefined;
    }
    if (progress.kind === 'evaluate') {
      this.#evaluation = progress;
    } else {
      this.#events.push(...progress.events);
      if (this.#events.length > KEPT_EVENTS) this.#events.splice(0, this.#events.length - KEPT_EVENTS);
    }
    this.#timer ??= setTimeout(() => this.flush(), this.#gatherMs);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#job) return;
    const { id: job, fence } = this.#job;
    if (this.#evaluation && this.#send({ type: 'progress', job, fence, progress: this.#evaluation })) {
      this.#evaluation = undefined;
    }
    while (this.#events.length > 0) {
      const events = this.#events.slice(0, FRAME_EVENTS);
      if (!this.#send({ type: 'progress', job, fence, progress: { kind: 'tune', events } })) return;
      this.#events.splice(0, events.length);
    }
  }
}
