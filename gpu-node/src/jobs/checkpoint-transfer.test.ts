import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import type { JobCheckpoint } from '@tallrec/shared/wire/link';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { localCheckpoint } from '../train/checkpoint-folder.ts';
import { CheckpointUploads, fetchCheckpoint } from './checkpoint-transfer.ts';
import type { UploadOptions } from './edge-files.ts';

let dir: string;
let privateDir: string;
let log: string[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'checkpoint-transfer-'));
  privateDir = join(dir, 'private');
  log = [];
});
afterEach(() => rm(dir, { recursive: true }));

/** What an engine leaves as the only checkpoint. */
async function writeCheckpoint(step: number, number = step): Promise<{ step: number; dir: string }> {
  const root = join(dir, 'checkpoint');
  await rm(root, { recursive: true, force: true });
  const folder = join(root, String(number).padStart(8, '0'));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'state.json'), JSON.stringify({ step }));
  await writeFile(join(folder, 'adapter.safetensors'), `weights of ${step}`);
  await writeFile(join(folder, 'DONE'), '');
  return { step, dir: folder };
}

describe('checkpoints to the edge', () => {
  let uploaded: string[];
  let events: NodeEvent[];
  let nowMs: number;
  let hold: Promise<void>;
  let release: () => void;
  let fault: Error | undefined;

  function uploads(checkpointEveryMs: number): CheckpointUploads {
    [uploaded, events, nowMs, fault] = [[], [], 0, undefined];
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const upload = async (path: string, file: string, source: string, { signal }: UploadOptions = {}) => {
      await Promise.race([hold, new Promise((_resolve, reject) => signal?.addEventListener('abort', reject))]);
      if (fault) throw fault;
      uploaded.push(`${path} ${file} ${await readFile(source, 'utf8')}`);
    };
    return new CheckpointUploads({
      job: { id: 'a', resultsPath: '/r', checkpointEveryMs },
      files: { upload },
      privateDir,
      onEvent: (event) => events.push(event),
      log: (line) => log.push(line),
      nowMs: () => nowMs,
    });
  }

  it('are sent whole although the engine removes them meanwhile, and told of afterwards', async () => {
    const sending = uploads(0);
    sending.offer(await writeCheckpoint(5));
    await vi.waitFor(async () => expect(await readdir(privateDir)).toHaveLength(2));
    // While one is sent the next is let go.
    sending.offer(await writeCheckpoint(6));
    expect(events).toEqual([]);
    release();
    await vi.waitFor(() => expect(events).toEqual([{ type: 'checkpointed', step: 5 }]));
    expect(uploaded).toEqual([
      '/r checkpoint-5/adapter.safetensors weights of 5',
      '/r checkpoint-5/state.json {"step":5}',
    ]);
    await vi.waitFor(async () => expect(await readdir(dir)).toEqual(['checkpoint']));
    await new Promise((resolve) => setTimeout(resolve, 1));
    sending.offer(await writeCheckpoint(7));
    await vi.waitFor(() => expect(events.at(-1)).toEqual({ type: 'checkpointed', step: 7 }));
  });

  it('are sent no more often than was asked for', async () => {
    const sending = uploads(1000);
    release();
    nowMs = 999;
    sending.offer(await writeCheckpoint(1));
    nowMs = 1000;
    sending.offer(await writeCheckpoint(2));
    await vi.waitFor(() => expect(events).toEqual([{ type: 'checkpointed', step: 2 }]));
    await new Promise((resolve) => setTimeout(resolve, 5));
    nowMs = 1500;
    sending.offer(await writeCheckpoint(3));
    await sending.end();
    expect(events).toHaveLength(1);
  });

  it('that cannot be sent are logged and harm nothing', async () => {
    const sending = uploads(0);
    fault = new TallrecError('UNAVAILABLE', 'The storage is away.');
    release();
    sending.offer(await writeCheckpoint(1));
    await vi.waitFor(() => expect(log).toEqual([expect.stringMatching(/step 1 of job a .* storage is away/)]));
    await new Promise((resolve) => setTimeout(resolve, 5));
    fault = undefined;
    sending.offer(await writeCheckpoint(2));
    await vi.waitFor(() => expect(events).toEqual([{ type: 'checkpointed', step: 2 }]));
  });

  it('that were removed before they could be set aside are let go', async () => {
    const sending = uploads(0);
    release();
    const gone = await writeCheckpoint(1);
    await writeCheckpoint(2);
    sending.offer(gone);
    await vi.waitFor(() => expect(log).toHaveLength(1));
    expect(uploaded).toEqual([]);
  });

  it('end with the job, quietly', async () => {
    const sending = uploads(0);
    sending.offer(await writeCheckpoint(1));
    await vi.waitFor(async () => expect(await readdir(privateDir)).toHaveLength(2));
    await sending.end();
    expect({ events, log, left: await readdir(dir) }).toEqual({ events: [], log: [], left: ['checkpoint'] });
  });
});

describe('a checkpoint of the edge', () => {
  const checkpoint = (step: number): JobCheckpoint => ({
    step,
    files: ['state.json', 'adapter.safetensors'].map((file) => ({
      file,
      path: `/${step}/${file}`,
      bytes: 100,
      sha256: 'ab'.repeat(32),
    })),
  });
  const fetched: string[] = [];
  const fetchIt = (step: number | null, fault?: Error) =>
    fetchCheckpoint({
      job: { id: 'a', checkpoint: step === null ? null : checkpoint(step) },
      files: {
        download: async (path, target) => {
          if (fault) throw fault;
          fetched.push(path);
          await writeFile(target, path.endsWith('state.json') ? JSON.stringify({ step }) : 'weights');
          return { sha256: '', bytes: 1 };
        },
      },
      checkpointDir: join(dir, 'checkpoint'),
      privateDir,
      signal: new AbortController().signal,
      log: (line) => log.push(line),
    });
  beforeEach(() => {
    fetched.length = 0;
  });
  const step = async () => (await localCheckpoint(join(dir, 'checkpoint')))?.step;

  it('is put in place where there is none, or one that is not as far', async () => {
    await fetchIt(5);
    expect(await step()).toBe(5);
    await fetchIt(7);
    expect(await step()).toBe(7);
    expect(fetched).toHaveLength(4);
    expect(await readdir(dir)).toEqual(['checkpoint']);
  });

  it('is left where this node has gone further, or there is none', async () => {
    await writeCheckpoint(9);
    for (const given of [null, 8, 9]) await fetchIt(given);
    expect(fetched).toEqual([]);
    expect(await step()).toBe(9);
  });

  it('that is not there whole any more is done without', async () => {
    await writeCheckpoint(3);
    for (const code of ['NOT_FOUND', 'CHECKSUM_MISMATCH'] as const) await fetchIt(5, new TallrecError(code, 'no'));
    expect(log).toHaveLength(2);
    expect(await step()).toBe(3);
    const stale = fetchIt(5, new TallrecError('STALE_FENCE', 'no longer yours'));
    await expect(stale).rejects.toMatchObject({ code: 'STALE_FENCE' });
  });
});
