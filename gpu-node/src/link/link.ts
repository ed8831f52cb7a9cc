// The node's end of the link: dials, dials again, relays requests to the node's app, and gives up its job with its lease.
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import { type EdgeFrame, LINK_VERSION, type NodeFrame } from '@tallrec/shared/wire/link';
import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import type { ErrorBody } from '@tallrec/shared/wire/page';
import pRetry, { AbortError } from 'p-retry';
import type { JobRunner } from '../jobs/job-runner.ts';
import { BEATS_PER_LEASE, Connection } from './connection.ts';

export interface LinkOptions {
  edgeUrl: string;
  secret: string;
  app: { request: (path: string, init: RequestInit) => Response | Promise<Response> };
  jobs: Pick<JobRunner, 'accept' | 'cancel' | 'recorded' | 'connected' | 'repeatOutcomes' | 'suspend'>;
  status: () => NodeStatus;
  log: (line: string) => void;
  onWelcome?: (node: string) => void;
  nowMs?: () => number;
  handshakeTimeoutMs?: number;
  minPauseMs?: number;
  maxPauseMs?: number;
}

type RequestFrame = Extract<EdgeFrame, { type: 'request' }>;

export class Link {
  readonly #options: Required<Omit<LinkOptions, 'onWelcome'>> & Pick<LinkOptions, 'onWelcome'>;
  #connection: Connection | undefined;
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
      ...options,
    };
    this.#heardAtMs = this.#options.nowMs();
  }

  send = (frame: NodeFrame): boolean => this.#connection?.send(frame) ?? false;

  /**
   * Keeps the link up until `signal` is aborted.
   * @throws TallrecError when the edge refuses the secret, or CONFLICT when the same node has connected from elsewhere
   */
  async run(signal: AbortSignal): Promise<void> {
    this.#setLease(LIMITS.leaseMs);
    try {
      while (!signal.aborted) {
        const connection = await this.#dial(signal);
        const connectedAtMs = this.#options.nowMs();
        const ending = await connection.ended;
        this.#connection = undefined;
        this.#heardAtMs = connection.heardAtMs;
        if (ending === 'replaced') {
          throw new TallrecError('CONFLICT', 'This node has connected again from elsewhere, so this one stops.', {
            fix: 'Give each machine a node of its own (POST /v1/nodes).',
          });
        }
        if (signal.aborted) break;
        this.#options.log('link: the connection was lost');
        // An edge that accepts and drops at once would otherwise be dialled without a pause.
        if (this.#options.nowMs() - connectedAtMs < this.#options.maxPauseMs) {
          await pause(this.#options.minPauseMs * (0.5 + Math.random()), signal);
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      clearInterval(this.#beats);
      this.#connection?.close();
    }
  }

  /** The edge says how long a lease is; this side looks at it four times as often. */
  #setLease(leaseMs: number): void {
    this.#leaseMs = leaseMs;
    clearInterval(this.#beats);
    this.#beats = setInterval(() => this.#beat(), leaseMs / BEATS_PER_LEASE);
  }

  #dial(signal: AbortSignal): Promise<Connection> {
    const { edgeUrl, secret, log, nowMs, handshakeTimeoutMs } = this.#options;
    const onFrame = (frame: EdgeFrame) => this.#receive(frame);
    const onOpen = (connection: Connection) => {
      this.#connection = connection;
    };
    const open = () =>
      Connection.open({ edgeUrl, secret, onOpen, onFrame, log, nowMs, handshakeTimeoutMs, signal }).catch((error) => {
        throw error instanceof TallrecError ? new AbortError(error) : error;
      });
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
    const { jobs, onWelcome, log } = this.#options;
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
        void this.#relay(frame);
        break;
      case 'job':
        jobs.accept(frame.job).catch((error) => log(`job ${frame.job.id} could not be taken: ${error.message}`));
        break;
      case 'cancel':
        void jobs.cancel(frame.job, frame.fence);
        break;
      case 'recorded':
        void jobs.recorded(frame.job, frame.fence);
        break;
      case 'replaced':
        break;
    }
  }

  async #relay({ id, method, path, body }: RequestFrame): Promise<void> {
    const connection = this.#connection;
    const init: RequestInit = { method, headers: { 'Content-Type': 'application/json' } };
    if (body !== undefined) init.body = JSON.stringify(body);
    let frame: NodeFrame;
    try {
      const response = await this.#options.app.request(path, init);
      frame = { type: 'response', id, status: response.status, body: await response.json() };
    } catch (error) {
      this.#options.log(`link: ${method} ${path} failed: ${String(error)}`);
      frame = failed(id, new TallrecError('INTERNAL', 'Something went wrong on the node; its log says more.'));
    }
    // An answer belongs to the connection that asked: on another one its number means nothing.
    if (connection?.send(frame) === false) {
      connection.send(
        failed(
          id,
          new TallrecError('TOO_LARGE', "The node's answer does not fit into a frame of the link.", {
            fix: 'Send fewer samples or candidates at once.',
          }),
        ),
      );
    }
  }

  /** The edge holds the lease by hearing this node; out of reach for as long, someone else may have the job. */
  #beat(): void {
    const { nowMs, jobs, log } = this.#options;
    this.#heardAtMs = this.#connection?.heardAtMs ?? this.#heardAtMs;
    if (nowMs() - this.#heardAtMs > this.#leaseMs && !this.#suspended) {
      this.#suspended = true;
      log('link: the edge has been out of reach for a lease, the running job stops');
      jobs.suspend().catch((error) => log(`the job could not be stopped: ${error.message}`));
    }
    if (!this.#connection) return;
    this.#sendStatus();
    jobs.repeatOutcomes();
  }

  /** Only what has changed: the pings keep the lease. */
  #sendStatus(): void {
    const status = this.#options.status();
    const text = JSON.stringify(status);
    if (text !== this.#lastStatus && this.send({ type: 'heartbeat', version: LINK_VERSION, status }))
      this.#lastStatus = text;
  }
}

function failed(id: number, { code, message, retryable, status }: TallrecError): NodeFrame {
  const body: ErrorBody = { error: { code, message, retryable, requestId: `link-${id}` } };
  return { type: 'response', id, status, body };
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
