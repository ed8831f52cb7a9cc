// Against a service in memory that keeps the protocol: parts that are recorded, and a whole that is put together of them.
import type { Dataset } from '@tallrec/shared/wire/datasets';
import type { Upload } from '@tallrec/shared/wire/uploads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../api.ts';
import type { PutOptions } from './put-bytes.ts';
import { Transfer, type TransferApi } from './transfer.ts';

const PART_BYTES = 4;
const DATASET = { id: 'dat_1' } as Dataset;

class Service {
  readonly arrived = new Map<number, string>();
  readonly puts: number[] = [];
  /** Parts on their way, and most of them at once. */
  open = 0;
  most = 0;
  urls = 0;
  nowMs = 0;
  completed: string | null = null;
  /** What becomes of each PUT before its bytes count; it may throw. */
  before: (part: number, signal: AbortSignal) => Promise<void> = async () => {};
  complete: () => void = () => {};
  private readonly bytes: number;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  get api(): TransferApi<Dataset> {
    return {
      upload: async () => this.view(),
      put: (url, body, options) => this.put(url, body, options),
      complete: async () => {
        this.complete();
        this.completed = [...this.arrived.entries()].sort(([a], [b]) => a - b).reduce((all, [, one]) => all + one, '');
        return DATASET;
      },
      online: async () => {},
      nowMs: () => this.nowMs,
      pauseMs: 0,
    };
  }

  private view(): Upload {
    this.urls++;
    const parts = Array.from({ length: Math.ceil(this.bytes / PART_BYTES) }, (_, at) => ({
      part: at + 1,
      bytes: Math.min(PART_BYTES, this.bytes - at * PART_BYTES),
      url: `https://edge.example/${at + 1}?${this.urls}`,
      received: this.arrived.has(at + 1),
    }));
    const expiresAt = new Date(this.nowMs + 3_600_000).toISOString();
    return { mode: 'multipart', id: 'upl_1', partBytes: PART_BYTES, parts, expiresAt };
  }

  private async put(url: string, body: Blob, { signal, sha256, onSent }: PutOptions) {
    signal.throwIfAborted();
    const part = Number(new URL(url).pathname.slice(1));
    this.puts.push(part);
    this.open++;
    this.most = Math.max(this.most, this.open);
    try {
      const text = await body.text();
      onSent(body.size);
      signal.throwIfAborted();
      await this.before(part, signal);
      signal.throwIfAborted();
      expect(sha256).toBe(`sha of ${part}`);
      this.arrived.set(part, text);
      return { part, bytes: body.size, sha256: 'x' };
    } finally {
      this.open--;
    }
  }
}

function begin(text: string, service = new Service(text.length)) {
  const parts = Array.from({ length: Math.ceil(text.length / PART_BYTES) }, (_, at) => `sha of ${at + 1}`);
  const transfer = new Transfer({ file: new Blob([text]), digest: { sha256: 'x', parts } }, service.api);
  return { service, transfer };
}

const passing = new ApiError({ code: 'NETWORK', message: 'cut off', retryable: true });
const final = new ApiError({ code: 'ILLEGAL_STATE', message: 'ended' });

async function until(transfer: Transfer<Dataset>, holds: (view: Transfer<Dataset>['view']) => boolean): Promise<void> {
  while (!holds(transfer.view)) await new Promise((resolve) => transfer.subscribe(() => resolve(undefined)));
}

describe('a transfer', () => {
  it('brings every byte to its place, whatever breaks off on the way, and three parts at a time at most', async () => {
    const cuts = fc.array(fc.boolean(), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 60, unit: 'binary-ascii' }), cuts, async (text, faults) => {
        const { service, transfer } = begin(text);
        const left = [...faults];
        // No part breaks off more often than it is tried.
        const failed = new Map<number, number>();
        service.before = async (part) => {
          const times = failed.get(part) ?? 0;
          if (!left.shift() || times >= 5) return;
          failed.set(part, times + 1);
          throw passing;
        };
        transfer.start();
        expect(await transfer.done).toBe(DATASET);
        expect(service.completed).toBe(text);
        expect(service.most).toBeLessThanOrEqual(3);
        expect(service.puts).toHaveLength(service.arrived.size + [...failed.values()].reduce((a, b) => a + b, 0));
        expect(transfer.view).toMatchObject({ phase: 'done', sentBytes: text.length, bytes: text.length });
      }),
    );
  });

  it('sends only what has not arrived', async () => {
    const { service, transfer } = begin('aaaabbbbcc');
    service.arrived.set(2, 'bbbb');
    transfer.start();
    await transfer.done;
    expect([service.puts, service.completed]).toEqual([[1, 3], 'aaaabbbbcc']);
  });

  it('stands still while it is paused, and goes on with what is lacking', async () => {
    const { service, transfer } = begin('aaaabbbbccccdddd');
    service.before = (part, signal) =>
      part === 1 ? Promise.resolve() : new Promise((_, reject) => signal.addEventListener('abort', reject));
    transfer.start();
    await until(transfer, ({ parts }) => parts?.received === 1);
    transfer.pause();
    expect(transfer.view).toMatchObject({ phase: 'paused', sentBytes: 4, parts: { received: 1, total: 4 } });
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect([transfer.view.phase, service.open]).toEqual(['paused', 0]);
    const before = service.puts.length;
    service.before = async () => {};
    transfer.start();
    await transfer.done;
    expect(service.puts.slice(before)).toEqual([2, 3, 4]);
    expect(service.completed).toBe('aaaabbbbccccdddd');
  });

  it('says why it cannot go on, and goes on where it is told to', async () => {
    const { service, transfer } = begin('aaaabb');
    service.before = async () => {
      throw final;
    };
    transfer.start();
    await until(transfer, ({ phase }) => phase === 'failed');
    expect([transfer.view.error, service.puts.length]).toEqual([final, 2]);
    service.before = async () => {};
    transfer.start();
    expect(transfer.view.error).toBeNull();
    await transfer.done;
  });

  it('asks for new URLs where those that it has have run out', async () => {
    const { service, transfer } = begin('aaaabb');
    service.before = async () => {
      if (service.puts.length > 2) return;
      service.nowMs = 1;
      throw new ApiError({ code: 'TOKEN_EXPIRED', message: 'too late' });
    };
    transfer.start();
    await transfer.done;
    expect(service.urls).toBeGreaterThan(1);
    expect(service.completed).toBe('aaaabb');
  });

  it('sends all of it again where the whole was not what had been announced', async () => {
    const { service, transfer } = begin('aaaabb');
    service.complete = () => {
      service.complete = () => {};
      service.arrived.clear();
      throw new ApiError({ code: 'CHECKSUM_MISMATCH', message: 'not what was announced', retryable: true });
    };
    transfer.start();
    await until(transfer, ({ phase }) => phase === 'failed');
    transfer.start();
    await transfer.done;
    expect(service.puts).toEqual([1, 2, 1, 2]);
  });
});
