// One job at a time: takes jobs from the edge, runs each in an engine process of its own, and owes the edge an outcome until it is recorded.
import type { Job, JobOutcome, JobProgress, NodeFrame } from '@tallrec/shared/wire/link';
import { describeFault } from './engine-calls.ts';
import type { JobRecord, JobStore } from './job-store.ts';
import { ProgressBuffer } from './progress-buffer.ts';

/** Runs one job to its outcome. What it does after an abort is not looked at, but a checkpoint may lie on disk then. */
export type RunJob = (
  job: Job,
  context: { signal: AbortSignal; progress: (progress: JobProgress) => void },
) => Promise<JobOutcome>;

export interface JobRunnerOptions {
  store: JobStore;
  runJob: RunJob;
  /** @returns false when there is no connection */
  send: (frame: NodeFrame) => boolean;
  log: (line: string) => void;
  nowMs: () => number;
  /** Progress of this long goes into one frame. */
  progressMs?: number;
}

type StopReason = 'cancelled' | 'superseded' | 'suspended';

interface Running {
  record: JobRecord;
  controller: AbortController;
  stopReason: StopReason | undefined;
  ended: Promise<void>;
}

export class JobRunner {
  readonly #options: JobRunnerOptions;
  /** Every job the edge may still ask about, in the order of arrival. */
  readonly #records = new Map<string, JobRecord>();
  readonly #progress: ProgressBuffer;
  #running: Running | undefined;
  /** Jobs start only while the edge can be reached. */
  #open = false;
  /** Changes to the records go one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    this.#progress = new ProgressBuffer(options.send, options.progressMs ?? 300);
  }

  get runningJob(): string | null {
    return this.#running?.record.job.id ?? null;
  }

  /**
   * Takes up the outcomes that an earlier run of the service owes. A job that it was in the middle of is not announced, so the
   * edge sees that it was lost and gives it out again; whoever gets it here goes on from its checkpoint.
   */
  async restore(): Promise<void> {
    for (const record of await this.#options.store.loadOwed(this.#options.nowMs()))
      this.#records.set(record.job.id, record);
  }

  /** On every new connection: says which jobs are here and which outcomes are owed, then goes on with them. */
  connected(): void {
    this.#open = true;
    for (const { job, outcome } of this.#records.values()) {
      if (!outcome) this.#options.send({ type: 'accepted', job: job.id, fence: job.fence });
    }
    this.repeatOutcomes();
    this.#progress.flush();
    this.#startNext();
  }

  /** Outcomes that the edge has not confirmed, again. */
  repeatOutcomes(): void {
    for (const { job, outcome } of this.#records.values()) {
      if (outcome) this.#options.send({ type: 'finished', job: job.id, fence: job.fence, outcome });
    }
  }

  accept(job: Job): Promise<void> {
    return this.#inTurn(async () => {
      const known = this.#records.get(job.id);
      if (known && known.job.fence > job.fence) return;
      if (known && known.job.fence === job.fence) {
        if (!known.outcome) this.#options.send({ type: 'accepted', job: job.id, fence: job.fence });
        return;
      }
      this.#records.delete(job.id);
      if (this.#running?.record.job.id === job.id) await this.#stopRunning('superseded');
      const record: JobRecord = { job, outcome: null, recorded: false };
      await this.#options.store.save(record);
      this.#records.set(job.id, record);
      this.#options.log(`${job.kind} job ${job.id} (fence ${job.fence}) taken`);
      this.#options.send({ type: 'accepted', job: job.id, fence: job.fence });
      this.#startNext();
    });
  }

  cancel(id: string, fence: number): Promise<void> {
    return this.#inTurn(async () => {
      const record = this.#records.get(id);
      if (!record || record.job.fence > fence || record.outcome) return;
      if (this.#running?.record === record) {
        await this.#stopRunning('cancelled');
      } else {
        await this.#finish(record, { status: 'cancelled' });
      }
    });
  }

  /** The edge has the outcome. */
  recorded(id: string, fence: number): Promise<void> {
    return this.#inTurn(async () => {
      const record = this.#records.get(id);
      if (!record?.outcome || record.job.fence > fence) return;
      this.#records.delete(id);
      await this.#options.store.settle(record);
    });
  }

  /** Gives up all work but keeps checkpoints: the edge is out of reach for a lease, or the service is going down. */
  suspend(): Promise<void> {
    return this.#inTurn(async () => {
      this.#open = false;
      await this.#stopRunning('suspended');
      for (const { job, outcome } of this.#records.values()) if (!outcome) this.#records.delete(job.id);
    });
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(change);
    this.#last = turn.catch((error) => this.#options.log(`a change of jobs failed: ${String(error)}`));
    return turn;
  }

  async #stopRunning(reason: StopReason): Promise<void> {
    const running = this.#running;
    if (!running) return;
    running.stopReason ??= reason;
    running.controller.abort();
    await running.ended;
  }

  #startNext(): void {
    if (this.#running || !this.#open) return;
    const record = [...this.#records.values()].find(({ outcome }) => !outcome);
    if (!record) return;
    const controller = new AbortController();
    const running: Running = { record, controller, stopReason: undefined, ended: Promise.resolve() };
    this.#running = running;
    running.ended = this.#run(running).finally(() => {
      this.#running = undefined;
      this.#startNext();
    });
  }

  async #run(running: Running): Promise<void> {
    const { record, controller } = running;
    const { job } = record;
    const progress = (part: JobProgress) => this.#progress.add(job, part);
    let outcome: JobOutcome;
    try {
      outcome = await this.#options.runJob(job, { signal: controller.signal, progress });
    } catch (error) {
      outcome = { status: 'failed', error: describeFault(error) };
    }
    this.#progress.flush();
    if (running.stopReason === 'cancelled') outcome = { status: 'cancelled' };
    else if (running.stopReason) {
      this.#options.log(`job ${job.id} (fence ${job.fence}) ${running.stopReason}`);
      return;
    }
    await this.#finish(record, outcome);
  }

  async #finish(record: JobRecord, outcome: JobOutcome): Promise<void> {
    const { job } = record;
    record.outcome = outcome;
    await this.#options.store.save(record);
    const words = outcome.status === 'failed' ? `failed: ${outcome.error.message}` : outcome.status;
    this.#options.log(`job ${job.id} (fence ${job.fence}) ${words}`);
    this.#options.send({ type: 'finished', job: job.id, fence: job.fence, outcome });
  }
}
