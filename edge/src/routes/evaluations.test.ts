// Evaluations by method: what a request has to say, what a node is told, and what is shown of it.
import { METHODS } from '@tallrec/shared/methods';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../testing/client.ts';
import { uploaded } from '../testing/datasets.ts';
import { FakeNode, MODEL, nodeStatus } from '../testing/fake-node.ts';
import { evaluationIn, nextJob, samplesDataset, sendFile } from '../testing/job-node.ts';

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

const create = (body: object, headers = {}) =>
  call<Evaluation & { error?: unknown }>('POST', '/v1/evaluations', { body: { dataset, ...body }, headers });
const cancel = (id: string) => call('POST', `/v1/evaluations/${id}/cancel`);

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
    const request = { ...fields, hyperParameters: { maxSteps: 3 } };
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const [first, again] = [await create(request, headers), await create(request, headers)];
    expect(again.body.id).toBe(first.body.id);
    expect(first.body).toMatchObject({ ...fields, template: 'clean', name: 'TALLRec, tiny on test' });
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

  describe('on a node', () => {
    let node: FakeNode;
    beforeAll(async () => {
      node = await FakeNode.joined(nodeStatus({ models: [] }));
    });
    afterAll(async () => {
      node.drop();
      await call('DELETE', `/v1/nodes/${node.id}`);
    });

    it('is given to one without any model, which tells its phases and how it was fit', async () => {
      const { body } = await create({ method: 'matrix-factorisation', trainDataset, validDataset, shots: 4, seed: 2 });
      const job = await nextJob(node, 'evaluate', body.id);
      expect(job).toMatchObject({
        model: null,
        adapter: null,
        instructions: null,
        fit: { method: 'matrix-factorisation', shots: 4, seed: 2, hyperParameters: null },
        train: { kind: 'samples', split: 'train' },
        valid: { kind: 'samples', split: 'all' },
      });
      node.send({ type: 'accepted', job: job.id, fence: 1 });
      const progress = { kind: 'evaluate', phase: 'fit', done: 1, total: 6, etaMs: null } as const;
      node.send({ type: 'progress', job: job.id, fence: 1, progress });
      await evaluationIn(job.id, 'running');
      await sendFile(job.results.predictionsPath, '{"score":3}\n');
      const rules = { ruleAuc: 0.5, rulePerUserAuc: null, popularityAuc: 0.5, popularityPerUserAuc: null };
      const numbers = { n: 3, users: 0, usersInferred: false, likedShare: 0.5, tokens: 0, durationMs: 1 };
      const fit = { trainSamples: 2, validSamples: 2, chosen: { factors: 4, ridge: 0.1 }, durationMs: 3 };
      const nothing = { interval: null, perUserAuc: null, blendAuc: null, blendPerUserAuc: null };
      const computed = { template: null, precision: null, provider: null };
      const report = { auc: 0.75, ...rules, ...numbers, ...nothing, ...computed, fit };
      const outcome = { status: 'succeeded', result: { kind: 'evaluate', report } } as const;
      node.send({ type: 'finished', job: job.id, fence: 1, outcome });
      await node.next('recorded');
      expect(await evaluationIn(job.id, 'succeeded')).toMatchObject({ report, progress: { phase: 'fit', done: 1 } });
    });
  });
});
