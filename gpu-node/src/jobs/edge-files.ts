// Bytes to and from the edge by signed paths, streamed, tried again while the network fails.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ErrorCode, TallrecError } from '@tallrec/shared/errors';
import { errorBodySchema } from '@tallrec/shared/wire/page';
import pRetry, { AbortError } from 'p-retry';

export interface TransferOptions {
  signal?: AbortSignal | undefined;
  /** First pause between tries, in milliseconds; it doubles up to 30 s. */
  minPauseMs?: number | undefined;
  retries?: number | undefined;
  maxBytes?: number | undefined;
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
   * Streams a file to `target`, which is whole or absent afterwards.
   * @returns its SHA-256 and size
   * @throws TallrecError as the edge refused it, or NODE_UNAVAILABLE when it stayed out of reach
   */
  download(path: string, target: string, options: TransferOptions = {}): Promise<{ sha256: string; bytes: number }> {
    const url = this.#resolve(path);
    return retried(`download from ${this.#edge.origin}`, options, async () => {
      const response = await fetch(url, { signal: options.signal ?? null });
      if (!response.ok || !response.body) throw await refusal(response);
      const hash = createHash('sha256');
      let bytes = 0;
      const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > (options.maxBytes ?? Number.POSITIVE_INFINITY)) {
            throw new TallrecError('TOO_LARGE', `The file exceeds ${options.maxBytes} bytes.`);
          }
          hash.update(chunk);
          yield chunk;
        }
      };
      try {
        await pipeline(Readable.fromWeb(response.body as never), counted, createWriteStream(target));
      } catch (error) {
        await rm(target, { force: true });
        throw error;
      }
      return { sha256: hash.digest('hex'), bytes };
    });
  }

  /** @throws TallrecError as the edge refused it (STALE_FENCE when the job is no longer this node's), or NODE_UNAVAILABLE */
  upload(path: string, source: string, options: TransferOptions = {}): Promise<void> {
    const url = this.#resolve(path);
    return retried(`upload to ${this.#edge.origin}`, options, async () => {
      const { size } = await stat(source);
      const hash = createHash('sha256');
      await pipeline(createReadStream(source), hash);
      const body = Readable.toWeb(createReadStream(source));
      const headers = {
        'Content-Length': String(size),
        'Content-Type': 'application/octet-stream',
        'X-Content-SHA256': hash.digest('hex'),
      };
      const init = { method: 'PUT', headers, body, duplex: 'half', signal: options.signal ?? null };
      const response = await fetch(url, init as RequestInit);
      if (!response.ok) throw await refusal(response);
      await response.body?.cancel();
    });
  }
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
      if (error instanceof TallrecError && !error.retryable) throw new AbortError(error);
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
