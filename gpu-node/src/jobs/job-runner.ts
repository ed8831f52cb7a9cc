// One job at a time: takes jobs from the edge, has each done, and owes the edge its outcome until that has said what became of it.
import { TallrecError } from '@tallrec/shared/errors';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import type { Job, JobOutcome, NodeFrame, Verdict } from '@tallrec/shared/wire/link';
import { LRUCache } from 'lru-cache';
import { EventOutbox } from './event-outbox.ts';
import { failureOf, isPassing, isStale, wordsOf } from './job-faults.ts';
import type { JobRecord, JobStore } from './job-store.ts';
import type { JobSuccess, JobWork } from './job-work.ts';

export interface JobRunnerOptions {
  store: JobStore;
  work: JobWork;
  /** @returns false when there is no connection */
  send: (frame: NodeFrame) => boolean;
  log: (line: string) => void;
  nowMs: () => number;
  /** Events of this long go into one frame. */
  gatherMs?: number;
}

/** A job that the edge may still ask about. */
interface Held {
  record: JobRecord;
  events: EventOutbox;
  /** Whether the record is on disk as it stands. */
  saved: boolean;
  /** Whether the outcome has been sent before. */
  told: boolean;
  delivery: { controller: AbortController; ended: Promise<void> } | undefined;
}

type GivenUp = 'cancelled' | 'superseded' | 'suspended';

interface Running {
  held: Held;
  controller: AbortController;
  stop: AbortController;
  givenUp: GivenUp | undefined;
  ended: Promise<void>;
}

export class JobRunner {
  readonly #options: JobRunnerOptions;
  /** In the order of arrival. */
  readonly #held = new Map<string, Held>();
  /** Events of jobs that were given up, which the edge has not got: whoever goes on with the job here tells them. */
  readonly #untold = new LRUCache<string, NodeEvent[]>({ max: 8 });
  #running: Running | undefined;
  /** Jobs start only while the edge can be reached. */
  #open = false;
  /** Changes go one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  get runningJob(): string | null {
    return this.#running?.held.record.job.id ?? null;
  }

  /**
   * Takes up the outcomes that an earlier run of the service owes, however long ago that was: the edge decides what becomes of them.
   * A job that it was in the middle of is not announced, so the edge sees that it was lost and gives it out again; whoever gets it
   * here goes on from its checkpoint.
   */
  async restore(): Promise<void> {
    const { store, nowMs, log } = this.#options;
    for (const record of await store.loadOwed(nowMs(), log)) this.#hold(record);
  }

  /** On every new connection: says which jobs are here and which outcomes are owed, then goes on with them. */
  connected(): void {
    this.#open = true;
    for (const { record } of this.#held.values()) this.#sendAccepted(record.job);
    for (const held of this.#held.values()) {
      if (!held.record.outcome || !held.told) held.events.repeat();
      this.#owe(held);
    }
    this.#startNext();
  }

  /** Outcomes of which the edge has not said what became of them, again; and whatever could not be done at the first try. */
  repeat(): void {
    for (const held of this.#held.values()) {
      if (!held.record.outcome) held.events.repeatIfStuck();
      else {
        if (!held.saved) void this.#save(held);
        this.#owe(held);
      }
    }
  }

  /** Answers `accepted` once the job is on disk, or `declined` with the reason why it could not be taken. */
  accept(job: Job): Promise<void> {
    return this.#inTurn(async () => {
      const known = this.#held.get(job.id);
      if (known && known.record.job.fence > job.fence) return;
      if (known && known.record.job.fence === job.fence) {
        this.#sendAccepted(job);
        this.#owe(known);
        return;
      }
      try {
        await this.#take(job, known);
      } catch (error) {
        const message = wordsOf(error);
        this.#options.log(`${job.kind} job ${job.id} (fence ${job.fence}) declined: ${message}`);
        const declined = { type: 'declined', job: job.id, fence: job.fence } as const;
        this.#options.send({ ...declined, error: { code: 'NODE_UNAVAILABLE', message } });
      }
    });
  }

  /** @param older the same job under an older fence: what it came to by then need not be done again */
  async #take(job: Job, older: Held | undefined): Promise<void> {
    const made = older?.record.outcome?.status === 'succeeded';
    if (older && !made) {
      await this.#release(older);
      if (this.#running?.held === older) await this.#giveUpRunning('superseded');
    }
    const outcome = made ? older.record.outcome : null;
    const record: JobRecord = { job, outcome, delivered: false, settled: false };
    await this.#options.store.save(record);
    if (older) await this.#release(older);
    const held = this.#hold(record);
    this.#options.log(`${job.kind} job ${job.id} (fence ${job.fence}) taken`);
    this.#sendAccepted(job);
    if (outcome) this.#owe(held);
    else this.#startNext();
  }

  /** What has ended is not cancelled any more: of that the edge says by its verdict what it makes of it. */
  cancel(id: string, fence: number): Promise<void> {
    return this.#inTurn(async () => {
      const held = this.#held.get(id);
      if (!held || held.record.job.fence > fence || held.record.outcome) return;
      if (this.#running?.held === held) await this.#giveUpRunning('cancelled');
      else await this.#finish(held, { status: 'cancelled' });
    });
  }

  /** Ends a job soon, with the best of what it has. */
  stop(id: string, fence: number): Promise<void> {
    return this.#inTurn(async () => {
      const held = this.#held.get(id);
      if (!held || held.record.job.fence > fence || held.record.outcome) return;
      held.record.job.stopping = true;
      if (this.#running?.held === held) this.#running.stop.abort();
    });
  }

  /** The edge has events up to this number. */
  acknowledged(id: string, fence: number, seq: number): void {
    const held = this.#held.get(id);
    if (held?.record.job.fence === fence) held.events.acknowledged(seq);
  }

  /** The edge says what became of an outcome: only now may what was made be deleted. */
  verdict(id: string, fence: number, verdict: Verdict): Promise<void> {
    return this.#inTurn(async () => {
      const held = this.#held.get(id);
      if (held?.record.job.fence !== fence) return;
      if (verdict === 'retry') {
        if (held.record.outcome?.status !== 'succeeded') return;
        this.#options.log(`job ${id} (fence ${fence}): its results did not arrive whole, they are sent again`);
        held.record.delivered = false;
        this.#owe(held);
        return;
      }
      if (this.#running?.held === held) await this.#giveUpRunning('superseded');
      await this.#release(held);
      if (held.record.outcome) await this.#options.store.settle(held.record);
    });
  }

  /** Gives up all work but keeps checkpoints: the edge is out of reach for a lease, or the service is going down. */
  suspend(): Promise<void> {
    return this.#inTurn(async () => {
      this.#open = false;
      await this.#giveUpRunning('suspended');
      for (const held of this.#held.values()) {
        if (!held.record.outcome) await this.#release(held);
        await this.#stopDelivery(held);
        if (!held.saved) await this.#save(held);
      }
    });
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#last
      .then(change)
      .catch((error) => this.#options.log(`a change of jobs failed: ${String(error)}`));
    this.#last = turn;
    return turn;
  }

  #sendAccepted({ id, fence }: Job): void {
    this.#options.send({ type: 'accepted', job: id, fence });
  }

  #hold(record: JobRecord): Held {
    const { id: job, fence } = record.job;
    const { send, gatherMs = 300 } = this.#options;
    const events = new EventOutbox({ job, fence, send, gatherMs });
    const held: Held = { record, events, saved: true, told: false, delivery: undefined };
    // It goes on from a checkpoint behind these; what they tell is told nowhere else.
    for (const event of this.#untold.get(job) ?? []) events.add(event);
    this.#untold.delete(job);
    this.#held.delete(job);
    this.#held.set(job, held);
    return held;
  }

  async #release(held: Held): Promise<void> {
    this.#held.delete(held.record.job.id);
    const untold = held.events.close().filter(({ type }) => type !== 'checkpointed');
    if (untold.length > 0 && !held.record.settled) this.#untold.set(held.record.job.id, untold);
    await this.#stopDelivery(held);
  }

  async #giveUpRunning(reason: GivenUp): Promise<void> {
    const running = this.#running;
    if (!running) return;
    running.givenUp ??= reason;
    running.controller.abort();
    await running.ended;
  }

  #startNext(): void {
    if (this.#running || !this.#open) return;
    const held = [...this.#held.values()].find(({ record }) => !record.outcome);
    if (!held) return;
    const [controller, stop] = [new AbortController(), new AbortController()];
    const running: Running = { held, controller, stop, givenUp: undefined, ended: Promise.resolve() };
    this.#running = running;
    running.ended = this.#run(running).finally(() => {
      this.#running = undefined;
      this.#startNext();
    });
  }

  async #run(running: Running): Promise<void> {
    const { held, controller, stop } = running;
    const { job } = held.record;
    if (job.stopping) stop.abort();
    const onEvent = (event: NodeEvent) => held.events.add(event);
    let outcome: JobOutcome;
    try {
      const result = await this.#options.work.run(job, { signal: controller.signal, stop: stop.signal, onEvent });
      outcome = { status: 'succeeded', result };
    } catch (error) {
      // Asked to stop, and it had nothing yet to keep.
      const nothing = stop.signal.aborted && error instanceof TallrecError && error.code === 'CANCELLED';
      outcome = nothing ? { status: 'cancelled' } : failureOf(error);
    }
    if (running.givenUp === 'cancelled') outcome = { status: 'cancelled' };
    else if (running.givenUp) {
      this.#options.log(`job ${job.id} (fence ${job.fence}) ${running.givenUp}`);
      return;
    }
    await this.#finish(held, outcome);
  }

  /** Never throws: what cannot be saved is kept in memory, and the edge is told all the same. */
  async #finish(held: Held, outcome: JobOutcome): Promise<void> {
    const { job } = held.record;
    held.record.outcome = outcome;
    held.record.delivered = outcome.status !== 'succeeded';
    await this.#save(held);
    const words = outcome.status === 'failed' ? `failed: ${outcome.error.message}` : outcome.status;
    this.#options.log(`job ${job.id} (fence ${job.fence}) ${words}`);
    this.#owe(held);
  }

  async #save(held: Held): Promise<void> {
    try {
      await this.#options.store.save(held.record);
      held.saved = true;
    } catch (error) {
      held.saved = false;
      this.#options.log(`the outcome of job ${held.record.job.id} could not be saved: ${wordsOf(error)}`);
    }
  }

  /** What the edge is owed of an ended job: its results, then its last events and the outcome, until there is a verdict. */
  #owe(held: Held): void {
    const { job, outcome, delivered } = held.record;
    if (!outcome || held.delivery || !this.#held.has(job.id)) return;
    if (delivered) {
      if (held.told) held.events.repeat({ all: true });
      else held.events.flush({ all: true });
      held.told = true;
      this.#options.send({ type: 'finished', job: job.id, fence: job.fence, outcome });
    } else if (outcome.status === 'succeeded' && this.#open) {
      held.events.flush();
      const controller = new AbortController();
      const ended = this.#deliver(held, outcome.result, controller.signal);
      held.delivery = { controller, ended };
      void ended.finally(() => {
        held.delivery = undefined;
        // Where it did not come to its end, the next beat tries again.
        if (held.record.delivered && !controller.signal.aborted) this.#owe(held);
      });
    }
  }

  /** Never throws. */
  async #deliver(held: Held, result: JobSuccess['result'], signal: AbortSignal): Promise<void> {
    const { record } = held;
    const { id, fence } = record.job;
    try {
      await this.#options.work.deliver(record.job, result, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (isPassing(error)) {
        this.#options.log(`the results of job ${id} (fence ${fence}) could not be sent yet: ${wordsOf(error)}`);
        return;
      }
      // Where nobody waits under this fence, the verdict says so.
      if (!isStale(error)) record.outcome = failureOf(error);
    }
    record.delivered = true;
    await this.#save(held);
  }

  async #stopDelivery({ delivery }: Held): Promise<void> {
    delivery?.controller.abort();
    await delivery?.ended;
  }
}
