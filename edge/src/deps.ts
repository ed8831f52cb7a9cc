// What use cases are handed, as types alone: each takes the part it needs as `Pick<Deps, …>` and reads nothing else of the world.
// compose.ts makes it.
import type { ErrorCode } from '@tallrec/shared/errors';
import type { Noun } from '@tallrec/shared/ids';
import type { SigningRing } from '@tallrec/shared/signing';
import type { JobEvent, SequencedEvent } from '@tallrec/shared/wire/jobs';
import type { AnswerTimings, Job, Verdict } from '@tallrec/shared/wire/link';
import type { Db } from './repo/db.ts';

export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
}

/** On whose behalf something is done: the workspace stands in every WHERE, the actor in the audit. */
export interface Ctx {
  workspace: string;
  /** A key's or a node's id, `operator`, or `system`. */
  actor: string;
}

/** What crosses an object's border: a rejected call would be logged as uncaught even where it is caught. */
export type LinkResult<T> = { ok: true; value: T } | { ok: false; code: ErrorCode; message: string };

export interface RelayRequest {
  method: 'GET' | 'POST';
  path: string;
  /** JSON text, or nothing. */
  body?: string;
  /** Milliseconds after which nobody waits for the answer. */
  deadlineMs?: number;
}
export interface RelayResponse {
  status: number;
  /** JSON text. */
  body: string;
  /** Requests that were on their way to the node when this one was answered. */
  inFlight: number;
  /** Milliseconds between the request's frame and the answer's. */
  nodeMs: number;
  /** What of it the request waited for its turn, and what the engine took, where the node says so. */
  timings?: AnswerTimings | undefined;
}

/** Ways to the nodes: one NodeLink object each. */
export interface Links {
  /** The answer to a node's upgrade request, once the node has been authenticated. */
  connect(node: string): Promise<Response>;
  /**
   * @param signal aborts the request on the node too
   * @throws TallrecError NODE_UNAVAILABLE, NODE_BUSY, NODE_TIMEOUT, TOO_LARGE
   */
  request(node: string, request: RelayRequest, signal?: AbortSignal): Promise<RelayResponse>;
  /** Whether the node is connected, has said which jobs it has, and has none. */
  isFree(node: string): Promise<boolean>;
  /** @throws TallrecError NODE_UNAVAILABLE, NODE_BUSY: then the node has not got the job */
  dispatch(node: string, job: Job): Promise<void>;
  cancel(node: string, job: string, fence: number): Promise<void>;
  stop(node: string, job: string, fence: number): Promise<void>;
  /** Tells the node what became of an outcome; a node that is away asks again. */
  verdict(node: string, job: string, fence: number, verdict: Verdict): Promise<void>;
  /** Whether the node's lease on the job holds. */
  holds(node: string, job: string, fence: number): Promise<boolean>;
  /** Closes the connection for good: the node is no more. */
  remove(node: string): Promise<void>;
}

/** The stories of jobs: one JobFeed object each while the job is unfinished, one object in R2 afterwards. */
export interface Feeds {
  /** @param fence of the run that begins with these */
  append(job: string, events: JobEvent[], fence?: number): Promise<void>;
  /**
   * Of a node, under its own numbers.
   * @returns the last number that is kept, or null where the fence no longer holds
   */
  appendFrom(job: string, fence: number, seq: number, events: JobEvent[]): Promise<number | null>;
  /** An event stream from after this number on, which ends with the job. */
  stream(job: string, afterSeq: number, signal: AbortSignal): Promise<Response>;
  /** All events so far. */
  read(job: string): Promise<SequencedEvent[]>;
  /** The job has ended: all of it becomes one object in R2, streams end, and nothing is left here. */
  close(job: string): Promise<void>;
  /** Forgets it without keeping anything. */
  drop(job: string): Promise<void>;
}

/** The Workflow instances that see jobs through. */
export interface JobDrivers {
  start(job: string, instance: string): Promise<void>;
  /** Has the instance look at its job again; one that has ended stays so. */
  wake(job: string, instance: string): Promise<void>;
  isAlive(instance: string): Promise<boolean>;
}

/** The Workflow instances that validate datasets. */
export interface Validations {
  start(dataset: string, instance: string): Promise<void>;
  wake(instance: string): Promise<void>;
  isAlive(instance: string): Promise<boolean>;
}

export interface Durations {
  leaseMs: number;
  acceptMs: number;
  /** How long a job whose nodes were all lost waits for another. */
  retryWaitMs: number;
  nodeRequestTimeoutMs: number;
  sseKeepAliveMs: number;
  checkpointUploadMs: number;
  /** Between two tries of a step that failed for reasons of the platform. */
  stepRetryMs: number;
}

export interface Deps {
  db: Db;
  bucket: R2Bucket;
  clock: Clock;
  /** Under an Idempotency-Key it gives the same id each time, so that creating again creates nothing new. */
  newId(noun: Noun): string;
  /** Makes workspaces, keys and nodes, and reads no data. */
  operatorSecret: string;
  signing: SigningRing;
  links: Links;
  feeds: Feeds;
  drivers: JobDrivers;
  validations: Validations;
  durations: Durations;
}
