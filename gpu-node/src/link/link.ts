// The node's end of the link: dials, dials again, hands out what comes, and gives up its job with its lease.
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import { type EdgeFrame, LINK_VERSION, type NodeFrame } from '@tallrec/shared/wire/link';
import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import pRetry, { AbortError } from 'p-retry';
import type { JobRunner } from '../jobs/job-runner.ts';
import { BEATS_PER_LEASE, Connection, type Ending, upgradeRequired } from './connection.ts';
import { type RelayedApi, Requests } from './requests.ts';

export interface LinkOptions {
  edgeUrl: string;
  /** Asked at each dialling: it may have been rotated meanwhile. */
  secret: () => Promise<string>;
  api: RelayedApi;
  jobs: Pick<JobRunner, 'accept' | 'cancel' | 'stop' | 'verdict' | 'acknowledged' | 'connected' | 'repeat' | 'suspend'>;
  status: () => NodeStatus;
  log: (line: string) => void;
  onWelcome?: (node: string) => void;
  nowMs?: () => number;
  handshakeTimeoutMs?: number;
  minPauseMs?: number;
  maxPauseMs?: number;
  /** How long what it was asked may still take once it is to end. */
  drainMs?: number;
}

export class Link {
  readonly #options: Required<Omit<LinkOptions, 'onWelcome'>> & Pick<LinkOptions, 'onWelcome'>;
  #connection: Connection | undefined;
  #requests: Requests | undefined;
  #lastStatus = '';
  #heardAtMs: number;
  #suspended = false;
  #leaseMs: number = LIMITS.leaseMs;
  #beats: NodeJS.Timeout | undefined;

  constructor(options: LinkOptions) {
    this.#options = {
      nowMs: Date.now,
      handshakeTimeoutMs: 10_000,
      minPauseMs: 500,
      maxPauseMs: 15_000,
      drainMs: 5_000,
      ...options,
    };
    this.#heardAtMs = this.#options.nowMs();
  }

  send = (frame: NodeFrame): boolean => this.#connection?.send(frame) ?? false;

  /**
   * Keeps the link up until `signal` is aborted; then answers what it was asked before, and takes nothing new.
   * @throws TallrecError when dialling again would not help: the edge refuses the secret, one of the two has to be updated, the
   * node was removed, or it has connected from elsewhere
   */
  async run(signal: AbortSignal): Promise<void> {
    this.#setLease(LIMITS.leaseMs);
    const drain = () => void this.#drain();
    signal.addEventListener('abort', drain, { once: true });
    try {
      while (!signal.aborted) {
        const connection = await this.#dial(signal);
        const connectedAtMs = this.#options.nowMs();
        const ending = await connection.ended;
        this.#connection = undefined;
        this.#requests?.abortAll();
        this.#heardAtMs = connection.heardAtMs;
        if (signal.aborted) break;
        if (ending !== 'lost') throw lastWords(ending);
        this.#options.log('link: the connection was lost');
        // An edge that accepts and drops at once would otherwise be dialled without a pause.
        if (this.#options.nowMs() - connectedAtMs < this.#options.maxPauseMs) {
          await pause(this.#options.minPauseMs * (0.5 + Math.random()), signal);
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', drain);
      clearInterval(this.#beats);
      this.#connection?.close();
    }
  }

  async #drain(): Promise<void> {
    await this.#requests?.drain(this.#options.drainMs);
    this.#connection?.close();
  }

  /** The edge says how long a lease is; this side looks at it four times as often. */
  #setLease(leaseMs: number): void {
    this.#leaseMs = leaseMs;
    clearInterval(this.#beats);
    this.#beats = setInterval(() => this.#beat(), leaseMs / BEATS_PER_LEASE);
  }

  #dial(signal: AbortSignal): Promise<Connection> {
    const { edgeUrl, secret, api, log, nowMs, handshakeTimeoutMs } = this.#options;
    const onFrame = (frame: EdgeFrame) => this.#receive(frame);
    const onOpen = (connection: Connection) => {
      this.#connection = connection;
      this.#requests = new Requests(api, (frame) => connection.send(frame));
    };
    const open = async () => {
      const options = { edgeUrl, onOpen, onFrame, log, nowMs, handshakeTimeoutMs, signal };
      try {
        return await Connection.open({ ...options, secret: await secret() });
      } catch (error) {
        throw error instanceof TallrecError ? new AbortError(error) : error;
      }
    };
    return pRetry(open, {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: this.#options.minPauseMs,
      maxTimeout: this.#options.maxPauseMs,
      randomize: true,
      signal,
      onFailedAttempt: ({ error, attemptNumber }) => {
        if (attemptNumber === 1 || attemptNumber % 10 === 0) log(`link: ${error.message}; trying again`);
      },
    });
  }

  #receive(frame: EdgeFrame): void {
    const { jobs, onWelcome } = this.#options;
    switch (frame.type) {
      case 'welcome':
        this.#setLease(frame.leaseMs);
        this.#suspended = false;
        jobs.connected();
        this.#lastStatus = '';
        this.#sendStatus();
        onWelcome?.(frame.node);
        break;
      case 'request':
        void this.#requests?.answer(frame);
        break;
      case 'abort':
        this.#requests?.abort(frame.id);
        break;
      case 'job':
        void jobs.accept(frame.job);
        break;
      case 'cancel':
        void jobs.cancel(frame.job, frame.fence);
        break;
      case 'stop':
        void jobs.stop(frame.job, frame.fence);
        break;
      case 'verdict':
        void jobs.verdict(frame.job, frame.fence, frame.verdict);
        break;
      case 'acknowledged':
        jobs.acknowledged(frame.job, frame.fence, frame.seq);
        break;
      case 'replaced':
        break;
    }
  }

  /** The edge holds the lease by hearing this node; out of reach for as long, someone else may have the job. */
  #beat(): void {
    const { nowMs, jobs, log } = this.#options;
    this.#heardAtMs = this.#connection?.heardAtMs ?? this.#heardAtMs;
    if (nowMs() - this.#heardAtMs > this.#leaseMs && !this.#suspended) {
      this.#suspended = true;
      log('link: the edge has been out of reach for a lease, the running job stops');
      void jobs.suspend();
    }
    if (!this.#connection) return;
    this.#sendStatus();
    jobs.repeat();
  }

  /** Only what has changed: the pings keep the lease. */
  #sendStatus(): void {
    const status = this.#options.status();
    const text = JSON.stringify(status);
    if (text !== this.#lastStatus && this.send({ type: 'heartbeat', version: LINK_VERSION, status }))
      this.#lastStatus = text;
  }
}

function lastWords(ending: Exclude<Ending, 'lost'>): TallrecError {
  switch (ending) {
    case 'replaced':
      return new TallrecError('CONFLICT', 'This node has connected again from elsewhere, so this one stops.', {
        fix: 'Give each machine a node of its own (POST /v1/nodes).',
      });
    case 'removed':
      return new TallrecError('UNAUTHENTICATED', 'This node was removed from the edge, or got a new token there.', {
        fix: 'Join anew: tallrec serve --edge URL --token TOKEN, with the token of POST /v1/nodes or POST /v1/nodes/ID/token.',
      });
    case 'upgrade':
      return upgradeRequired();
  }
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal.addEventListener('abort', done, { once: true });
  });
}
