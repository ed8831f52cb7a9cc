// One object a running job: appends what happens, pushes it to its readers, and keeps the last progress in the record.
import { DurableObject } from 'cloudflare:workers';
import { isTerminal, type JobEvent, type SequencedEvent } from '@tallrec/shared/wire/jobs';
import { makeDeps } from '../compose.ts';
import type { Deps } from '../deps.ts';
import { parseEnv } from '../env.ts';
import type { JobProgressRecord } from '../repo/job-record.ts';
import { findJob, setEventsPlace, setJobProgress } from '../repo/jobs.ts';
import { places } from '../storage/places.ts';
import {
  progressAfter,
  reachedBy,
  readKeptEvents,
  SSE_HEADERS,
  SSE_KEEP_ALIVE,
  SSE_OPENING,
  sseText,
  writeKeptEvents,
} from './story.ts';

/** Between two writes of a job's progress to the record. */
const RECORD_MS = 1000;
/** A reader that has so many events in its way is dropped; it comes back by its last id and misses nothing. */
const MAX_LAG = 200;

interface Reader {
  writer: WritableStreamDefaultWriter<Uint8Array>;
  lag: number;
}

interface Known {
  job: string;
  /** Its story is kept elsewhere, and goes on here only once the job is resumed. */
  ended: boolean;
  /** Of the last run that was heard of. */
  fence: number;
  /** The last number of that run's node. */
  nodeSeq: number;
  /** What the record was last told, and whether there is more to tell. */
  progress: JobProgressRecord | null;
  reached: number;
  recordedAtMs: number;
  unrecorded: boolean;
}

const encoder = new TextEncoder();

/** The first progress of a new run is recorded at once: it may make the job's attempts count anew. */
function ofRun(known: Known, fence: number): Known {
  return { ...known, fence, nodeSeq: 0, recordedAtMs: 0, unrecorded: false };
}

export class JobFeed extends DurableObject<object> {
  readonly #deps: Deps;
  readonly #sql: SqlStorage;
  readonly #readers = new Set<Reader>();
  readonly #keepAliveMs: number;
  #keepAlive: ReturnType<typeof setInterval> | undefined;

  constructor(ctx: DurableObjectState, bindings: object) {
    super(ctx, bindings);
    const env = parseEnv(bindings);
    this.#deps = makeDeps(env);
    this.#keepAliveMs = env.SSE_KEEP_ALIVE_MS;
    this.#sql = ctx.storage.sql;
    this.#createTable();
  }

  async append(job: string, events: JobEvent[], fence?: number): Promise<void> {
    const known = await this.#open(job);
    if (fence !== undefined && fence > known.fence) this.#save(ofRun(known, fence));
    this.#push(events);
    // What was not recorded yet would come too late for whoever waits for this state.
    await this.#record(this.#known!, true);
  }

  /** Numbers that were kept already are passed over, so a node may send again what it is not sure of. */
  async appendFrom(job: string, fence: number, seq: number, events: JobEvent[]): Promise<number | null> {
    let known = await this.#open(job);
    if (fence < known.fence || known.ended) return null;
    if (fence > known.fence) known = ofRun(known, fence);
    if (seq > known.nodeSeq + 1) return known.nodeSeq;
    const fresh = events.slice(known.nodeSeq + 1 - seq);
    if (fresh.length === 0) return known.nodeSeq;
    known.nodeSeq += fresh.length;
    for (const event of fresh) {
      known.progress = progressAfter(known.progress, event);
      known.reached = Math.max(known.reached, reachedBy(event));
    }
    known.unrecorded = true;
    this.#save(known);
    this.#push(fresh);
    if (!(await this.#record(known))) return null;
    return known.nodeSeq;
  }

  /** Tells the record how far the job is. @returns false when the fence no longer holds */
  async #record(known: Known, atOnce = false): Promise<boolean> {
    const nowMs = this.#deps.clock.nowMs();
    if (!known.unrecorded || !known.progress) return true;
    const dueMs = known.recordedAtMs + RECORD_MS;
    if (!atOnce && nowMs < dueMs) {
      await this.ctx.storage.setAlarm(dueMs);
      return true;
    }
    const { job, fence, progress, reached } = known;
    if (!(await setJobProgress(this.#deps.db, job, fence, { progress, reached, nowMs }))) return false;
    this.#save({ ...this.#known!, recordedAtMs: nowMs, unrecorded: false });
    return true;
  }

  override async alarm(): Promise<void> {
    const known = this.#known;
    if (known) await this.#record(known, true);
  }

  async read(job: string): Promise<SequencedEvent[]> {
    await this.#open(job);
    return this.#events(0);
  }

  /** A stream of events from after `?after=` on. */
  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const job = url.pathname.slice(1);
    const after = Number(url.searchParams.get('after') ?? 0);
    await this.#open(job);
    const row = await findJob(this.#deps.db, job);
    // It has ended while this request was on its way.
    const ended = row?.events !== 'live';
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
      undefined,
      new CountQueuingStrategy({ highWaterMark: MAX_LAG }),
    );
    const reader: Reader = { writer: writable.getWriter(), lag: 0 };
    const seen =
      ended && row
        ? await readKeptEvents(this.#deps.bucket, places.jobEvents(row.workspace, job))
        : this.#events(after);
    this.#write(reader, SSE_OPENING + sseText(seen.filter(({ seq }) => seq > after)));
    if (ended) this.#drop(reader);
    else this.#welcome(reader, request.signal);
    return new Response(readable, { headers: SSE_HEADERS });
  }

  #welcome(reader: Reader, signal: AbortSignal): void {
    this.#readers.add(reader);
    signal.addEventListener('abort', () => this.#drop(reader));
    reader.writer.closed.catch(() => this.#readers.delete(reader));
    this.#keepAlive ??= setInterval(() => {
      for (const one of this.#readers) this.#write(one, SSE_KEEP_ALIVE);
      if (this.#readers.size === 0) {
        clearInterval(this.#keepAlive);
        this.#keepAlive = undefined;
      }
    }, this.#keepAliveMs);
  }

  /** All of the story becomes one object, streams end, and this object is empty. Closing again changes nothing. */
  async close(job: string): Promise<void> {
    const row = await findJob(this.#deps.db, job);
    if (!row || !isTerminal(row.state) || row.events !== 'live') return;
    const known = await this.#open(job);
    const last = this.#events(0).at(-1)?.event;
    // The state was changed by one that died before it could tell it here.
    if (last?.type !== 'state' || last.state !== row.state) {
      const { state, node, error } = row;
      this.#push([{ type: 'state', state, node, error }]);
    }
    await this.#record(known, true);
    await writeKeptEvents(this.#deps.bucket, places.jobEvents(row.workspace, job), this.#events(0));
    await setEventsPlace(this.#deps.db, job, 'kept');
    await this.drop();
  }

  async drop(): Promise<void> {
    for (const reader of this.#readers) this.#drop(reader);
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.#createTable();
  }

  get #known(): Known | undefined {
    return this.ctx.storage.kv.get<Known>('known');
  }

  #save(known: Known): void {
    this.ctx.storage.kv.put('known', known);
  }

  /** A job that is resumed goes on with the story that it ended with. */
  async #open(job: string): Promise<Known> {
    const before = this.#known;
    if (before && !before.ended) return before;
    const row = await findJob(this.#deps.db, job);
    const kept =
      row?.events === 'kept' ? await readKeptEvents(this.#deps.bucket, places.jobEvents(row.workspace, job)) : [];
    // Another call may have got here first meanwhile.
    const now = this.#known;
    if (now && !now.ended) return now;
    for (const { seq, at, event } of kept) {
      this.#sql.exec('INSERT OR IGNORE INTO events VALUES (?, ?, ?)', seq, Date.parse(at), JSON.stringify(event));
    }
    const ended = row?.events === 'kept' && isTerminal(row.state);
    if (row?.events === 'kept' && !ended) await setEventsPlace(this.#deps.db, job, 'live');
    const known: Known = {
      job,
      ended,
      fence: row?.fence ?? 0,
      nodeSeq: 0,
      progress: row?.progress ?? null,
      reached: 0,
      recordedAtMs: 0,
      unrecorded: false,
    };
    this.#save(known);
    return known;
  }

  #createTable(): void {
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, event TEXT NOT NULL)',
    );
  }

  #events(after: number): SequencedEvent[] {
    return this.#sql
      .exec<{ seq: number; at: number; event: string }>(
        'SELECT seq, at, event FROM events WHERE seq > ? ORDER BY seq',
        after,
      )
      .toArray()
      .map(({ seq, at, event }) => ({ seq, at: new Date(at).toISOString(), event: JSON.parse(event) }));
  }

  #push(events: readonly JobEvent[]): void {
    const atMs = this.#deps.clock.nowMs();
    const added = events.map((event) => {
      const { seq } = this.#sql
        .exec<{ seq: number }>(
          'INSERT INTO events (at, event) VALUES (?, ?) RETURNING seq',
          atMs,
          JSON.stringify(event),
        )
        .one();
      return { seq, at: new Date(atMs).toISOString(), event };
    });
    const text = sseText(added);
    for (const reader of this.#readers) this.#write(reader, text);
  }

  #write(reader: Reader, text: string): void {
    if (reader.lag >= MAX_LAG) {
      this.#drop(reader);
      return;
    }
    reader.lag++;
    reader.writer
      .write(encoder.encode(text))
      .then(() => {
        reader.lag--;
      })
      .catch(() => this.#readers.delete(reader));
  }

  #drop(reader: Reader): void {
    this.#readers.delete(reader);
    reader.writer.close().catch(() => {});
  }
}
