// A file on its way in: its parts are sent a few at a time, again where one broke off, and only those that have not arrived; it can be
// paused, and goes on with what the service says is lacking.
import type { ReceivedPart, Upload } from '@tallrec/shared/wire/uploads';
import pRetry from 'p-retry';
import { ApiError } from '../api.ts';
import type { FileDigest } from './digest.ts';
import { requireReadable } from './file-fault.ts';
import type { PutOptions } from './put-bytes.ts';
import { RateMeter } from './rate-meter.ts';

const LANES = 3;
const RETRIES = 6;
const LONGEST_PAUSE_MS = 30_000;
/** URLs that hold for less than this are asked for anew. */
const LEAST_HOLD_MS = 60_000;
/** Nobody reads faster. */
const TELL_EVERY_MS = 200;

export interface TransferSource {
  file: Blob;
  digest: FileDigest;
}

/** `T`: what the file becomes. */
export interface TransferApi<T> {
  upload(signal: AbortSignal): Promise<Upload>;
  put(url: string, bytes: Blob, options: PutOptions): Promise<ReceivedPart>;
  complete(signal: AbortSignal): Promise<T>;
  /** Resolves once there is a connection to send by. */
  online(signal: AbortSignal): Promise<void>;
  nowMs(): number;
  /** Before a part is sent again for the first time. */
  pauseMs: number;
}

export type TransferPhase = 'sending' | 'paused' | 'completing' | 'failed' | 'done';

export interface TransferView {
  phase: TransferPhase;
  bytes: number;
  sentBytes: number;
  bytesPerSecond: number | null;
  /** Null until the service has said how many. */
  parts: { received: number; total: number } | null;
  error: Error | null;
}

/** What a page needs of one, whatever it becomes. */
export type ShownTransfer = Pick<Transfer<unknown>, 'view' | 'subscribe' | 'start' | 'pause'>;

interface Part {
  part: number;
  from: number;
  bytes: number;
  url: string;
  received: boolean;
}

const isPassing = ({ retryable, code }: ApiError) => retryable || code === 'TOKEN_EXPIRED';

export class Transfer<T> {
  /** Resolves once the file is in; never, where it is given up. */
  readonly done: Promise<T>;
  view: TransferView;
  private readonly source: TransferSource;
  private readonly api: TransferApi<T>;
  private readonly listeners = new Set<() => void>();
  private readonly arrived = Promise.withResolvers<T>();
  private readonly meter = new RateMeter();
  private parts: Part[] = [];
  private expiresAtMs = 0;
  /** Of parts on their way. */
  private readonly sent = new Map<number, number>();
  private running = new AbortController();
  private toldAtMs = 0;

  constructor(source: TransferSource, api: TransferApi<T>) {
    this.source = source;
    this.api = api;
    this.done = this.arrived.promise;
    const bytes = source.file.size;
    this.view = { phase: 'paused', bytes, sentBytes: 0, bytesPerSecond: null, parts: null, error: null };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Begins, or goes on. */
  start(): void {
    const { phase } = this.view;
    if (phase !== 'paused' && phase !== 'failed') return;
    this.running = new AbortController();
    this.show({ phase: 'sending', error: null });
    void this.run(this.running.signal);
  }

  /** Parts that are half sent are sent again from their beginnings. */
  pause(): void {
    if (this.view.phase !== 'sending') return;
    this.stop('paused', null);
  }

  /** For good. */
  abandon(): void {
    this.running.abort();
    this.listeners.clear();
  }

  private stop(phase: TransferPhase, error: Error | null): void {
    this.running.abort();
    this.sent.clear();
    this.show({ phase, error });
  }

  private async run(signal: AbortSignal): Promise<void> {
    try {
      await this.persistently(signal, () => this.askForParts(signal));
      const lacking = this.parts.filter(({ received }) => !received);
      const lane = async () => {
        for (let part = lacking.shift(); part; part = lacking.shift()) await this.send(part, signal);
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      this.show({ phase: 'completing' });
      // Where the whole is not what was announced, nothing has arrived.
      const mayHelp = (error: ApiError) => isPassing(error) && error.code !== 'CHECKSUM_MISMATCH';
      const completed = await this.persistently(signal, () => this.api.complete(signal), mayHelp);
      this.show({ phase: 'done' });
      this.arrived.resolve(completed);
    } catch (error) {
      // Paused or abandoned: whoever did it has said so.
      if (!signal.aborted) this.stop('failed', error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** @param mayHelp whether trying again may */
  private async persistently<T>(
    signal: AbortSignal,
    attempt: () => Promise<T>,
    mayHelp: (error: ApiError) => boolean = isPassing,
  ): Promise<T> {
    return await pRetry(attempt, {
      signal,
      retries: RETRIES,
      minTimeout: this.api.pauseMs,
      maxTimeout: LONGEST_PAUSE_MS,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof ApiError && mayHelp(error),
      onFailedAttempt: () => this.api.online(signal),
    });
  }

  private async askForParts(signal: AbortSignal): Promise<void> {
    const upload = await this.api.upload(signal);
    this.expiresAtMs = Date.parse(upload.expiresAt);
    const { size } = this.source.file;
    this.parts =
      upload.mode === 'single'
        ? [{ part: 1, from: 0, bytes: size, url: upload.url, received: upload.received }]
        : upload.parts.map(({ part, ...rest }) => ({ part, from: (part - 1) * upload.partBytes, ...rest }));
    this.show({});
  }

  private async send(part: Part, signal: AbortSignal): Promise<void> {
    const bytes = this.source.file.slice(part.from, part.from + part.bytes);
    await this.persistently(signal, async () => {
      if (this.expiresAtMs - this.api.nowMs() < LEAST_HOLD_MS) await this.askForParts(signal);
      await requireReadable(bytes);
      try {
        await this.api.put(this.urlOf(part), bytes, {
          sha256: this.source.digest.parts[part.part - 1],
          signal,
          onSent: (sent) => this.note(part.part, Math.min(sent, part.bytes)),
        });
      } catch (error) {
        this.sent.delete(part.part);
        if (error instanceof ApiError && error.code === 'TOKEN_EXPIRED') this.expiresAtMs = 0;
        throw error;
      }
    });
    this.sent.delete(part.part);
    this.parts = this.parts.map((one) => (one.part === part.part ? { ...one, received: true } : one));
    this.show({});
  }

  private urlOf({ part }: Part): string {
    return this.parts.find((one) => one.part === part)!.url;
  }

  private note(part: number, bytes: number): void {
    this.sent.set(part, bytes);
    if (this.api.nowMs() - this.toldAtMs >= TELL_EVERY_MS) this.show({});
  }

  private show(change: Partial<TransferView>): void {
    const nowMs = this.api.nowMs();
    this.toldAtMs = nowMs;
    const received = this.parts.filter((part) => part.received);
    const sum = (counts: Iterable<number>) => [...counts].reduce((total, count) => total + count, 0);
    const sentBytes = sum(received.map(({ bytes }) => bytes)) + sum(this.sent.values());
    this.meter.add(nowMs, sentBytes);
    this.view = {
      ...this.view,
      sentBytes,
      bytesPerSecond: this.meter.bytesPerSecond,
      parts: this.parts.length > 0 ? { received: received.length, total: this.parts.length } : null,
      ...change,
    };
    for (const listener of this.listeners) listener();
  }
}
