import { env } from 'cloudflare:workers';
import { newId } from '@tallrec/shared/ids';
import { samplingSchema } from '@tallrec/shared/interactions';
import type { DatasetState } from '@tallrec/shared/wire/datasets';
import { expect, it } from 'vitest';
import { makeDepsAt } from '../compose.ts';
import type { Deps } from '../deps.ts';
import { parseEnv } from '../env.ts';
import { findAdapter } from '../repo/adapters.ts';
import { findDataset, insertDataset } from '../repo/datasets.ts';
import { findUpload, findUploadAt, importSubject } from '../repo/uploads.ts';
import { places } from '../storage/places.ts';
import { sweepDatasets } from './dataset-sweep.ts';
import { finishDeletingDataset } from './datasets.ts';
import { receivePart } from './transfers.ts';
import { completeUpload, newUpload, openUpload } from './uploads.ts';
import { firstValidation } from './validation/start.ts';

/** Long before every other test's rows, so that the sweep has these alone in view. */
const START_MS = 1_000_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;
const MINUTE_MS = 60_000;
const WORKSPACE = 'ws_sweep';

/** The sweep as it runs at this time, with these instances alive. */
function at(nowMs: number, alive: string[] = []) {
  const calls: string[] = [];
  const real = makeDepsAt(parseEnv(env), { nowMs: () => nowMs });
  const deps: Deps = {
    ...real,
    durations: { ...real.durations, stepRetryMs: 30_000 },
    validations: {
      start: async (_, instance) => {
        if (alive.includes(instance)) throw new Error('it exists already');
        calls.push(`start ${instance}`);
      },
      wake: async (instance) => {
        calls.push(`wake ${instance}`);
      },
      isAlive: async (instance) => alive.includes(instance),
    },
  };
  return { deps, calls };
}

async function insert(state: DatasetState, nowMs: number, instance?: string) {
  const { deps } = at(nowMs);
  const id = newId('dataset', nowMs);
  const key = places.datasetRaw(WORKSPACE, id);
  const upload = newUpload(deps, { workspace: WORKSPACE, key, subject: id, bytes: 3 });
  const fixed = { name: 'x', kind: 'items', format: 'csv', bytes: 3, sha256: null, stats: null, facts: null } as const;
  const empty = {
    columns: null,
    badRows: 'refuse' as const,
    warnings: [],
    errorCount: 0,
    rowErrors: [],
    rowsUploadId: null,
    createdBy: 'key_x',
  };
  const ctx = { workspace: WORKSPACE, actor: 'key_x' };
  await insertDataset(
    deps.db,
    {
      id,
      workspace: WORKSPACE,
      state,
      upload: upload.id,
      instance: instance ?? firstValidation(id),
      sampling: samplingSchema.parse({}),
      ...fixed,
      ...empty,
      createdAt: nowMs,
      updatedAt: nowMs,
    },
    upload,
    { ctx, action: 'dataset.create', subject: id, nowMs },
  );
  return { id, upload: upload.id, key };
}
const stateOf = async (id: string) => (await findDataset(at(0).deps.db, WORKSPACE, id))?.state;
const send = async (deps: Deps, upload: string, text: string) =>
  await receivePart(
    deps,
    { upload, part: 1 },
    { contentLength: String(text.length), sha256: undefined, body: new Blob([text]).stream() },
  );

it('wakes validations that went silent, and starts those again whose instance has ended or never was', async () => {
  const now = START_MS + 10 * MINUTE_MS;
  const silent = (await insert('validating', START_MS)).id;
  const ended = (await insert('validating', START_MS)).id;
  const lost = (await insert('uploaded', START_MS)).id;
  const busy = (await insert('validating', now - MINUTE_MS)).id;
  const { deps, calls } = at(now, [`${silent}-1-0`]);
  await sweepDatasets(deps);
  const own = calls.filter((call) => [silent, ended, lost, busy].some((id) => call.includes(id)));
  expect(own.sort()).toEqual([`start ${ended}-1-1`, `start ${lost}-1-1`, `wake ${silent}-1-0`].sort());
  // Having been looked at, they are left alone for a while.
  const soon = at(now + 1000, [`${silent}-1-0`]);
  await sweepDatasets(soon.deps);
  expect(soon.calls.filter((call) => call.includes(silent) || call.includes(lost))).toEqual([]);
});

it('finishes deletions that broke off, however far they had got', async () => {
  const { id, key, upload } = await insert('deleting', START_MS);
  const { uploadId } = await env.BUCKET.createMultipartUpload(places.datasetRows(WORKSPACE, id));
  await env.DB.prepare('update datasets set rows_upload_id = ? where id = ?').bind(uploadId, id).run();
  await env.BUCKET.put(key, 'abc');
  await env.BUCKET.put(`${places.datasetValidation(WORKSPACE, id, '1')}4`, 'state');
  const begun = await insert('deleting', START_MS);
  const { deps } = at(START_MS + 5 * MINUTE_MS);
  await finishDeletingDataset(deps, (await findDataset(deps.db, WORKSPACE, begun.id))!);
  await env.DB.prepare(
    "insert into adapters (workspace, id, state, name, model, template, config_sha256, weights_sha256, weights_bytes, created_by, created_at) values (?, 'abc', 'deleting', 'x', 'm', 'clean', '', '', 1, 'key_x', 0)",
  )
    .bind(WORKSPACE)
    .run();
  await env.BUCKET.put(places.adapterFile(WORKSPACE, 'abc', 'adapter_config.json'), '{}');
  await sweepDatasets(deps);
  expect(await stateOf(id)).toBeUndefined();
  expect(await findUpload(deps.db, upload)).toBeUndefined();
  expect((await env.BUCKET.list({ prefix: places.dataset(WORKSPACE, id) })).objects).toEqual([]);
  const rows = env.BUCKET.resumeMultipartUpload(places.datasetRows(WORKSPACE, id), uploadId);
  await expect(rows.uploadPart(1, 'x')).rejects.toThrow('10024');
  expect(await findAdapter(deps.db, WORKSPACE, 'abc')).toBeUndefined();
  expect((await env.BUCKET.list({ prefix: places.adapter(WORKSPACE, 'abc') })).objects).toEqual([]);
});

it('drops uploads that nobody went on with, of datasets, jobs and imports, with their bytes', async () => {
  const began = at(START_MS).deps;
  const never = await insert('created', START_MS);
  const half = await insert('created', START_MS);
  await send(began, half.upload, 'abc');
  const later = START_MS + 3 * DAY_MS;
  const goneOn = await insert('created', START_MS);
  await send(at(later).deps, goneOn.upload, 'abc');
  const whole = await insert('created', START_MS);
  await send(began, whole.upload, 'abc');
  await completeUpload(began, (await findUpload(began.db, whole.upload))!);

  const open = (key: string, subject: string, fence?: number) =>
    openUpload(began, { workspace: WORKSPACE, key, subject, bytes: 3, ...(fence === undefined ? {} : { fence }) });
  const imported = await open(places.adapterImport(WORKSPACE, 'def', 'adapter_config.json'), importSubject('def'));
  await send(began, imported.id, 'abc');
  await completeUpload(began, (await findUpload(began.db, imported.id))!);
  const jobFile = (file: string) => places.jobResult(WORKSPACE, 'tun_swept', 1, file);
  const result = await open(jobFile('report.json'), 'tun_swept', 1);
  const kept = await open(jobFile('checkpoint-1/state'), 'tun_swept');
  await send(began, kept.id, 'abc');
  await completeUpload(began, (await findUpload(began.db, kept.id))!);

  const { deps } = at(START_MS + 8 * DAY_MS);
  await sweepDatasets(deps);
  for (const { id, key } of [never, half, whole]) {
    expect(await stateOf(id)).toBeUndefined();
    expect(await findUploadAt(deps.db, WORKSPACE, key)).toBeUndefined();
    expect(await env.BUCKET.head(key)).toBeNull();
  }
  expect(await stateOf(goneOn.id)).toBe('created');
  expect(await env.BUCKET.head(goneOn.key)).not.toBeNull();
  expect(await findUpload(deps.db, imported.id)).toBeUndefined();
  expect(await env.BUCKET.head(imported.key)).toBeNull();
  expect(await findUpload(deps.db, result.id)).toBeUndefined();
  expect(await env.BUCKET.head(kept.key)).not.toBeNull();
});
