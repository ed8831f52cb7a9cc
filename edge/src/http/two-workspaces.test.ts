// One workspace's things seen from another: on every route, with every id, as if they had never been.
import { LIMITS } from '@tallrec/shared/limits';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { app } from '../app.ts';
import { call, defaultWorkspace, newWorkspace, type TestWorkspace } from '../testing/client.ts';
import { uploaded } from '../testing/datasets.ts';
import { MODEL } from '../testing/fake-node.ts';
import { createTuning, finishTuning, nextJob, samplesDataset } from '../testing/job-node.ts';
import { joined, leaveRoom } from '../testing/job-room.ts';

/** Real ids of the one workspace, by the noun in the path, with one that never was. */
let ids: Record<string, { real: string; never: string }>;
let stranger: TestWorkspace;
let adapter: string;

const never = (id: string) => id.replace(/[0-9a-z]{6}$/, '000000');

beforeAll(async () => {
  stranger = await newWorkspace('stranger');
  const dataset = await samplesDataset();
  const node = await joined();
  const tuning = await createTuning(dataset.id);
  adapter = await finishTuning(node, await nextJob(node, 'tune', tuning.id), 'of the one workspace');
  await call('PUT', '/v1/aliases/owned', { body: { adapter } });
  const made = async (path: string, body: object) => {
    const answer = await call<{ id: string; apiKey: { id: string }; dataset: { id: string } }>('POST', path, { body });
    return answer.body;
  };
  const job = { model: MODEL, dataset: dataset.id, wait: true };
  const evaluation = await made('/v1/evaluations', job);
  const scoring = await made('/v1/scorings', job);
  const key = await made('/v1/keys', { name: 'owned', scopes: ['read'] });
  const pair = (real: string) => ({ real, never: never(real) });
  ids = {
    datasets: pair(dataset.id),
    tunings: pair(tuning.id),
    evaluations: pair(evaluation.id),
    scorings: pair(scoring.id),
    keys: pair(key.apiKey.id),
    nodes: pair(node.id),
    adapters: pair(adapter),
    aliases: { real: 'owned', never: 'unowned' },
  };
});
afterAll(leaveRoom);

/** Bodies that would do, so that nothing but the id is refused. */
const BODIES: Record<string, () => object> = {
  'PUT /v1/aliases/:alias': () => ({ adapter }),
  'POST /v1/keys/:id/rotate': () => ({}),
};

const withId = [
  ...new Set(
    app.routes
      .filter(({ method, path }) => method !== 'ALL' && /^\/v1\/(?!transfers)\w+\/:/.test(path))
      .map(({ method, path }) => `${method} ${path}`),
  ),
];

/** An answer without what differs by itself. */
async function answerTo(route: string, id: string) {
  const [method, path] = route.split(' ') as [string, string];
  const url = path.replace(/:(id|alias)/, id).replace(':file', 'adapter_config.json');
  const body = method === 'GET' || method === 'DELETE' ? {} : { body: BODIES[route]?.() ?? {} };
  const { status, body: answer } = await call(method, url, { key: stranger.key, ...body });
  return { status, code: answer?.error?.code, message: answer?.error?.message.replaceAll(id, 'ID') };
}

describe('two workspaces', () => {
  it('has routes to try', () => {
    expect(withId.length).toBeGreaterThan(25);
  });

  it.each(withId)('%s', async (route) => {
    const noun = route.split('/')[2]!;
    expect(Object.keys(ids)).toContain(noun);
    const { real, never: absent } = ids[noun]!;
    const foreign = await answerTo(route, real);
    expect(foreign).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    if (route !== 'PUT /v1/aliases/:alias') expect(foreign).toEqual(await answerTo(route, absent));
  });

  it('lists nothing of the other', async () => {
    for (const noun of Object.keys(ids)) {
      const { body, status } = await call<{ items: { id?: string; alias?: string }[] }>(
        'GET',
        `/v1/${noun}?limit=${LIMITS.pageItems}`,
        {
          key: stranger.key,
        },
      );
      expect([noun, status]).toEqual([noun, 200]);
      expect(body.items.map(({ id, alias }) => id ?? alias)).not.toContain(ids[noun]!.real);
    }
    const { body } = await call<{ items: { subject: string }[] }>('GET', '/v1/audit?limit=100', { key: stranger.key });
    for (const { real } of Object.values(ids)) expect(body.items.map(({ subject }) => subject)).not.toContain(real);
  });

  it('takes no id of the other in a body', async () => {
    const dataset = ids.datasets!.real;
    for (const [path, body] of [
      ['/v1/tunings', { model: MODEL, dataset, wait: true }],
      ['/v1/tunings:estimate', { model: MODEL, dataset }],
      ['/v1/evaluations', { model: MODEL, dataset, wait: true }],
      ['/v1/scorings', { model: MODEL, dataset, wait: true }],
      ['/v1/score', { model: MODEL, adapter: 'owned', samples: [{ history: [], target: { title: 'A' } }] }],
      ['/v1/rank', { model: MODEL, adapter, history: [], candidates: [{ title: 'A' }] }],
    ] as const) {
      const { status, body: answer } = await call('POST', path, { key: stranger.key, body });
      expect([path, status, answer.error.code]).toEqual([path, 404, 'NOT_FOUND']);
    }
    // Nor is the other's node asked for its model.
    const samples = [{ history: [], target: { title: 'A' } }];
    const { body: answer } = await call('POST', '/v1/score', { key: stranger.key, body: { model: MODEL, samples } });
    expect(answer.error).toMatchObject({ code: 'MODEL_UNKNOWN', details: { models: [] } });
  });

  it('leaves what was tried as it was', async () => {
    const home = await defaultWorkspace();
    for (const [noun, { real }] of Object.entries(ids)) {
      expect([noun, (await call('GET', `/v1/${noun}/${real}`, { key: home.key })).status]).toEqual([noun, 200]);
    }
    expect((await uploaded('samples', 'jsonl', '{"history":[],"target":{"title":"A"}}\n')).state).toBe('ready');
  });
});
