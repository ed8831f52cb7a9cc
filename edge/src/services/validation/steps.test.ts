import { env } from 'cloudflare:workers';
import { newId } from '@tallrec/shared/ids';
import { samplingSchema } from '@tallrec/shared/interactions';
import type { DatasetKind } from '@tallrec/shared/wire/datasets';
import { describe, expect, it } from 'vitest';
import { makeDeps } from '../../compose.ts';
import type { Deps } from '../../deps.ts';
import { parseEnv } from '../../env.ts';
import { findDataset, insertDataset, moveDataset } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { failing } from '../../testing/failing.ts';
import { deleteDataset } from '../datasets.ts';
import { newUpload } from '../uploads.ts';
import { stateKey } from './slice.ts';
import { firstValidation, nextStart } from './start.ts';
import { type Begun, beginValidation, runSlice, settleValidation } from './steps.ts';

const WORKSPACE = 'ws_steps';
const ctx = { workspace: WORKSPACE, actor: 'key_test' };
const SLICE_BYTES = 300;

const started: string[] = [];
const deps: Deps = {
  ...makeDeps(parseEnv(env)),
  validations: {
    start: async (_, instance) => {
      started.push(instance);
    },
    wake: async () => undefined,
    isAlive: async () => false,
  },
};

const line = (at: number) => `${JSON.stringify({ instruction: `say ${at}`, output: 'x'.repeat(50) })}\n`;
const content = Array.from({ length: 20 }, (_, at) => line(at)).join('');

async function uploadedDataset(text = content, kind: DatasetKind = 'instructions') {
  const id = newId('dataset', Date.now());
  const sampling = samplingSchema.parse({});
  const upload = newUpload(deps, {
    workspace: WORKSPACE,
    key: places.datasetRaw(WORKSPACE, id),
    subject: id,
    bytes: text.length,
  });
  const fixed = { name: 'x', kind, format: 'jsonl', sha256: null, sampling, stats: null, facts: null } as const;
  const empty = {
    columns: null,
    badRows: 'refuse' as const,
    warnings: [],
    errorCount: 0,
    rowErrors: [],
    rowsUploadId: null,
    createdBy: ctx.actor,
  };
  const instance = firstValidation(id);
  const times = { createdAt: Date.now(), updatedAt: Date.now() };
  const row = { id, workspace: WORKSPACE, state: 'uploaded', bytes: text.length, upload: upload.id, instance } as const;
  const audit = { ctx, action: 'dataset.create', subject: id, nowMs: Date.now() };
  await insertDataset(deps.db, { ...row, ...fixed, ...empty, ...times }, upload, audit);
  await env.BUCKET.put(places.datasetRaw(WORKSPACE, id), text);
  return { id, instance };
}

const keysOf = async (id: string) =>
  (await env.BUCKET.list({ prefix: places.dataset(WORKSPACE, id) })).objects.map(({ key }) =>
    key.slice(places.dataset(WORKSPACE, id).length),
  );

/** Tries a step as the Workflow does. */
async function persistently<T>(step: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 500; tries++) {
    try {
      return await step();
    } catch {
      // The platform is out of reach.
    }
  }
  throw new Error('it never succeeded');
}

/** The deletion falls into the middle of a slice, before it has written what it leaves. */
function deletingAtPut(id: string): Deps {
  return {
    ...deps,
    bucket: new Proxy(deps.bucket, {
      get: (bucket, name) => {
        if (name !== 'put') return Reflect.get(bucket, name).bind(bucket);
        return async (...args: Parameters<R2Bucket['put']>) => {
          await deleteDataset(deps, ctx, id);
          return await bucket.put(...args);
        };
      },
    }),
  };
}

async function validated(input: Begun, tried: Deps = deps) {
  for (let slice = input.slice; ; slice++) {
    const result = await persistently(() => runSlice(tried, input, slice, SLICE_BYTES));
    if (result.status === 'found') return await persistently(() => settleValidation(tried, input, result.found));
    if (result.status === 'stopped') return 'stopped';
  }
}

describe('a validation', () => {
  it('is not the worse for a storage and a record that are out of reach again and again', async () => {
    const { id, instance } = await uploadedDataset();
    const calls = { made: 0 };
    const fails = () => calls.made++ % 45 < 30;
    const unsteady = { ...deps, bucket: failing(deps.bucket, fails), db: failing(deps.db, fails) };
    const input = await persistently(() => beginValidation(unsteady, id, instance));
    expect(await validated(input!, unsteady)).toBe('ready');
    expect(calls.made).toBeGreaterThan(90);
    expect(await findDataset(deps.db, WORKSPACE, id)).toMatchObject({
      state: 'ready',
      stats: { rows: 20 },
      errorCount: 0,
    });
    expect(await keysOf(id)).toEqual(['raw', 'rows.jsonl']);
    const rows = await (await env.BUCKET.get(places.datasetRows(WORKSPACE, id)))!.text();
    expect(rows.split('\n').length).toBe(21);
  });

  it('throws what the platform refuses, so that the step is tried again, and finds nothing wrong with the file', async () => {
    const { id, instance } = await uploadedDataset();
    const input = (await beginValidation(deps, id, instance))!;
    const dead = { ...deps, bucket: failing(deps.bucket, () => true) };
    await expect(runSlice(dead, input, 1, SLICE_BYTES)).rejects.toThrow('internal error (10001)');
    expect(await findDataset(deps.db, WORKSPACE, id)).toMatchObject({ state: 'validating', errorCount: 0 });
  });

  it('goes on in another instance from its last slice', async () => {
    const { id, instance } = await uploadedDataset();
    const first = (await beginValidation(deps, id, instance))!;
    for (const slice of [1, 2, 3]) expect((await runSlice(deps, first, slice, SLICE_BYTES)).status).toBe('more');
    const next = nextStart(instance);
    await moveDataset(deps.db, id, {
      workspace: WORKSPACE,
      from: ['validating'],
      change: { instance: next },
      nowMs: 1,
    });
    expect(await beginValidation(deps, id, instance)).toBeNull();
    expect((await runSlice(deps, first, 4, SLICE_BYTES)).status).toBe('stopped');
    const second = (await beginValidation(deps, id, next))!;
    expect(second.slice).toBe(4);
    expect(await validated(second)).toBe('ready');
    expect((await findDataset(deps.db, WORKSPACE, id))!.stats!.rows).toBe(20);
  });

  it('ends when its dataset is deleted, and leaves nothing behind', async () => {
    const { id, instance } = await uploadedDataset();
    const input = (await beginValidation(deps, id, instance))!;
    await runSlice(deps, input, 1, SLICE_BYTES);
    expect((await runSlice(deletingAtPut(id), input, 2, SLICE_BYTES)).status).toBe('stopped');
    expect(await findDataset(deps.db, WORKSPACE, id)).toBeUndefined();
    expect(await keysOf(id)).toEqual([]);
  });

  it('leaves no items of a dataset that is deleted as they are written', async () => {
    const { id, instance } = await uploadedDataset('{"title":"Heat"}\n', 'items');
    const input = (await beginValidation(deps, id, instance))!;
    const result = await runSlice(deletingAtPut(id), input, 1);
    if (result.status !== 'found') throw new Error(result.status);
    expect(await keysOf(id)).toEqual(['items.json']);
    expect(await settleValidation(deps, input, result.found)).toBe('stopped');
    expect(await keysOf(id)).toEqual([]);
  });

  const losses: [string, (input: Begun) => Promise<unknown>][] = [
    [
      'its rows were lost',
      ({ dataset: { id }, rowsUploadId }) =>
        env.BUCKET.resumeMultipartUpload(places.datasetRows(WORKSPACE, id), rowsUploadId).abort(),
    ],
    [
      'another version of the edge has left its state',
      async (input) => {
        const json = new TextEncoder().encode('{"position":{}}');
        const bytes = new Uint8Array(8 + json.length);
        new DataView(bytes.buffer).setUint32(0, json.length);
        bytes.set(json, 8);
        await env.BUCKET.put(stateKey(input, 1), bytes);
      },
    ],
  ];
  it.each(losses)('begins anew where %s', async (_, lose) => {
    const { id, instance } = await uploadedDataset();
    const input = (await beginValidation(deps, id, instance))!;
    await runSlice(deps, input, 1, SLICE_BYTES);
    await lose(input);
    expect(await validated({ ...input, slice: 2 })).toBe('stopped');
    const row = (await findDataset(deps.db, WORKSPACE, id))!;
    expect(row.state).toBe('uploaded');
    expect(started).toContain(row.instance);
    const again = (await beginValidation(deps, id, row.instance!))!;
    expect(again.slice).toBe(1);
    expect(await validated(again)).toBe('ready');
  });
});
