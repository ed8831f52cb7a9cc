// Whatever refuses a place of a request says which, for programs and pages, in one form: `details.issues`.
import { refusedPlacesSchema } from '@tallrec/shared/wire/page';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, operator } from '../testing/client.ts';
import { uploaded } from '../testing/datasets.ts';
import { MODEL } from '../testing/fake-node.ts';
import { samplesDataset } from '../testing/job-node.ts';

const ID = '01jd3x6k8w5v0e9s2m4q7r1tza';
const NEVER = `ds_${ID}`;
const samples = [{ history: [], target: { title: 'A' } }];

let dataset: string;
let ratings: string;
let rejected: string;
beforeAll(async () => {
  dataset = (await samplesDataset()).id;
  const header = 'user,item,title,rating,time\n';
  ratings = (await uploaded('interactions', 'csv', `${header}u,1,A,5,1\n`)).id;
  rejected = (await uploaded('samples', 'jsonl', '{"nonsense":1}\n')).id;
});

/** The place, and what is sent. */
const REFUSED: [string, string, () => object][] = [
  ['body.hyperParameters.epochs', '/v1/tunings', () => ({ model: MODEL, dataset, hyperParameters: { epochs: 0 } })],
  ['body.dataset', '/v1/tunings', () => ({ model: MODEL, dataset: NEVER, wait: true })],
  ['body.dataset', '/v1/tunings', () => ({ model: MODEL, dataset: rejected, wait: true })],
  ['body.dataset', '/v1/tunings', () => ({ model: MODEL, dataset, stage: 'alpaca', wait: true })],
  ['body.dataset', '/v1/tunings', () => ({ model: MODEL, dataset: ratings, wait: true })],
  ['body.validDataset', '/v1/tunings', () => ({ model: MODEL, dataset, validDataset: NEVER, wait: true })],
  ['body.initAdapter', '/v1/tunings', () => ({ model: MODEL, dataset, initAdapter: 'none', wait: true })],
  ['body.model', '/v1/tunings', () => ({ model: 'unheard-of', dataset })],
  ['body.adapter', '/v1/evaluations', () => ({ model: MODEL, dataset, adapter: 'none', wait: true })],
  ['body.trainDataset', '/v1/evaluations', () => ({ method: 'gru4rec', dataset, trainDataset: dataset })],
  ['body.catalogue', '/v1/scorings', () => ({ model: MODEL, dataset, task: 'rank', catalogue: NEVER, wait: true })],
  ['body.expiresAt', '/v1/keys', () => ({ name: 'k', scopes: ['read'], expiresAt: '2020-01-01T00:00:00Z' })],
  ['body.workspace', '/v1/keys', () => ({ name: 'k', scopes: ['read'], workspace: `ws_${ID}` })],
  ['body.model', '/v1/score', () => ({ model: 'unheard-of', samples })],
  ['body.adapter', '/v1/score', () => ({ model: MODEL, adapter: 'none', samples })],
];

describe('a refusal', () => {
  it.each(REFUSED)('of %s by POST %s names it, and the message begins with it', async (place, path, body) => {
    const { body: answer, status } = await call('POST', path, { body: body() });
    expect(status, JSON.stringify(answer)).toBeGreaterThanOrEqual(400);
    const { issues } = refusedPlacesSchema.parse(answer.error.details);
    expect(issues.map((issue) => issue.path)).toEqual([place]);
    expect(answer.error.message).toBe(`${place}: ${issues[0]!.problem}`);
  });

  it('of what an alias is to point at, and of a key that belongs to nobody, likewise', async () => {
    const alias = await call('PUT', '/v1/aliases/live', { body: { adapter: 'ab'.repeat(32) } });
    expect(refusedPlacesSchema.parse(alias.body.error.details).issues).toMatchObject([{ path: 'body.adapter' }]);
    const key = await operator('POST', '/v1/keys', { body: { name: 'k', scopes: ['read'] } });
    expect(refusedPlacesSchema.parse(key.body.error.details).issues).toMatchObject([{ path: 'body.workspace' }]);
  });

  it('of many places names them all', async () => {
    const body = { model: '', dataset: 'x', seed: -1 };
    const { body: answer } = await call('POST', '/v1/tunings', { body });
    const { issues } = refusedPlacesSchema.parse(answer.error.details);
    expect(issues.map(({ path }) => path).sort()).toEqual(['body.dataset', 'body.model', 'body.seed']);
    expect(answer.error.message).toMatch(/^body\.\w+: .* \(and 2 more\)$/);
  });
});
