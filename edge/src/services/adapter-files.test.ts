import { env } from 'cloudflare:workers';
import { ADAPTER_FILES, adapterId } from '@tallrec/shared/wire/adapters';
import type { TuneResult } from '@tallrec/shared/wire/link';
import { describe, expect, it } from 'vitest';
import { makeDeps } from '../compose.ts';
import { parseEnv } from '../env.ts';
import { findAdapter } from '../repo/adapters.ts';
import { places } from '../storage/places.ts';
import { sha256 } from '../testing/datasets.ts';
import { failing } from '../testing/failing.ts';
import { deleteAdapter, publishAdapter } from './adapter-files.ts';

const deps = makeDeps(parseEnv(env));
const WORKSPACE = 'ws_publish';
const settings = { stage: 'rec' as const, template: 'clean' as const };
const bytesOf = (text: string) => new TextEncoder().encode(text);

async function finishedRun(weights: string) {
  const job = `tun_${crypto.randomUUID()}`;
  const config = '{"peft_type":"LORA"}';
  const files = {
    configSha256: await sha256(bytesOf(config)),
    weightsSha256: await sha256(bytesOf(weights)),
    weightsBytes: weights.length,
  };
  const place = (file: string) => places.jobResult(WORKSPACE, job, 2, file);
  await env.BUCKET.put(place(ADAPTER_FILES.config), config);
  await env.BUCKET.put(place(ADAPTER_FILES.weights), weights);
  const result = {
    kind: 'tune',
    adapter: await adapterId(files),
    files,
    modelHash: 'a'.repeat(64),
    golden: { template: 'clean', precision: 'f32', samples: [] },
    blend: null,
    bestValidAuc: 0.7,
    bestValidLoss: 0.5,
    stopReason: 'done',
  } as unknown as TuneResult;
  const run = {
    workspace: WORKSPACE,
    job,
    fence: 2,
    name: 'a',
    model: 'tiny',
    settings,
    items: null,
    createdBy: 'key_x',
  };
  return { run, result, weightsKey: place(ADAPTER_FILES.weights) };
}
const published = (id: string) => findAdapter(deps.db, WORKSPACE, id);

describe('publishing', () => {
  it('copies the files, records the adapter, and changes nothing when it is done again', async () => {
    const { run, result } = await finishedRun('some weights');
    await publishAdapter(deps, run, result);
    await publishAdapter(deps, run, result);
    expect(await published(result.adapter)).toMatchObject({ tuning: run.job, validAuc: 0.7, stage: 'rec' });
    const kept = await env.BUCKET.get(places.adapterFile(WORKSPACE, result.adapter, ADAPTER_FILES.weights));
    expect(await kept!.text()).toBe('some weights');
  });

  it('takes a passing fault of the storage for what it is, and not for a wrong checksum', async () => {
    const { run, result } = await finishedRun('sound weights');
    let calls = 0;
    const unsteady = { ...deps, bucket: failing(deps.bucket, () => ++calls === 3) };
    const error = await publishAdapter(unsteady, run, result).catch((thrown: Error) => thrown);
    expect(calls).toBe(3);
    expect(error).toMatchObject({
      name: 'Error',
      message: expect.stringContaining('put: We encountered an internal error'),
    });
    await publishAdapter(unsteady, run, result);
    expect(await published(result.adapter)).toBeDefined();
  });

  it('says CHECKSUM_MISMATCH of bytes that are not those announced, or not there, and of a name that is not theirs', async () => {
    const { run, result, weightsKey } = await finishedRun('true weights');
    await env.BUCKET.put(weightsKey, 'torn weights');
    await expect(publishAdapter(deps, run, result)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    await env.BUCKET.delete(weightsKey);
    await expect(publishAdapter(deps, run, result)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    const renamed = { ...result, adapter: 'b'.repeat(64) };
    await expect(publishAdapter(deps, run, renamed)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(await published(result.adapter)).toBeUndefined();
  });

  it('waits for the same adapter’s deletion, and has its files there afterwards', async () => {
    const { run, result } = await finishedRun('weights to come again');
    await publishAdapter(deps, run, result);
    await env.DB.prepare("update adapters set state = 'deleting' where workspace = ? and id = ?")
      .bind(WORKSPACE, result.adapter)
      .run();
    const error = await publishAdapter(deps, run, result).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'Error', message: expect.stringContaining('being deleted') });
    await deleteAdapter(deps, { workspace: WORKSPACE, actor: 'key_x' }, result.adapter);
    await publishAdapter(deps, run, result);
    const { objects } = await env.BUCKET.list({ prefix: places.adapter(WORKSPACE, result.adapter) });
    expect(objects).toHaveLength(2);
  });

  it('sees to the files when a deletion took them between copy and record', async () => {
    const { run, result } = await finishedRun('taken in between');
    let taken = false;
    const db = new Proxy(deps.db, {
      get: (real, name) => {
        const value = Reflect.get(real, name);
        if (name !== 'batch' || taken) return typeof value === 'function' ? value.bind(real) : value;
        return async (...args: Parameters<typeof deps.db.batch>) => {
          taken = true;
          await env.BUCKET.delete(places.adapterFile(WORKSPACE, result.adapter, ADAPTER_FILES.weights));
          return await deps.db.batch(...args);
        };
      },
    });
    await publishAdapter({ ...deps, db }, run, result);
    expect(taken).toBe(true);
    expect(await env.BUCKET.head(places.adapterFile(WORKSPACE, result.adapter, ADAPTER_FILES.weights))).not.toBeNull();
  });
});
