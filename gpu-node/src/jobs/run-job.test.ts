import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TallrecError } from '@tallrec/shared/errors';
import { samplingSchema } from '@tallrec/shared/interactions';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import type { JobData, ScoreJob, TuneJob } from '@tallrec/shared/wire/link';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DownloadOptions, UploadOptions } from './edge-files.ts';
import { PLAIN_CPU } from './engine-calls.ts';
import { EngineChild } from './engine-child.ts';
import { JobStore } from './job-store.ts';
import type { JobContext, SharedEngine } from './job-work.ts';
import { jobWork } from './run-job.ts';

const entry = fileURLToPath(new URL('./scripted-engine.ts', import.meta.url));
const HASH = 'ab'.repeat(32);
const model = { name: 'm', dir: '/m', contentHash: HASH };

let dir: string;
let store: JobStore;
let downloads: string[];
let uploads: { path: string; file: string; content: string; sha256: string | undefined }[];
let scored: string[];
let dropped: string[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'run-job-'));
  store = new JobStore(join(dir, 'jobs'));
  [downloads, uploads, scored, dropped] = [[], [], [], []];
});
afterEach(() => rm(dir, { recursive: true }));

const rows = Array.from(
  { length: 6 },
  (_, at) => `${JSON.stringify({ history: [], target: { title: `film ${at}` } })}\n`,
);

function work() {
  const call = (async (_method: string, { samples }: { samples: { target: { title: string } }[] }) => {
    scored.push(...samples.map(({ target }) => target.title));
    if (scored.includes('film 5')) throw new TallrecError('ADAPTER_INVALID', 'This adapter is bad.');
    return { scores: samples.map(() => ({ score: 0.5, yesLogit: 0, noLogit: 0 })), tokens: 3 };
  }) as unknown as SharedEngine['call'];
  return jobWork({
    store,
    files: {
      download: async (path: string, target: string, { range }: DownloadOptions = {}) => {
        downloads.push(path);
        const text = rows.join('');
        await writeFile(target, range ? text.slice(range.offset, range.offset + range.bytes) : text);
        return { sha256: HASH, bytes: 1 };
      },
      upload: async (path: string, file: string, source: string, { sha256 }: UploadOptions = {}) => {
        uploads.push({ path, file, content: await readFile(source, 'utf8'), sha256 });
      },
    },
    adapters: {
      locate: async ({ id }) => ({ id, dir: '/a', golden: null, blend: null, modelHash: null }),
      drop: async ({ id }) => void dropped.push(id),
    },
    documents: { locate: async ({ sha256 }) => `/documents/${sha256}` },
    batchData: { locate: async () => '' },
    scoring: { call },
    locateModel: (name) => ({ ...model, name }),
    newEngine: (role) => new EngineChild(role, { entry, computing: PLAIN_CPU }),
    log: () => {},
    nowMs: Date.now,
    graceMs: 500,
  });
}

const data: JobData = { kind: 'samples', sampling: samplingSchema.parse({}), path: '/rows', split: 'all' };
const common = {
  id: 'job',
  fence: 1,
  resultsPath: '/results',
  checkpoint: null,
  checkpointEveryMs: 0,
  stopping: false,
};
const tuneJob: TuneJob = {
  ...common,
  kind: 'tune',
  model: 'm',
  settings: tuningSettingsSchema.parse({}),
  train: data,
  valid: data,
  items: null,
  init: null,
};
const scoreJob = (first: number, count: number): ScoreJob => ({
  ...common,
  kind: 'score',
  model: 'm',
  adapter: { id: HASH, configPath: '/c', weightsPath: '/w', golden: null, blend: null, modelHash: null },
  items: null,
  template: 'clean',
  data,
  range: { offset: rows.slice(0, first).join('').length, bytes: rows.slice(first, first + count).join('').length },
  firstRow: first,
  rows: count,
  rank: null,
});

function context() {
  const events: NodeEvent[] = [];
  const controllers = { signal: new AbortController(), stop: new AbortController() };
  const given: JobContext = {
    signal: controllers.signal.signal,
    stop: controllers.stop.signal,
    onEvent: (event) => events.push(event),
  };
  return { events, given, ...controllers };
}

it('a tuning that is asked to stop ends as a success, and its files are sent with their checksums', async () => {
  const { events, given, stop } = context();
  const running = work().run(tuneJob, given);
  await vi.waitFor(() => expect(events).toHaveLength(1), { timeout: 5000 });
  stop.abort();
  const result = await running;
  expect(result).toMatchObject({ kind: 'tune', stopReason: 'stopped', modelHash: HASH });
  expect(downloads).toEqual(['/rows', '/rows']);
  expect(uploads).toEqual([]);

  const { out } = store.paths('job');
  const files = ['adapter_config.json', 'adapter_model.safetensors', 'report.json'];
  for (const file of files) await writeFile(join(out, file), file);
  await work().deliver(tuneJob, result, new AbortController().signal);
  expect(uploads.map(({ path, file, content }) => [path, file, content])).toEqual(
    files.map((file) => ['/results', file, file]),
  );
  const hash = '0'.repeat(64);
  expect(uploads.map(({ sha256 }) => sha256)).toEqual([hash, hash, undefined]);
});

it('a tuning that is given up ends, its engine at the latest after a grace', async () => {
  for (const name of ['m', 'stubborn']) {
    const { events, given, signal } = context();
    const running = work().run({ ...tuneJob, model: name }, given);
    running.catch(() => {});
    await vi.waitFor(() => expect(events).toHaveLength(1), { timeout: 5000 });
    signal.abort();
    await expect(running).rejects.toThrow();
  }
});

it('a piece of a batch is scored from its bytes alone, and what is there of it is kept with its checkpoint', async () => {
  const { given } = context();
  const job = scoreJob(2, 3);
  const result = await work().run(job, given);
  expect(scored).toEqual(['film 2', 'film 3', 'film 4']);
  const bytes = (await readFile(join(store.paths('job').checkpoint, 'predictions.jsonl'))).length;
  expect(result).toEqual({ kind: 'score', rows: 3, tokens: 3, bytes });
  await work().deliver(job, result, new AbortController().signal);
  expect(uploads).toMatchObject([{ path: '/results', file: 'predictions.jsonl' }]);
  expect(uploads[0]!.content.split('\n').map((line) => line && JSON.parse(line).row)).toEqual([2, 3, 4, '']);
});

it('an adapter that the engine refuses is fetched anew the next time', async () => {
  await mkdir(store.paths('job').dir, { recursive: true });
  const failed = work().run(scoreJob(4, 2), context().given);
  await expect(failed).rejects.toMatchObject({ code: 'ADAPTER_INVALID' });
  expect(dropped).toEqual([HASH]);
});
