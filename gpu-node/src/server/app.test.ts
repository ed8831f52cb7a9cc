import { fileURLToPath } from 'node:url';
import { TallrecError } from '@tallrec/shared/errors';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import type { JobAdapter, JobFacts } from '@tallrec/shared/wire/link';
import type { NodeStatus } from '@tallrec/shared/wire/nodes';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PLAIN_CPU } from '../jobs/engine-calls.ts';
import { EngineChild } from '../jobs/engine-child.ts';
import { createNodeApi } from './api.ts';
import { createNodeApp } from './app.ts';
import { Scoring } from './scoring.ts';

const entry = fileURLToPath(new URL('../jobs/scripted-engine.ts', import.meta.url));
const scoring = new Scoring({ newEngine: () => new EngineChild('score', { entry, computing: PLAIN_CPU }) });
afterAll(() => scoring.close());

const HASH = 'ab'.repeat(32);
const adapter: JobAdapter = {
  id: HASH,
  configPath: '/c',
  weightsPath: '/w',
  golden: null,
  blend: null,
  modelHash: null,
};
const MODEL = { name: 'm', dir: '/m', contentHash: HASH };
const adapters = {
  locate: vi.fn(async ({ id }: JobAdapter) => ({ id, dir: '/x', golden: null, blend: null, modelHash: null })),
  drop: vi.fn(async () => {}),
};
const documents = { locate: vi.fn(async ({ sha256 }: JobFacts) => `/documents/${sha256}`) };
const told = { memory: null, wouldFit: null, tokensPerSample: 5, time: null, basis: 'as told', measuring: false };
const estimate = vi.fn(async () => told);
const logged: string[] = [];
const api = createNodeApi({
  scoring,
  adapters,
  documents,
  locateModel: (name) => {
    if (name === 'm') return MODEL;
    throw new TallrecError('MODEL_UNSUPPORTED', `This node does not hold the model ${name}.`);
  },
  estimates: { estimate },
  status: () => ({ provider: 'cpu' }) as NodeStatus,
  log: (line) => logged.push(line),
});
const app = createNodeApp(api);
const post = async (path: string, body: unknown) => {
  const init = { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await app.request(path, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const score = (title: string, more = {}) =>
  post('/score', {
    model: 'm',
    template: 'clean',
    adapter: null,
    samples: [{ history: [], target: { title } }],
    ...more,
  });

beforeEach(() => vi.clearAllMocks());

describe("the node's app", () => {
  it('says how it is', async () => {
    expect(await (await app.request('/health')).json()).toEqual({ provider: 'cpu' });
  });

  it('scores, ranks and counts', async () => {
    const scores = [{ score: 0.5, yesLogit: 0, noLogit: 0 }];
    expect((await score('A', { adapter })).body).toEqual({ scores, tokens: 1, model: 'm', adapter: HASH });
    const rank = { model: 'm', template: 'clean', adapter: null, history: [], candidates: [{ title: 'A' }] };
    expect((await post('/rank', rank)).body).toEqual({ ranking: [], tokens: 0, model: 'm', adapter: null });
    expect((await post('/tokens', { model: 'm', texts: ['abc'] })).body).toEqual({ counts: [3] });
    expect((await post('/tokens', { model: 'm', texts: ['abc'], pieces: true })).body).toEqual({
      counts: [3],
      pieces: [['a', 'b', 'c']],
    });
  });

  it('has facts about items fetched by their hash, and computed with', async () => {
    const call = vi.spyOn(scoring, 'call');
    const items = { sha256: 'cd'.repeat(32), bytes: 9, path: '/f' };
    const rank = { model: 'm', template: 'clean', adapter, history: [], candidates: [{ title: 'A' }] };
    expect([(await score('A', { adapter, items })).status, (await post('/rank', { ...rank, items })).status]).toEqual([
      200, 200,
    ]);
    for (const [, params] of call.mock.calls) expect(params).toMatchObject({ facts: `/documents/${items.sha256}` });
    expect(documents.locate).toHaveBeenCalledTimes(2);
    expect(documents.locate).toHaveBeenCalledWith(items, expect.anything());
    await score('A', { adapter });
    expect(call.mock.calls.at(-1)![1]).toMatchObject({ facts: undefined });
    call.mockRestore();
  });

  it('tries an adapter, and tells no path of one that is bad', async () => {
    const trial = { model: 'm', template: 'tallrec', adapter };
    const golden = { template: 'tallrec', precision: 'f32', samples: [{ prompt: 'p', yesLogit: 1, noLogit: 0 }] };
    expect(await post('/trial', trial)).toEqual({ status: 200, body: { golden, modelHash: HASH, warnings: [] } });
    adapters.locate.mockResolvedValueOnce({
      ...{ id: `bad${HASH.slice(3)}`, dir: '/home/me/.tallrec/adapters', golden: null, blend: null, modelHash: null },
    });
    const bad = await post('/trial', trial);
    expect(bad).toMatchObject({ status: 422, body: { error: { code: 'ADAPTER_INVALID', retryable: false } } });
    expect(JSON.stringify(bad.body)).not.toContain('/home/me');
    expect((await post('/trial', { ...trial, adapter: null })).status).toBe(400);
  });

  it('says what a tuning would take, by settings with the defaults of the recipe', async () => {
    const samples = { train: 4, valid: 1 };
    const settings = { shots: 4, hyperParameters: { epochs: 3 } };
    const answer = await post('/estimate', { model: 'm', settings, samples, texts: ['a'] });
    expect(answer).toEqual({ status: 200, body: told });
    const whole = tuningSettingsSchema.parse(settings);
    expect(estimate).toHaveBeenCalledWith({ model: 'm', settings: whole, samples, texts: ['a'] }, expect.anything());
  });

  it.each([
    ['/estimate', { model: 'm', settings: { hyperParameters: { epochs: 0 } } }, 400, 'VALIDATION_FAILED'],
    ['/score', 'not json', 400, 'BAD_REQUEST'],
    ['/score', { model: 'm' }, 400, 'VALIDATION_FAILED'],
    ['/tokens', { model: 'unknown', texts: [] }, 422, 'MODEL_UNSUPPORTED'],
    ['/nowhere', {}, 404, 'NOT_FOUND'],
  ])('refuses %s with %j in one form', async (path, body, status, code) => {
    const answer = await post(path, body);
    expect(answer).toMatchObject({ status, body: { error: { code, retryable: false } } });
  });

  it('drops an adapter that its engine refuses, and goes on', async () => {
    expect(await score('refuse', { adapter })).toMatchObject({
      status: 422,
      body: { error: { code: 'ADAPTER_INVALID' } },
    });
    expect(adapters.drop).toHaveBeenCalledWith(adapter);
    expect((await score('A', { adapter })).status).toBe(200);
  });

  it('refuses what ends its engine, and has another one for the next request', async () => {
    expect((await score('A')).status).toBe(200);
    expect(await score('die')).toMatchObject({
      status: 422,
      body: { error: { code: 'ENGINE_CRASHED', retryable: false } },
    });
    expect((await score('A')).status).toBe(200);
  });

  it('cancels what nobody waits for any more, before it begins and while it is under way', async () => {
    const given = { model: 'm', template: 'clean', adapter: null, samples: [{ history: [], target: { title: 'A' } }] };
    const asked = (signal: AbortSignal) => {
      const request = new Request('http://node/score', { method: 'POST', body: JSON.stringify(given), signal });
      return app.request(request);
    };
    const call = vi.spyOn(scoring, 'call');
    const gone = new AbortController();
    await asked(gone.signal);
    const { signal } = call.mock.calls[0]![2]!;
    expect(signal!.aborted).toBe(false);
    gone.abort();
    expect(signal!.aborted).toBe(true);
    await expect(scoring.call('tokens', { model: MODEL, texts: [] }, { signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    call.mockRestore();
  });

  it('keeps what it did not foresee to its log', async () => {
    adapters.locate.mockRejectedValueOnce(new Error('secret path /home/x'));
    const { status, body } = await score('A', { adapter });
    expect({ status, text: JSON.stringify(body) }).toEqual({
      status: 500,
      text: expect.not.stringContaining('secret'),
    });
    expect(logged.at(-1)).toContain('secret path');
  });
});
