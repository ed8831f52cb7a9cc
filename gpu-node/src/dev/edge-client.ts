// Calls to the edge's API as any web app would make them, with every answer parsed by its contract.
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { TallrecError } from '@tallrec/shared/errors';
import type { Sampling } from '@tallrec/shared/interactions';
import { createdDatasetSchema, type Dataset, datasetSchema, uploadedPartSchema } from '@tallrec/shared/wire/datasets';
import { errorBodySchema } from '@tallrec/shared/wire/page';
import { isTerminal, type SequencedEvent, sequencedEventSchema } from '@tallrec/shared/wire/tunings';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { z } from 'zod';

const POLL_MS = 300;
const MOST_FRUITLESS = 5;

export interface UploadRequest {
  name: string;
  kind: 'interactions' | 'samples' | 'instructions';
  format: 'csv' | 'json' | 'jsonl';
  sampling?: Partial<Sampling>;
}

export class EdgeClient {
  readonly url: string;
  readonly #key: string;
  readonly #signal: AbortSignal | undefined;

  /** @param signal ends every call that is under way */
  constructor(url: string, key: string, signal?: AbortSignal) {
    this.url = url;
    this.#key = key;
    this.#signal = signal;
  }

  as(key: string): EdgeClient {
    return new EdgeClient(this.url, key, this.#signal);
  }

  get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return this.#call('GET', path, undefined, schema);
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
      await setTimeout(POLL_MS, undefined, { signal: this.#signal });
    }
  }

  /** Creates a data set, uploads its bytes to the signed URL(s), completes it and waits for its validation. */
  async upload(request: UploadRequest, bytes: Uint8Array<ArrayBuffer>): Promise<Dataset> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { dataset, upload } = await this.post(
      '/v1/datasets',
      { ...request, bytes: bytes.byteLength, sha256 },
      createdDatasetSchema,
    );
    const body: { parts?: { part: number; etag: string }[] } = {};
    if (upload.mode === 'single') {
      await this.#send(upload.url, { method: 'PUT', body: bytes });
    } else {
      body.parts = [];
      for (const part of upload.parts) {
        const from = (part.part - 1) * upload.partBytes;
        const response = await this.#send(part.url, { method: 'PUT', body: bytes.subarray(from, from + part.bytes) });
        body.parts.push(uploadedPartSchema.parse(await response.json()));
      }
    }
    await this.post(`/v1/datasets/${dataset.id}/complete`, body, z.unknown());
    return this.until(
      `/v1/datasets/${dataset.id}`,
      datasetSchema,
      ({ state }) => state === 'ready' || state === 'rejected',
    );
  }

  /**
   * A tuning's events from the first on, until it has ended. A stream that ends or breaks off is taken up where it stood.
   * @throws the last fault when it has broken off five times in a row without an event
   */
  async *events(tuning: string): AsyncGenerator<SequencedEvent> {
    let last = 0;
    for (let fruitless = 0; ; ) {
      try {
        for await (const event of this.#eventsSince(tuning, last)) {
          [last, fruitless] = [event.seq, 0];
          yield event;
          if (event.event.type === 'state' && isTerminal(event.event.state)) return;
        }
      } catch (error) {
        if (this.#signal?.aborted || error instanceof TallrecError || ++fruitless >= MOST_FRUITLESS) throw error;
        await setTimeout(POLL_MS, undefined, { signal: this.#signal });
      }
    }
  }

  async *#eventsSince(tuning: string, last: number): AsyncGenerator<SequencedEvent> {
    const response = await this.#send(`${this.url}/v1/tunings/${tuning}/events`, {
      headers: { Authorization: `Bearer ${this.#key}`, 'Last-Event-ID': String(last) },
    });
    const messages = response.body!.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const message of messages) yield sequencedEventSchema.parse(JSON.parse(message.data));
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
    throw new TallrecError('INTERNAL', `${init.method ?? 'GET'} ${new URL(url).pathname} answered ${response.status}.`);
  }
}
