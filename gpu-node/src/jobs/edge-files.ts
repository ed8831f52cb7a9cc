// Bytes to and from the edge by signed paths: streamed, tried again while the network fails, and gone on with where they broke off.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ErrorCode, TallrecError } from '@tallrec/shared/errors';
import { errorBodySchema } from '@tallrec/shared/wire/page';
import { type AnnouncedResult, announcedResultSchema } from '@tallrec/shared/wire/uploads';
import pRetry, { AbortError } from 'p-retry';
import type { z } from 'zod';
import { fileFault } from '../file-faults.ts';

export interface TransferOptions {
  signal?: AbortSignal | undefined;
  /** First pause between tries, in milliseconds; it doubles up to 30 s. */
  minPauseMs?: number | undefined;
  retries?: number | undefined;
}

export interface DownloadOptions extends TransferOptions {
  maxBytes?: number | undefined;
  /** A part of the file in place of all of it. */
  range?: { offset: number; bytes: number } | undefined;
  /** What the bytes have to hash to. */
  sha256?: string | undefined;
}

export interface UploadOptions extends TransferOptions {
  /** What the file has to hash to: one that has been damaged here is not sent. */
  sha256?: string | undefined;
}

export interface Downloaded {
  sha256: string;
  bytes: number;
}

export class EdgeFiles {
  readonly #edge: URL;

  constructor(edgeUrl: string) {
    this.#edge = new URL(edgeUrl);
  }

  /** @throws TallrecError when the path would lead to another host */
  #resolve(path: string): URL {
    const url = new URL(path, this.#edge);
    if (url.origin === this.#edge.origin) return url;
    throw new TallrecError('BAD_REQUEST', `The signed path leads to ${url.origin}, which is not the edge.`);
  }

  /**
   * Streams a file to `target`, which is whole or as it was before.
   * @throws TallrecError as the edge refused it, CHECKSUM_MISMATCH, or NODE_UNAVAILABLE when it stayed out of reach
   */
  async download(path: string, target: string, options: DownloadOptions = {}): Promise<Downloaded> {
    const url = this.#resolve(path);
    const temporary = `${target}.download`;
    const file = await open(temporary, 'w').catch(throwAsWords);
    try {
      const download = new Download(url, file, options);
      const result = await retried(`download from ${this.#edge.origin}`, options, () => download.goOn());
      await file.close();
      await rename(temporary, target);
      return result;
    } catch (error) {
      await file.close();
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /**
   * Sends a job's file: announced, in parts of which those that have arrived are not sent again, completed.
   * @param resultsPath as the job gave it
   * @param file under which name the edge knows it
   * @throws TallrecError as the edge refused it (STALE_FENCE when the job is no longer this node's), or NODE_UNAVAILABLE
   */
  async upload(resultsPath: string, file: string, source: string, options: UploadOptions = {}): Promise<void> {
    const announcePath = this.#resolve(resultsPath);
    const completePath = this.#resolve(`${resultsPath}/complete`);
    const { size: bytes } = await stat(source);
    const sha256 = await hashOf(source, { start: 0, bytes });
    if (options.sha256 !== undefined && options.sha256 !== sha256) {
      throw new TallrecError('ENGINE_FAILED', `The file ${file} has been damaged on the node since it was written.`, {
        fix: "Check the node's disk, then resume.",
      });
    }
    const { signal } = options;
    await retried(`upload to ${this.#edge.origin}`, options, async () => {
      const announced = await this.#post(announcePath, { file, bytes, sha256 }, signal, announcedResultSchema);
      if (announced.done) return;
      for (const part of announced.parts) await this.#sendPart(source, part, announced.partBytes, signal);
      await this.#post(completePath, { upload: announced.upload }, signal);
    });
  }

  async #sendPart(
    source: string,
    { part, bytes, path }: AnnouncedResult['parts'][number],
    partBytes: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const start = (part - 1) * partBytes;
    const headers = {
      'Content-Length': String(bytes),
      'Content-Type': 'application/octet-stream',
      'X-Content-SHA256': await hashOf(source, { start, bytes }),
    };
    const body = bytes === 0 ? '' : Readable.toWeb(createReadStream(source, { start, end: start + bytes - 1 }));
    const init = { method: 'PUT', headers, body, duplex: 'half', signal: signal ?? null };
    const response = await fetch(this.#resolve(path), init as RequestInit);
    if (!response.ok) throw await refusal(response);
    await response.body?.cancel();
  }

  async #post<T>(url: URL, body: unknown, signal: AbortSignal | undefined, schema: z.ZodType<T>): Promise<T>;
  async #post(url: URL, body: unknown, signal: AbortSignal | undefined): Promise<void>;
  async #post(url: URL, body: unknown, signal: AbortSignal | undefined, schema?: z.ZodType): Promise<unknown> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
    if (!response.ok) throw await refusal(response);
    if (schema) return schema.parse(await response.json());
    await response.body?.cancel();
  }
}

/** One file on its way, over as many connections as it takes. */
class Download {
  readonly #url: URL;
  readonly #file: FileHandle;
  readonly #options: DownloadOptions;
  #received = 0;
  #hash: Hash = createHash('sha256');
  /** Of the file that the bytes so far are from. */
  #etag: string | undefined;

  constructor(url: URL, file: FileHandle, options: DownloadOptions) {
    this.#url = url;
    this.#file = file;
    this.#options = options;
  }

  async goOn(): Promise<Downloaded> {
    const { range, signal, sha256 } = this.#options;
    if (!this.#etag) await this.#startAnew();
    const resuming = this.#received > 0;
    const headers: Record<string, string> = {};
    if (range || resuming) {
      const first = (range?.offset ?? 0) + this.#received;
      headers.Range = `bytes=${first}-${range ? range.offset + range.bytes - 1 : ''}`;
      if (resuming) headers['If-Range'] = this.#etag!;
    }
    const response = await fetch(this.#url, { headers, signal: signal ?? null });
    if (resuming && response.status === 416) {
      await this.#startAnew();
      throw new Error('the file is not as long any more');
    }
    if (!response.ok || !response.body) throw await refusal(response);
    if (range && response.status !== 206) {
      await response.body.cancel();
      throw new TallrecError('INTERNAL', 'The edge sent a whole file where a part of it was asked for.');
    }
    // The file has become another one meanwhile.
    if (resuming && response.status !== 206) await this.#startAnew();
    this.#etag = response.headers.get('etag') ?? undefined;
    for await (const chunk of response.body) await this.#take(chunk);
    if (range && this.#received !== range.bytes) {
      throw new Error(`${this.#received} of ${range.bytes} bytes have arrived`);
    }
    const found = this.#hash.copy().digest('hex');
    if (sha256 === undefined || found === sha256) return { sha256: found, bytes: this.#received };
    await this.#startAnew();
    throw new TallrecError(
      'CHECKSUM_MISMATCH',
      `The bytes hash to ${found.slice(0, 12)}…, not ${sha256.slice(0, 12)}….`,
    );
  }

  async #take(chunk: Uint8Array): Promise<void> {
    const { maxBytes, range } = this.#options;
    const most = Math.min(maxBytes ?? Number.POSITIVE_INFINITY, range?.bytes ?? Number.POSITIVE_INFINITY);
    if (this.#received + chunk.length > most) {
      throw new TallrecError('TOO_LARGE', `The file exceeds ${most} bytes.`);
    }
    for (let at = 0; at < chunk.length; ) {
      const rest = this.#file.write(chunk, at, chunk.length - at, this.#received + at);
      at += (await rest.catch(throwAsWords)).bytesWritten;
    }
    this.#hash.update(chunk);
    this.#received += chunk.length;
  }

  async #startAnew(): Promise<void> {
    this.#etag = undefined;
    this.#received = 0;
    this.#hash = createHash('sha256');
    await this.#file.truncate(0);
  }
}

async function hashOf(source: string, { start, bytes }: { start: number; bytes: number }): Promise<string> {
  const hash = createHash('sha256');
  if (bytes > 0) await pipeline(createReadStream(source, { start, end: start + bytes - 1 }), hash);
  return hash.digest('hex');
}

/** A disk that is full now is full at the next try. */
function throwAsWords(error: unknown): never {
  const fault = fileFault(error);
  if (!fault) throw error;
  throw new TallrecError(
    'ENGINE_FAILED',
    `What the job needs could not be written to the node's disk: ${fault.words}.`,
    {
      fix: fault.fix,
      cause: error,
    },
  );
}

async function refusal(response: Response): Promise<TallrecError> {
  const parsed = errorBodySchema.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return new TallrecError(parsed.data.error.code, parsed.data.error.message);
  const code: ErrorCode = response.status >= 500 ? 'NODE_UNAVAILABLE' : 'BAD_REQUEST';
  return new TallrecError(code, `The edge answered ${response.status}.`);
}

async function retried<T>(what: string, options: TransferOptions, once: () => Promise<T>): Promise<T> {
  const attempt = () =>
    once().catch((error: unknown) => {
      if (error instanceof TallrecError && (!error.retryable || error.code === 'ENGINE_FAILED')) {
        throw new AbortError(error);
      }
      // A connection that breaks comes as a TypeError, which p-retry would take for a fault of the program.
      throw error instanceof TypeError ? new Error(error.message, { cause: error.cause }) : error;
    });
  try {
    return await pRetry(attempt, {
      retries: options.retries ?? 8,
      minTimeout: options.minPauseMs ?? 500,
      maxTimeout: 30_000,
      randomize: true,
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    if (error instanceof TallrecError || options.signal?.aborted) throw error;
    const words = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : '';
    throw new TallrecError('NODE_UNAVAILABLE', `The ${what} failed: ${words}.`, { cause: error });
  }
}
