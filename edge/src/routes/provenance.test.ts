// What an adapter was made with holds where it is used: its template unless another is named, its model unless it is forced.
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import { nodeRankRequestSchema, nodeScoreRequestSchema } from '@tallrec/shared/wire/node-api';
import type { ErrorBody } from '@tallrec/shared/wire/page';
import type { RankResponse, ScoreResponse } from '@tallrec/shared/wire/score';
import type { Scoring } from '@tallrec/shared/wire/scorings';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { imported } from '../testing/adapters.ts';
import { call, newWorkspace } from '../testing/client.ts';
import { uploaded } from '../testing/datasets.ts';
import { FakeNode, HASH, MODEL, nodeStatus } from '../testing/fake-node.ts';
import { nextJob } from '../testing/job-node.ts';

const OTHER = 'cd'.repeat(32);
const OTHER_MODEL = 'tiny-v2';
const size = { parameters: 1, layers: 1, hiddenSize: 8, vocabSize: 10, contextTokens: 64 };
const rows = ['A', 'B', 'C'].map((title, at) => ({ user: 'u', history: [], target: { title }, liked: at === 0 }));
const sample = { history: [], target: { title: 'A' } };

let key: string;
let node: FakeNode;
let dataset: string;
/** Tuned with the template tallrec on the model of the node. */
let adapter: string;

beforeAll(async () => {
  ({ key } = await newWorkspace());
  const models = [
    { name: MODEL, contentHash: HASH, ...size },
    { name: 'same-under-another-name', contentHash: HASH, ...size },
    { name: OTHER_MODEL, contentHash: OTHER, ...size },
  ];
  node = await FakeNode.joined(nodeStatus({ models }), key);
  node.onRequest = ({ path, body }) => {
    if (path === '/score') {
      const asked = nodeScoreRequestSchema.parse(body);
      return { status: 200, body: { scores: [{ score: 0.5, yesLogit: 0, noLogit: 0 }], ...answeredBy(asked) } };
    }
    if (path === '/rank')
      return { status: 200, body: { ranking: [], ...answeredBy(nodeRankRequestSchema.parse(body)) } };
    return undefined;
  };
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  dataset = (await uploaded('samples', 'jsonl', text, { key })).id;
  adapter = (await imported('with a past', { key, fields: { modelHash: HASH } })).body.id;
});
afterAll(() => node.drop());

const answeredBy = ({ model, adapter: used }: { model: string; adapter: { id: string } | null }) => ({
  ...{ model, adapter: used?.id ?? null, tokens: 1 },
});
/** What the node was asked last. */
const lastAsked = () =>
  nodeScoreRequestSchema.parse(
    node.frames
      .filter((frame) => frame.type === 'request' && frame.path === '/score')
      .map((frame) => 'body' in frame && frame.body)
      .at(-1),
  );
const score = (more: object) =>
  call<ScoreResponse & ErrorBody>('POST', '/v1/score', {
    key,
    body: { model: MODEL, adapter, samples: [sample], ...more },
  });
const made: string[] = [];
async function create<T>(path: string, more: object) {
  const answer = await call<T & ErrorBody>('POST', path, { key, body: { model: MODEL, dataset, ...more } });
  if (answer.status === 201) made.push(`${path}/${(answer.body as unknown as { id: string }).id}`);
  return answer;
}
/** So that the node is free for what is asked next. */
afterEach(async () => {
  for (const path of made.splice(0)) await call('POST', `${path}/cancel`, { key });
});

describe('the template of an adapter', () => {
  it('is taken where the request names none; another is used, and warned of', async () => {
    expect((await score({})).body).toMatchObject({ template: 'tallrec', warnings: [], adapter });
    expect(lastAsked()).toMatchObject({ template: 'tallrec', adapter: { modelHash: HASH } });
    expect((await score({ template: 'tallrec' })).body.warnings).toEqual([]);
    const clean = await score({ template: 'clean' });
    expect(clean.body).toMatchObject({
      template: 'clean',
      warnings: [expect.stringMatching(/tuned with the template tallrec, and clean is used/)],
    });
    expect(lastAsked().template).toBe('clean');
    expect((await score({ adapter: undefined })).body).toMatchObject({
      template: 'clean',
      warnings: [],
      adapter: null,
    });
  });

  it('is assumed where nobody has told it, and that is told', async () => {
    const untold = (await imported('without a past', { key, fields: { template: undefined } })).body.id;
    const assumed = [expect.stringMatching(/not known, and clean is assumed/)];
    expect((await score({ adapter: untold })).body).toMatchObject({ template: 'clean', warnings: assumed });
    expect((await score({ adapter: untold, template: 'tallrec' })).body.warnings).toEqual([]);
    expect((await create<Evaluation>('/v1/evaluations', { adapter: untold })).body.warnings).toEqual(assumed);
    await imported('without a past', { key });
    expect((await score({ adapter: untold })).body).toMatchObject({ template: 'tallrec', warnings: [] });
  });

  it('is that of rankings, evaluations, batches and tunings from it', async () => {
    const rank = { model: MODEL, adapter, history: [], candidates: [{ title: 'A' }] };
    expect((await call<RankResponse>('POST', '/v1/rank', { key, body: rank })).body.template).toBe('tallrec');
    const own = await create<Evaluation>('/v1/evaluations', { adapter });
    expect(own.body).toMatchObject({ template: 'tallrec', warnings: [] });
    const evaluated = await create<Evaluation>('/v1/evaluations', { adapter, template: 'clean' });
    expect(evaluated.body).toMatchObject({
      template: 'clean',
      warnings: [expect.stringMatching(/tallrec, and clean/)],
    });
    expect((await call<Evaluation>('GET', `/v1/evaluations/${evaluated.body.id}`, { key })).body.warnings).toHaveLength(
      1,
    );
    const batch = await create<Scoring>('/v1/scorings', { adapter });
    expect(batch.body).toMatchObject({ template: 'tallrec', warnings: [] });
    expect((await create<Scoring>('/v1/scorings', { adapter, template: 'clean' })).body.warnings).toHaveLength(1);
    const tuning = await create<Tuning>('/v1/tunings', { initAdapter: adapter });
    expect(tuning.body.settings.template).toBe('tallrec');
    const clean = await create<Tuning>('/v1/tunings', { initAdapter: adapter, template: 'clean' });
    expect(clean.body).toMatchObject({ settings: { template: 'clean' }, warnings: [expect.stringMatching(/tallrec/)] });
    expect((await create<Tuning>('/v1/tunings', {})).body.settings.template).toBe('clean');
  });
});

it('what a node leaves out of an adapter is told when it is imported and wherever it is used', async () => {
  const { onRequest } = node;
  const warnings = ['adapter 01…/adapter_config.json: lora_dtype is left out.'];
  node.onRequest = (request) =>
    request.path === '/trial'
      ? {
          status: 200,
          body: { golden: { template: 'tallrec', precision: 'f32', samples: [] }, modelHash: HASH, warnings },
        }
      : onRequest?.(request);
  const { body } = await imported('left out of account', { key });
  node.onRequest = onRequest;
  expect(body.warnings).toEqual(warnings);
  expect((await score({ adapter: body.id })).body.warnings).toEqual(warnings);
  expect((await create<Scoring>('/v1/scorings', { adapter: body.id })).body.warnings).toEqual(warnings);
});

describe('an adapter of another checkpoint', () => {
  const message = expect.stringMatching(
    /was tuned on tiny \(abab\S+\), and tiny-v2 is another checkpoint \(cdcd\S+\).*"force": true/,
  );
  const refused = { status: 422, body: { error: { code: 'ADAPTER_INVALID', message } } };

  it('is refused wherever it is used', async () => {
    expect(await score({ model: OTHER_MODEL })).toMatchObject(refused);
    const rank = { model: OTHER_MODEL, adapter, history: [], candidates: [{ title: 'A' }] };
    expect(await call('POST', '/v1/rank', { key, body: rank })).toMatchObject(refused);
    for (const path of ['/v1/evaluations', '/v1/scorings']) {
      expect(await create(path, { model: OTHER_MODEL, adapter })).toMatchObject(refused);
    }
    expect(await create('/v1/tunings', { model: OTHER_MODEL, initAdapter: adapter })).toMatchObject(refused);
  });

  it('is used where it is forced, without the scores that it gave where it was made, and that is told', async () => {
    const warnings = [expect.stringMatching(/tiny-v2 is another checkpoint .*all the same/)];
    const { status, body } = await score({ model: OTHER_MODEL, force: true });
    expect([status, body]).toMatchObject([200, { model: OTHER_MODEL, warnings }]);
    expect(lastAsked().adapter).toMatchObject({ id: adapter, golden: null, modelHash: null });
    expect((await score({})).body.warnings).toEqual([]);
    expect(lastAsked().adapter).toMatchObject({ golden: { template: 'tallrec' }, modelHash: HASH });
    const evaluated = await create<Evaluation>('/v1/evaluations', { model: OTHER_MODEL, adapter, force: true });
    expect(evaluated.body).toMatchObject({ model: OTHER_MODEL, warnings });
    const job = await nextJob(node, 'evaluate', evaluated.body.id);
    expect(job.adapter).toMatchObject({ id: adapter, golden: null, modelHash: null });
  });

  it('is no other where a model of the same content has another name', async () => {
    const { status, body } = await score({ model: 'same-under-another-name' });
    expect([status, body.warnings]).toEqual([200, []]);
  });

  it('is found when it is imported', async () => {
    const fields = { modelHash: OTHER };
    expect(await imported('of another', { key, fields })).toMatchObject({
      status: 422,
      body: {
        error: {
          code: 'ADAPTER_INVALID',
          message: expect.stringMatching(/was tuned on tiny \(cdcd\S+\), and tiny is another/),
        },
      },
    });
    const untold = await imported('of whatever it was', { key });
    expect(untold.body.modelHash).toBe(HASH);
  });
});
