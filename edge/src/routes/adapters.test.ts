import { env, exports } from 'cloudflare:workers';
import { type Adapter, type Alias, type AliasHistory, adapterId } from '@tallrec/shared/wire/adapters';
import type { AuditEntry } from '@tallrec/shared/wire/audit';
import type { ErrorBody } from '@tallrec/shared/wire/page';
import type { Upload } from '@tallrec/shared/wire/uploads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { places } from '../storage/places.ts';
import { ADAPTER_CONFIG, announce, imported, safetensorsOf, weightsOf } from '../testing/adapters.ts';
import { call, defaultWorkspace, newWorkspace } from '../testing/client.ts';
import { put } from '../testing/datasets.ts';
import { FakeNode, HASH, nodeStatus } from '../testing/fake-node.ts';
import { createTuning, samplesDataset } from '../testing/job-node.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const urlOf = (upload: Upload) => (upload as Extract<Upload, { mode: 'single' }>).url;

/** Tries what is imported. */
let trier: FakeNode;
beforeAll(async () => {
  trier = await FakeNode.joined(nodeStatus());
});
afterAll(() => trier.drop());

const keysBelow = async (prefix: string) => (await env.BUCKET.list({ prefix })).objects.map(({ key }) => key);

const WHOLE_BLEND = {
  rank: { logit: 0.5, fans: 0.25, itemMean: 0 },
  score: { bias: -1, rank: 1, historyShare: 2 },
  ...{ samples: 40, users: 3 },
  items: { likes: 1, ratings: 2, items: [['A', 1, 2]] },
};

describe('importing', () => {
  it('gives an adapter its content hash as name, and its bytes back', async () => {
    const { status, body } = await imported('some weights');
    expect(status).toBe(201);
    const { configSha256, weightsSha256 } = body.files;
    expect(body).toMatchObject({
      id: await adapterId({ configSha256, weightsSha256 }),
      template: 'tallrec',
      tuning: null,
      files: { weightsBytes: weightsOf('some weights').length },
    });
    expect((await call('GET', `/v1/adapters/${body.id}/files/adapter_config.json`)).body).toEqual(
      JSON.parse(ADAPTER_CONFIG),
    );
    expect((await call('GET', `/v1/adapters/${body.id}/files/..%2Fsecrets`)).status).toBe(400);
    const again = await imported('some weights');
    expect(again.body).toEqual(body);
    const { id: workspace } = await defaultWorkspace();
    expect(await keysBelow(`ws/${workspace}/imports/${body.id}/`)).toEqual([]);
    const range = { Range: 'bytes=5-6' };
    const part = await exports.default.fetch(
      new Request(`https://edge.test/v1/adapters/${body.id}/files/adapter_model.safetensors`, {
        headers: { Authorization: `Bearer ${(await defaultWorkspace()).key}`, ...range },
      }),
    );
    expect([part.status, part.headers.get('Content-Range'), (await part.bytes()).length]).toEqual([
      206,
      `bytes 5-6/${weightsOf('some weights').length}`,
      2,
    ]);
  });

  it('goes on with the uploads that were announced', async () => {
    const first = await announce(ADAPTER_CONFIG, weightsOf('in two goes'));
    await put(urlOf(first.upload.config), bytesOf(ADAPTER_CONFIG));
    const again = await announce(ADAPTER_CONFIG, weightsOf('in two goes'));
    expect(again.upload).toMatchObject({
      config: { id: first.upload.config.id, received: true },
      weights: { id: first.upload.weights.id, received: false },
    });
  });

  it('takes the blend that was fit with it', async () => {
    const { items: _, ...weights } = WHOLE_BLEND;
    const blend = WHOLE_BLEND;
    const { body } = await imported('blended', { fields: { blend: { adapter: 'a'.repeat(64), ...blend } } });
    expect(body.blend).toEqual(weights);
    const keys = (await keysBelow('')).filter((key) => key.includes(body.id) && key.includes('blend'));
    expect(keys).toEqual([expect.stringMatching(`/adapters/${body.id}/blend-[0-9a-f]{64}\\.json$`)]);
    expect(await (await env.BUCKET.get(keys[0]!))!.json()).toEqual({ adapter: body.id, ...blend });
    expect((await imported('plain')).body.blend).toBeNull();
    const wrong = await imported('wrong', { fields: { blend: { ...blend, samples: 0 } } });
    expect(wrong.body).toMatchObject({ error: { code: 'VALIDATION_FAILED' } });
  });

  it('keeps no bytes but those announced', async () => {
    const { upload, body } = await announce(ADAPTER_CONFIG, weightsOf('honest'));
    expect((await put(urlOf(upload.config), bytesOf(ADAPTER_CONFIG))).status).toBe(200);
    expect((await put(urlOf(upload.weights), weightsOf('forged'))).body.error.code).toBe('CHECKSUM_MISMATCH');
    const { configSha256, weightsSha256 } = body;
    const early = await call('POST', '/v1/adapters', {
      body: { configSha256, weightsSha256, name: 'x', model: 'tiny' },
    });
    expect(early.body.error).toMatchObject({ code: 'ILLEGAL_STATE', message: expect.stringContaining('safetensors') });
  });

  it('refuses what is no LoRA adapter', async () => {
    const refused = await imported('w', { config: '{"peft_type":"PREFIX_TUNING"}' });
    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'ADAPTER_INVALID' } } });
  });
});

describe('importing what is there already', () => {
  const again = (name: string, fields: object, key?: string) => imported(name, { fields, ...(key ? { key } : {}) });

  it('adds what was not known of it', async () => {
    const { key } = await newWorkspace();
    const first = await again('told late', { template: undefined }, key);
    expect(first.body).toMatchObject({ template: 'clean', templateAssumed: true, stage: null, modelHash: null });
    expect(first.body.warnings).toEqual([expect.stringMatching(/Which template .* not known, and clean is assumed/)]);
    const told = await again('told late', { template: 'tallrec', stage: 'rec', modelHash: HASH }, key);
    expect(told.status).toBe(201);
    const known = { template: 'tallrec', templateAssumed: false, stage: 'rec', modelHash: HASH, warnings: [] };
    expect(told.body).toMatchObject(known);
    expect((await call<Adapter>('GET', `/v1/adapters/${first.body.id}`, { key })).body).toMatchObject(known);
    expect((await again('told late', { template: undefined }, key)).body).toMatchObject(known);
    const audit = await call<{ items: AuditEntry[] }>('GET', `/v1/audit?subject=${first.body.id}`, { key });
    expect(audit.body.items.filter(({ action }) => action === 'adapter.tell')).toHaveLength(1);
  });

  it('adds a blend that was fit with it, in its own file', async () => {
    const { key, id: workspace } = await newWorkspace();
    const { body } = await again('blended late', {}, key);
    expect(body.blend).toBeNull();
    const told = await again('blended late', { blend: WHOLE_BLEND }, key);
    expect(told).toMatchObject({ status: 201, body: { blend: { samples: 40, users: 3 } } });
    expect(told.body.blend).not.toHaveProperty('items');
    const [file] = (await keysBelow(places.adapter(workspace, body.id))).filter((path) => path.includes('blend'));
    expect(await (await env.BUCKET.get(file!))!.json()).toEqual({ adapter: body.id, ...WHOLE_BLEND });
  });

  it.each([
    ['template', 'clean'],
    ['modelHash', 'a'.repeat(64)],
    ['stage', 'alpaca'],
    ['model', 'another'],
    ['blend', { ...WHOLE_BLEND, items: { likes: 2, ratings: 2, items: [['A', 2, 2]] } }],
  ])('refuses another %s', async (field, value) => {
    const fields = { stage: 'rec', modelHash: HASH, blend: WHOLE_BLEND };
    const { body } = await again(`contradicted in ${field}`, fields);
    const refused = await again(`contradicted in ${field}`, { ...fields, [field]: value });
    expect(refused).toMatchObject({
      status: 409,
      body: {
        error: { code: 'CONFLICT', message: expect.stringMatching(new RegExp(`^body\\.${field}: .*is here already`)) },
      },
    });
    expect((await again(`contradicted in ${field}`, fields)).body).toEqual(body);
  });

  it('has a node try it on the model that is told', async () => {
    const { key } = await newWorkspace();
    const { body } = await again('tried late', {}, key);
    const node = await FakeNode.joined(nodeStatus(), key);
    const refused = await again('tried late', { modelHash: 'a'.repeat(64) }, key);
    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'ADAPTER_INVALID' } } });
    expect((await call<Adapter>('GET', `/v1/adapters/${body.id}`, { key })).body.modelHash).toBeNull();
    expect((await again('tried late', { modelHash: HASH }, key)).body.modelHash).toBe(HASH);
    node.drop();
  });
});

describe('an adapter that cannot be used', () => {
  const tensor = { dtype: 'F32', shape: [1, 1], data_offsets: [0, 4] };

  it.each([
    [
      'a Git LFS pointer',
      bytesOf('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n'),
      /Git LFS pointer/,
    ],
    ['a pickle', bytesOf('PK\x03\x04 and the rest'), /is a pickle/],
    ['text', bytesOf('some weights'), /no safetensors file/],
    ['a few bytes', bytesOf('four'), /has 4 bytes/],
    ['what is cut short', weightsOf('cut').slice(0, -1), /its tensors end at/],
    ['weights of no LoRA', safetensorsOf({ 'model.norm.weight': tensor }, 4), /holds no LoRA tensors/],
    [
      'a header of no sense',
      safetensorsOf({ 'a.lora_A.weight': { ...tensor, data_offsets: 4 } }, 4),
      /nothing sound of a\.lora_A/,
    ],
  ])('as %s, is found when it is imported', async (what, weights, message) => {
    const { status, body } = await imported(what, { weights });
    expect(status).toBe(422);
    expect(body).toMatchObject({ error: { code: 'ADAPTER_INVALID', message: expect.stringMatching(message) } });
  });

  it('by a node, is found when it is imported, and leaves nothing', async () => {
    const { key } = await newWorkspace();
    const node = await FakeNode.joined(nodeStatus(), key);
    const message = 'adapter 01…/adapter_model.safetensors lacks a layer.';
    const error = { code: 'ADAPTER_INVALID', message, retryable: false, requestId: 'r' };
    node.onRequest = () => ({ status: 422, body: { error } });
    const refused = await imported('lacking', { key });
    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'ADAPTER_INVALID', message } } });
    expect((await call<{ items: unknown[] }>('GET', '/v1/adapters', { key })).body.items).toEqual([]);
    node.onRequest = undefined;
    const taken = await imported('lacking', { key });
    expect(taken).toMatchObject({ status: 201, body: { modelHash: HASH } });
    node.drop();
  });

  it('by a node, is found before an alias points at it, where none could tell when it was imported', async () => {
    const { key } = await newWorkspace();
    const { body: adapter } = await imported('too early', { key });
    expect(adapter.modelHash).toBeNull();
    const point = () => call<Adapter & ErrorBody>('PUT', '/v1/aliases/live', { key, body: { adapter: adapter.id } });
    expect(await point()).toMatchObject({
      status: 503,
      body: { error: { code: 'NODE_UNAVAILABLE', message: expect.stringMatching(/No node has loaded the adapter/) } },
    });
    const node = await FakeNode.joined(nodeStatus(), key);
    const error = { code: 'ADAPTER_INVALID', message: 'The activations overflow.', retryable: false, requestId: 'r' };
    node.onRequest = () => ({ status: 422, body: { error } });
    expect(await point()).toMatchObject({ status: 422, body: { error: { code: 'ADAPTER_INVALID' } } });
    expect((await call('GET', '/v1/aliases/live', { key })).status).toBe(404);
    node.onRequest = undefined;
    expect((await point()).body).toMatchObject({ aliases: ['live'], modelHash: HASH });
    const { length } = node.frames.filter(({ type }) => type === 'request');
    await point();
    expect(node.frames.filter(({ type }) => type === 'request')).toHaveLength(length);
    node.drop();
  });
});

describe('aliases', () => {
  it('move from one adapter to another, and keep an adapter from being deleted', async () => {
    const [a, b] = [(await imported('first')).body.id, (await imported('second')).body.id];
    const point = (adapter: string) => call<Adapter>('PUT', '/v1/aliases/production', { body: { adapter } });
    expect((await point(a)).body.aliases).toEqual(['production']);
    expect((await call<Adapter>('GET', '/v1/adapters/production')).body.id).toBe(a);
    const stop = new AbortController();
    const seen = new Set<string>();
    const reading = (async () => {
      while (!stop.signal.aborted) seen.add((await call<Adapter>('GET', '/v1/adapters/production')).body.id);
    })();
    for (let i = 0; i < 10; i++) await point(i % 2 ? a : b);
    stop.abort();
    await reading;
    expect([...seen].filter((id) => id !== a && id !== b)).toEqual([]);

    expect((await call('DELETE', `/v1/adapters/${a}`)).body.error).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('production'),
    });
    expect((await call('PUT', '/v1/aliases/production', { body: { adapter: 'f'.repeat(64) } })).status).toBe(404);
    await point(b);
    expect((await call('DELETE', `/v1/adapters/${a}`)).status).toBe(204);
    expect((await call('GET', `/v1/adapters/${a}`)).status).toBe(404);
    expect((await call('DELETE', '/v1/aliases/production')).status).toBe(204);
    expect((await call('GET', '/v1/adapters/production')).status).toBe(404);
  });

  it('tell where they point, and where they pointed before', async () => {
    const [a, b] = [(await imported('third')).body.id, (await imported('fourth')).body.id];
    for (const adapter of [a, a, b]) await call('PUT', '/v1/aliases/told', { body: { adapter } });
    const { body } = await call<AliasHistory>('GET', '/v1/aliases/told');
    expect(body).toMatchObject({ alias: 'told', adapter: b });
    expect(body.history.map(({ adapter }) => adapter)).toEqual([b, a]);
    expect(body.history[0]!.by).toMatch(/^key_/);
    const listed = await call<{ items: Alias[] }>('GET', '/v1/aliases?limit=100');
    expect(listed.body.items).toContainEqual({ alias: 'told', adapter: b, updatedAt: body.updatedAt });
    await call('DELETE', '/v1/aliases/told');
    expect((await call('GET', '/v1/aliases/told')).status).toBe(404);
    await call('PUT', '/v1/aliases/told', { body: { adapter: a } });
    const after = (await call<AliasHistory>('GET', '/v1/aliases/told')).body.history;
    expect(after.map(({ adapter }) => adapter)).toEqual([a, null, b, a]);
    const audit = await call<{ items: AuditEntry[] }>('GET', '/v1/audit?subject=told');
    expect(audit.body.items.map(({ action }) => action).sort()).toEqual([
      'alias.delete',
      'alias.move',
      'alias.move',
      'alias.move',
    ]);
    await call('DELETE', '/v1/aliases/told');
  });

  it('keep their names apart from content hashes', async () => {
    const { body } = await call('PUT', '/v1/aliases/Production!', { body: { adapter: 'f'.repeat(64) } });
    expect(body.error.code).toBe('VALIDATION_FAILED');
  });
});

describe('an adapter that a tuning starts from', () => {
  it('is of that model, and stays until the tuning has ended', async () => {
    const { id } = (await imported('start')).body;
    const dataset = (await samplesDataset()).id;
    const wrong = await call('POST', '/v1/tunings', { body: { model: 'other', dataset, initAdapter: id, wait: true } });
    expect(wrong.body.error.code).toBe('ADAPTER_INVALID');
    const tuning = await createTuning(dataset, { initAdapter: id });
    expect(tuning.initAdapter).toBe(id);
    const kept = await call('DELETE', `/v1/adapters/${id}`);
    expect(kept.body.error).toMatchObject({ code: 'CONFLICT', details: { aliases: [], jobs: [tuning.id] } });
    await call('POST', `/v1/tunings/${tuning.id}/cancel`);
    expect((await call('DELETE', `/v1/adapters/${id}`)).status).toBe(204);
  });
});

describe('adapters of one workspace', () => {
  it('are not those of another, though their content be the same', async () => {
    const other = await newWorkspace();
    const mine = (await imported('the same in both')).body;
    const { key } = other;
    await call('PUT', '/v1/aliases/both', { body: { adapter: mine.id } });
    for (const ask of [
      ['GET', `/v1/adapters/${mine.id}`],
      ['GET', '/v1/adapters/both'],
      ['GET', `/v1/adapters/${mine.id}/files/adapter_config.json`],
      ['DELETE', `/v1/adapters/${mine.id}`],
      ['GET', '/v1/aliases/both'],
      ['DELETE', '/v1/aliases/both'],
    ] as const) {
      expect([...ask, (await call(ask[0], ask[1], { key })).status]).toEqual([...ask, 404]);
    }
    expect((await call('PUT', '/v1/aliases/both', { key, body: { adapter: mine.id } })).status).toBe(404);
    expect((await call<{ items: unknown[] }>('GET', '/v1/adapters', { key })).body.items).toEqual([]);
    expect((await call<{ items: unknown[] }>('GET', '/v1/aliases', { key })).body.items).toEqual([]);

    const theirs = (await imported('the same in both', { fields: { name: 'theirs' }, key })).body;
    expect([theirs.id, theirs.name, theirs.aliases]).toEqual([mine.id, 'theirs', []]);
    expect((await call('DELETE', `/v1/adapters/${mine.id}`, { key })).status).toBe(204);
    expect(await keysBelow(places.adapter(other.id, mine.id))).toEqual([]);
    expect(await keysBelow(places.adapter((await defaultWorkspace()).id, mine.id))).toHaveLength(2);
    expect((await call<Adapter>('GET', '/v1/adapters/both')).body.id).toBe(mine.id);
    await call('DELETE', '/v1/aliases/both');
  });
});

it('lists adapters newest first, page by page', async () => {
  const ids: string[] = [];
  for (const name of ['p1', 'p2', 'p3']) ids.unshift((await imported(name)).body.id);
  const listed: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`;
    const page = await call<{ items: Adapter[]; nextCursor: string | null }>('GET', `/v1/adapters?limit=1${query}`);
    listed.push(...page.body.items.map(({ id }) => id));
    cursor = page.body.nextCursor;
  } while (cursor !== null);
  expect(new Set(listed).size).toBe(listed.length);
  expect(listed.filter((id) => ids.includes(id)).sort()).toEqual([...ids].sort());
});
