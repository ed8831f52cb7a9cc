// Evaluations by method: what a request has to say, what a node is told, and what is shown of it.
import { exports } from 'cloudflare:workers';
import { METHODS } from '@tallrec/shared/methods';
import { type Evaluation, SCORE_BINS } from '@tallrec/shared/wire/evaluations';
import { RESULT_FILES } from '@tallrec/shared/wire/link';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { call, defaultWorkspace, newWorkspace } from '../testing/client.ts';
import { uploaded } from '../testing/datasets.ts';
import { MODEL, nodeStatus } from '../testing/fake-node.ts';
import {
  createTuning,
  evaluationIn,
  evaluationReport,
  finish,
  finishTuning,
  nextJob,
  samplesDataset,
  sendFile,
} from '../testing/job-node.ts';
import { joined, leaveRoom } from '../testing/job-room.ts';

const lines = (rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const sample = (title: string, liked: boolean) => ({ user: 'u', history: [], target: { title }, liked });

let dataset: string;
let trainDataset: string;
let validDataset: string;
let instructionsDataset: string;
let interactions: string;
beforeAll(async () => {
  const made = await Promise.all([
    samplesDataset(),
    uploaded('samples', 'jsonl', lines([sample('D', true), sample('E', false)])),
    uploaded('samples', 'jsonl', lines([sample('F', true), sample('G', false)])),
    uploaded('instructions', 'jsonl', lines([{ instruction: 'Say', input: '', output: 'this' }])),
    uploaded('interactions', 'csv', 'user,item,title,rating,time\nu,1,A,4,1\nu,2,B,2,2\n'),
  ]);
  [dataset, trainDataset, validDataset, instructionsDataset, interactions] = made.map(({ id }) => id) as [
    string,
    string,
    string,
    string,
    string,
  ];
});

afterEach(leaveRoom);

const create = (body: object, headers = {}) =>
  call<Evaluation & { error?: unknown }>('POST', '/v1/evaluations', { body: { dataset, ...body }, headers });
const cancel = (id: string) => call('POST', `/v1/evaluations/${id}/cancel`);

describe('the list of evaluations', () => {
  const list = async (query: string) =>
    (await call<{ items: Evaluation[]; nextCursor: string | null }>('GET', `/v1/evaluations?${query}`)).body;

  it('is narrowed to what judges on a dataset, in pages, and not to what learns from it', async () => {
    const judged = await uploaded('samples', 'jsonl', lines([sample('H', true), sample('I', false)]));
    const on = [];
    for (const seed of [1, 2, 3])
      on.push((await create({ dataset: judged.id, method: 'popularity', trainDataset, seed })).body.id);
    const learning = (await create({ method: 'popularity', trainDataset: judged.id })).body.id;
    expect(learning).toMatch(/^eval_/);
    const first = await list(`dataset=${judged.id}&limit=2`);
    const second = await list(`dataset=${judged.id}&limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(on.toReversed());
    expect(second.nextCursor).toBeNull();
    const { key } = await newWorkspace('narrowing');
    const foreign = await call<{ items: unknown[] }>('GET', `/v1/evaluations?dataset=${judged.id}`, { key });
    expect(foreign.body.items).toEqual([]);
    for (const id of [...on, learning]) await cancel(id);
  });

  it('is narrowed to an adapter, and refuses what is no id', async () => {
    const node = await joined();
    const tuning = await createTuning(trainDataset);
    const adapter = await finishTuning(node, await nextJob(node, 'tune', tuning.id), 'narrowing');
    const { id } = (await create({ model: MODEL, adapter, wait: true })).body;
    expect((await list(`adapter=${adapter}`)).items.map((evaluation) => evaluation.id)).toEqual([id]);
    expect((await list(`adapter=${adapter}&dataset=${dataset}`)).items).toHaveLength(1);
    expect((await list(`adapter=${adapter}&dataset=${trainDataset}`)).items).toEqual([]);
    await cancel(id);
    expect((await call('GET', '/v1/evaluations?adapter=production')).status).toBe(400);
    expect((await call('GET', '/v1/evaluations?dataset=x')).status).toBe(400);
  });
});

describe('an evaluation by method', () => {
  it.each(
    METHODS.filter(({ kind, name }) => kind !== 'language-model' && name !== 'history-share').map(({ name }) => name),
  )('%s takes training data and no model', async (method) => {
    const { status, body } = await create({ method, trainDataset, shots: 16 });
    expect([status, body.method, body.model, body.template]).toEqual([201, method, null, null]);
    expect(body).toMatchObject({ shots: 16, seed: 0, adapter: null, trainDataset, report: null });
    await cancel(body.id);
  });

  it('is shown with what it was asked for, also in the list, and once for one Idempotency-Key', async () => {
    const fields = {
      method: 'tallrec',
      model: MODEL,
      trainDataset,
      validDataset,
      instructionsDataset,
      shots: 4,
      seed: 7,
    };
    const request = { ...fields, hyperParameters: { maxSteps: 3 }, wait: true };
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const [first, again] = [await create(request, headers), await create(request, headers)];
    expect(again.body.id).toBe(first.body.id);
    expect(first.body).toMatchObject({ ...fields, template: 'clean', name: 'TALLRec, tiny, K 4, seed 7 on test' });
    expect(first.body.hyperParameters).toMatchObject({ maxSteps: 3, loraRank: 8 });
    const { body } = await call<{ items: Evaluation[] }>('GET', '/v1/evaluations?limit=100');
    expect(body.items.filter(({ id }) => id === first.body.id)).toEqual([first.body]);
    const other = await create({ ...request, shots: 5 }, headers);
    expect(other.status).toBe(409);
    const inUse = await call('DELETE', `/v1/datasets/${instructionsDataset}`);
    expect(inUse.body).toMatchObject({ error: { message: expect.stringContaining(first.body.id) } });
    await cancel(first.body.id);
  });

  const refused: [string, () => object, RegExp][] = [
    ['names neither model nor method', () => ({}), /body\.model: name a model, or a method that needs none/],
    ['says K without a method', () => ({ model: MODEL, shots: 4 }), /body\.shots: .*name a method/],
    ['names a method of no table', () => ({ method: 'magic' }), /body\.method/],
    ['would pay a remote model', () => ({ method: 'in-context-remote', trainDataset }), /body\.method/],
    ['gives nothing to learn from', () => ({ method: 'gru4rec' }), /body\.trainDataset: .*gru4rec needs training data/],
    ['gives a model to a rule', () => ({ method: 'history-share', model: MODEL }), /body\.model: .*leave it out/],
    [
      'gives none to a language model',
      () => ({ method: 'rt', trainDataset }),
      /body\.model: .*rt needs a language model/,
    ],
    ['gives an adapter', () => ({ method: 'zero-shot', model: MODEL, adapter: 'x' }), /body\.adapter: .*leave out/],
    [
      'asks what a tuning changed where nothing is tuned',
      () => ({ model: MODEL, untuned: true }),
      /body\.untuned: goes with an adapter/,
    ],
    [
      'lacks instructions',
      () => ({ method: 'tallrec', model: MODEL, trainDataset }),
      /body\.instructionsDataset: .*needs instruction data/,
    ],
    [
      'learns from what it is judged by',
      () => ({ method: 'popularity', trainDataset: dataset }),
      /trainDataset: it holds the rows of dataset/,
    ],
    [
      'chooses by what it is judged by',
      () => ({ method: 'popularity', trainDataset, validDataset: dataset }),
      /validDataset: it holds the rows of dataset/,
    ],
    [
      'chooses by what it learns from',
      () => ({ method: 'popularity', trainDataset, validDataset: trainDataset }),
      /validDataset: it holds the rows of trainDataset/,
    ],
    [
      'learns from all parts of the interactions it is judged by',
      () => ({ method: 'popularity', dataset: interactions, trainDataset: interactions, split: 'all' }),
      /"split": "test"/,
    ],
    [
      'learns from instructions',
      () => ({ method: 'popularity', trainDataset: instructionsDataset }),
      /trainDataset: .*holds instructions/,
    ],
  ];
  it.each(refused)('is refused when it %s', async (_, body, words) => {
    const answer = await create(body());
    expect([answer.status, answer.body]).toMatchObject([400, { error: { code: 'VALIDATION_FAILED' } }]);
    expect((answer.body.error as { message: string }).message).toMatch(words);
  });

  it('may learn from the interactions it is judged by, which are split', async () => {
    const { status, body } = await create({ method: 'sasrec', dataset: interactions, trainDataset: interactions });
    expect(status).toBe(201);
    await cancel(body.id);
  });

  it('is given to a node without any model, which tells its phases and how it was fit', async () => {
    const { body } = await create({ method: 'matrix-factorisation', trainDataset, validDataset, shots: 4, seed: 2 });
    const node = await joined(nodeStatus({ models: [] }));
    const job = await nextJob(node, 'evaluate', body.id);
    expect(job).toMatchObject({
      model: null,
      adapter: null,
      instructions: null,
      fit: { method: 'matrix-factorisation', shots: 4, seed: 2, hyperParameters: null },
      train: { kind: 'samples', split: 'train' },
      valid: { kind: 'samples', split: 'all' },
    });
    const { id, fence } = job;
    node.send({ type: 'accepted', job: id, fence });
    const progress = { type: 'progress', phase: 'fit', done: 1, total: 6, etaMs: null } as const;
    node.send({ type: 'events', job: id, fence, seq: 1, events: [progress] });
    await node.next('acknowledged');
    await evaluationIn(id, 'running');
    expect((await sendFile(job, RESULT_FILES.predictions, '{"score":3}\n')).status).toBe(200);
    const fit = { trainSamples: 2, validSamples: 2, chosen: { factors: 4, ridge: 0.1 }, durationMs: 3 };
    const bins = Array.from({ length: SCORE_BINS }, () => ({ liked: 1, disliked: 0, meanScore: 3 }));
    const example = { row: 1, score: 3, liked: true, user: null, target: 'A', prompt: 'Whether …' };
    const distribution = { scale: 'score' as const, low: 3, high: 3, bins, calibration: null };
    const examples = { best: [example], worst: [] };
    const shown = { distribution, examples };
    const report = evaluationReport({ auc: 0.75, template: null, precision: null, provider: null, fit, ...shown });
    expect(await finish(node, job, { status: 'succeeded', result: { kind: 'evaluate', report } })).toBe('applied');
    expect(await evaluationIn(id, 'succeeded')).toMatchObject({ report, progress: { phase: 'fit', done: 1 } });
    const { body: listed } = await call<{ items: Evaluation[] }>('GET', '/v1/evaluations?limit=100');
    const inList = listed.items.find((evaluation) => evaluation.id === id)!;
    expect(inList.report).toEqual({ ...report, distribution: null, examples: null });
    const predictions = await exports.default.fetch(
      new Request(`https://edge.test/v1/evaluations/${id}/predictions`, {
        headers: { Authorization: `Bearer ${(await defaultWorkspace()).key}` },
      }),
    );
    expect([predictions.status, await predictions.text()]).toEqual([200, '{"score":3}\n']);
  });
});
