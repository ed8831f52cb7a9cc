// What a job tells on its way to the edge: gathered for a moment, numbered when it is sent, kept until the edge has it.
import { LIMITS } from '@tallrec/shared/limits';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import type { NodeFrame } from '@tallrec/shared/wire/link';

const FRAME_EVENTS = 500;
const FRAME_CHARACTERS = LIMITS.frameBytes / 4;
/** Sent and not acknowledged; more of them wait for their numbers. */
const MAX_UNDER_WAY = 5_000;
/** Without a number yet; beyond it, steps are thinned. */
const MAX_WAITING = 10_000;

export interface EventOutboxOptions {
  job: string;
  fence: number;
  /** @returns false when there is no connection */
  send: (frame: NodeFrame) => boolean;
  gatherMs: number;
}

export class EventOutbox {
  readonly #options: EventOutboxOptions;
  /** Numbered, and not acknowledged. */
  #underWay: NodeEvent[] = [];
  /** The number of the first of them. */
  #firstSeq = 1;
  #waiting: NodeEvent[] = [];
  /** Of the steps that wait, one in so many is kept. */
  #stride = 1;
  #steps = 0;
  #seqAtLastLook = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EventOutboxOptions) {
    this.#options = options;
  }

  add(event: NodeEvent): void {
    if (event.type === 'step' && this.#steps++ % this.#stride > 0) return;
    const last = this.#waiting.at(-1);
    if (event.type === 'progress' && last?.type === 'progress' && last.phase === event.phase) this.#waiting.pop();
    this.#waiting.push(event);
    if (this.#waiting.length > MAX_WAITING) this.#thin();
    this.#timer ??= setTimeout(() => this.flush(), this.#options.gatherMs);
  }

  /** Sends what has no number yet. */
  flush({ all = false } = {}): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#waiting.length > 0 && (all || this.#underWay.length < MAX_UNDER_WAY)) {
      const events = frameful(this.#waiting);
      if (!this.#send(this.#firstSeq + this.#underWay.length, events)) return;
      this.#waiting.splice(0, events.length);
      this.#underWay.push(...events);
    }
    if (this.#waiting.length === 0) [this.#stride, this.#steps] = [1, 0];
  }

  /** Sends all that is not acknowledged again, and what is new. */
  repeat({ all = false } = {}): void {
    for (let at = 0; at < this.#underWay.length; ) {
      const events = frameful(this.#underWay.slice(at, at + FRAME_EVENTS));
      if (!this.#send(this.#firstSeq + at, events)) return;
      at += events.length;
    }
    this.flush({ all });
  }

  /** Looks now and then whether anything comes through; where nothing did since the last look, it is sent again. */
  repeatIfStuck(): void {
    if (this.#underWay.length > 0 && this.#seqAtLastLook === this.#firstSeq) this.repeat();
    this.#seqAtLastLook = this.#firstSeq;
  }

  acknowledged(seq: number): void {
    const known = Math.min(seq - this.#firstSeq + 1, this.#underWay.length);
    if (known <= 0) return;
    this.#underWay.splice(0, known);
    this.#firstSeq += known;
    this.flush();
  }

  /** @returns what the edge has not acknowledged */
  close(): NodeEvent[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const untold = [...this.#underWay, ...this.#waiting];
    this.#waiting = [];
    this.#underWay = [];
    return untold;
  }

  #send(seq: number, events: NodeEvent[]): boolean {
    const { job, fence } = this.#options;
    return this.#options.send({ type: 'events', job, fence, seq, events });
  }

  /** Every second step of a long wait goes: a curve keeps its form, and a number once given stays. */
  #thin(): void {
    let steps = 0;
    this.#waiting = this.#waiting.filter(({ type }) => type !== 'step' || steps++ % 2 === 0);
    this.#stride *= 2;
    this.#steps = 0;
  }
}

/** As many of the first events as fit into a frame, at least one. */
function frameful(events: readonly NodeEvent[]): NodeEvent[] {
  let [count, characters] = [0, 0];
  while (count < events.length && count < FRAME_EVENTS) {
    characters += JSON.stringify(events[count]).length;
    if (count > 0 && characters > FRAME_CHARACTERS) break;
    count++;
  }
  return events.slice(0, count);
}
