// Calls to the edge's API as any web app would make them, with every answer parsed by its contract.
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { TallrecError } from '@tallrec/shared/errors';
import type { Sampling } from '@tallrec/shared/interactions';
import { createdDatasetSchema, type Dataset, type DatasetKind, datasetSchema } from '@tallrec/shared/wire/datasets';
import { isTerminal, type JobKind, type SequencedEvent, sequencedEventSchema } from '@tallrec/shared/wire/jobs';
import { errorBodySchema } from '@tallrec/shared/wire/page';
import { signInLinkSchema } from '@tallrec/shared/wire/session';
import { type Upload, uploadSchema } from '@tallrec/shared/wire/uploads';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import pRetry, { AbortError } from 'p-retry';
import { z } from 'zod';

const POLL_MS = 300;
const MOST_FRUITLESS = 5;
const UPLOAD_RETRIES = 5;

export interface UploadRequest {
  name: string;
  kind: DatasetKind;
  format: 'csv' | 'json' | 'jsonl';
  sampling?: Partial<Sampling>;
}

export class EdgeClient {
  readonly url: string;
  readonly #key: string;
  readonly #signal: AbortSignal | undefined;
  readonly #pauseMs: number;

  /** @param signal ends every call that is under way */
  constructor(
    url: string,
    key: string,
    { signal, pauseMs = POLL_MS }: { signal?: AbortSignal | undefined; pauseMs?: number } = {},
  ) {
    this.url = url;
    this.#key = key;
    this.#signal = signal;
    this.#pauseMs = pauseMs;
  }

  /** A link to the dashboard that signs in once, as this client's key. */
  async signInLink(): Promise<string> {
    return (await this.post('/v1/session/links', {}, signInLinkSchema)).url;
  }

  get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return this.#call('GET', path, undefined, schema);
  }

  /** A file as it is: predictions, an adapter's part. */
  async text(path: string): Promise<string> {
    const response = await this.#send(`${this.url}${path}`, { headers: { Authorization: `Bearer ${this.#key}` } });
    return await response.text();
  }

  post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return this.#call('POST', path, body, schema);
  }

  put<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return this.#call('PUT', path, body, schema);
  }

  /** Asks again until `done` says so. */
  async until<T>(path: string, schema: z.ZodType<T>, done: (value: T) => boolean): Promise<T> {
    for (;;) {
      const value = await this.get(path, schema);
      if (done(value)) return value;
      await setTimeout(this.#pauseMs, undefined, { signal: this.#signal });
    }
  }

  /** Creates a data set, uploads its bytes to the signed URL(s), completes it and waits for its validation. */
  async upload(request: UploadRequest, bytes: Uint8Array<ArrayBuffer>): Promise<Dataset> {
    const { dataset, upload } = await this.post(
      '/v1/datasets',
      { ...request, bytes: bytes.byteLength, sha256: sha256(bytes) },
      createdDatasetSchema,
    );
    const path = `/v1/datasets/${dataset.id}`;
    // What broke off goes on with the parts that have not arrived.
    const send = async (attempt: number) =>
      this.#sendMissing(attempt === 1 ? upload : await this.get(`${path}/upload`, uploadSchema), bytes);
    await pRetry((attempt) => send(attempt).catch(refusedForGood), {
      retries: UPLOAD_RETRIES,
      minTimeout: this.#pauseMs,
      ...(this.#signal ? { signal: this.#signal } : {}),
    });
    await this.post(`${path}/complete`, {}, z.unknown());
    return this.until(path, datasetSchema, ({ state }) => state === 'ready' || state === 'rejected');
  }

  async #sendMissing(upload: Upload, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const whole = { part: 1, bytes: bytes.byteLength };
    const [parts, partBytes] =
      upload.mode === 'single' ? [[{ ...whole, ...upload }], whole.bytes] : [upload.parts, upload.partBytes];
    for (const { part, bytes: length, url, received } of parts) {
      if (received) continue;
      const body = bytes.subarray((part - 1) * partBytes, (part - 1) * partBytes + length);
      await this.#send(url, { method: 'PUT', headers: { 'X-Content-SHA256': sha256(body) }, body });
    }
  }

  /**
   * A job's events from the first on, until it has ended. A stream that ends or breaks off is taken up where it stood.
   * @throws the last fault when it has broken off five times in a row without an event
   */
  async *events(kind: JobKind, job: string): AsyncGenerator<SequencedEvent> {
    let last = 0;
    for (let fruitless = 0; ; ) {
      try {
        const stream = await this.#openEvents(`/v1/${kind}s/${job}/events`, last);
        // The job has ended, and all has been told.
        if (!stream) return;
        for await (const event of stream) {
          [last, fruitless] = [event.seq, 0];
          yield event;
          if (event.event.type === 'state' && isTerminal(event.event.state)) return;
        }
      } catch (error) {
        if (this.#signal?.aborted || error instanceof TallrecError || ++fruitless >= MOST_FRUITLESS) throw error;
        await setTimeout(this.#pauseMs, undefined, { signal: this.#signal });
      }
    }
  }

  async #openEvents(path: string, last: number): Promise<AsyncIterable<SequencedEvent> | undefined> {
    const response = await this.#send(`${this.url}${path}`, {
      headers: { Authorization: `Bearer ${this.#key}`, 'Last-Event-ID': String(last) },
    });
    if (response.status === 204 || !response.body) return undefined;
    const messages = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    return (async function* () {
      for await (const message of messages) yield sequencedEventSchema.parse(JSON.parse(message.data));
    })();
  }

  async #call<T>(method: string, path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    const response = await this.#send(`${this.url}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.#key}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return schema.parse(await response.json());
  }

  async #send(url: string, init: RequestInit): Promise<Response> {
    const response = await fetch(url, this.#signal ? { ...init, signal: this.#signal } : init);
    if (response.ok) return response;
    const body = errorBodySchema.safeParse(await response.json().catch(() => undefined));
    if (body.success) throw new TallrecError(body.data.error.code, body.data.error.message);
    const code = response.status >= 500 ? 'UNAVAILABLE' : 'BAD_REQUEST';
    throw new TallrecError(code, `${init.method ?? 'GET'} ${new URL(url).pathname} answered ${response.status}.`);
  }
}

function refusedForGood(error: unknown): never {
  if (error instanceof TallrecError && !error.retryable) throw new AbortError(error);
  // A connection that breaks comes as a TypeError, which p-retry would take for a fault of the program.
  throw error instanceof TypeError ? new Error(error.message, { cause: error.cause }) : error;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
