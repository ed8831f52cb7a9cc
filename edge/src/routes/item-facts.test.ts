// Facts about items: uploaded and made into one document, given to tunings, evaluations, scorings and requests, and refused where they
// say nothing.
import { env } from 'cloudflare:workers';
import { itemStatisticsSchema } from '@tallrec/shared/item-opinions';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { Dataset, DatasetItems, Preview } from '@tallrec/shared/wire/datasets';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import type { JobFacts } from '@tallrec/shared/wire/link';
import { nodeRankRequestSchema, nodeScoreRequestSchema } from '@tallrec/shared/wire/node-api';
import type { ErrorBody } from '@tallrec/shared/wire/page';
import type { Scoring } from '@tallrec/shared/wire/scorings';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { places } from '../storage/places.ts';
import { imported } from '../testing/adapters.ts';
import { call, defaultWorkspace, newWorkspace } from '../testing/client.ts';
import { settled, sha256, uploaded } from '../testing/datasets.ts';
import { MODEL } from '../testing/fake-node.ts';
import { createTuning, fetchEdge, finishTuning, getTuning, nextJob, samplesDataset } from '../testing/job-node.ts';
import { joined, leaveRoom } from '../testing/job-room.ts';

const CSV = 'id;title;by;mean;count;date\n7;Heat;Mann;0,75;40;1995\n;Babe;;0.1;20;1995\n9;;;1;5;2001\n';
const STATISTICS = {
  likes: 37,
  ratings: 65,
  items: [
    ['7', 30, 40],
    ['Heat\u0000Mann', 30, 40],
    ['Babe\u0000', 2, 20],
    ['9', 5, 5],
  ],
};
const facts = () => uploaded('item-facts', 'csv', CSV);
const WEIGHED = { rank: { logit: 1, fans: 0, itemMean: 0, factFans: 1, factMean: 0 } };
const blend = (more: object) => ({
  rank: { logit: 1, fans: 0, itemMean: 0 },
  score: { bias: 0, rank: 1, historyShare: 0 },
  samples: 10,
  users: 1,
  items: { likes: 0, ratings: 0, items: [] },
  ...more,
});

let items: Dataset;
let samples: string;
beforeAll(async () => {
  items = await facts();
  samples = (await samplesDataset()).id;
});
afterEach(leaveRoom);

async function fetched({ path, sha256: named, bytes }: JobFacts) {
  const document = new Uint8Array(await (await fetchEdge(path)).arrayBuffer());
  expect([await sha256(document), document.length]).toEqual([named, bytes]);
  return itemStatisticsSchema.parse(JSON.parse(new TextDecoder().decode(document)));
}
const given = () => ({ dataset: items.id, sha256: items.facts!.sha256 });
const refused = (path: string, body: object) => call<ErrorBody>('POST', path, { body: { model: MODEL, ...body } });

describe('a dataset of facts about items', () => {
  it('becomes one document, and shows its first items with their counts', async () => {
    expect(items).toMatchObject({
      state: 'ready',
      stats: { rows: 3, items: 3, users: null, labelled: 0, likedShare: 37 / 65 },
      facts: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), entries: 4, likes: 37, ratings: 65 },
      warnings: ['These columns are not used: date.'],
    });
    const key = places.datasetFacts((await defaultWorkspace()).id, items.id);
    const text = await (await env.BUCKET.get(key))!.text();
    expect(JSON.parse(text)).toEqual(STATISTICS);
    expect(items.facts).toMatchObject({ bytes: text.length, sha256: await sha256(new TextEncoder().encode(text)) });
    const shown = (await call<DatasetItems>('GET', `/v1/datasets/${items.id}/items?limit=2`)).body;
    expect(shown).toEqual({
      items: [
        { id: '7', title: 'Heat', by: 'Mann', rows: 1, liked: 0, likes: 30, ratings: 40 },
        { title: 'Babe', rows: 1, liked: 0, likes: 2, ratings: 20 },
      ],
      total: 3,
      complete: true,
    });
    expect((await call<Preview>('GET', `/v1/datasets/${items.id}/preview`)).body.samples).toEqual([]);
    const same = await facts();
    expect(same.facts).toEqual(items.facts);
    expect((await call('DELETE', `/v1/datasets/${same.id}`)).status).toBe(204);
    expect(await env.BUCKET.head(places.datasetFacts((await defaultWorkspace()).id, same.id))).toBeNull();
  });

  it('takes its columns by name, and leaves nothing where it is refused', async () => {
    const columns = { title: 'film', likes: 'fans', ratings: 'sold' };
    const named = await uploaded('item-facts', 'csv', 'film,fans,sold\nHeat,3,4\n', { columns });
    expect(named).toMatchObject({ state: 'ready', columns, facts: { likes: 3, ratings: 4 } });
    const bad = await uploaded('item-facts', 'csv', 'title,likes,ratings\nHeat,3,4\nBabe,5,4\n');
    expect(bad).toMatchObject({ state: 'rejected', facts: null, rowErrors: [{ line: 3, column: 'likes' }] });
    expect(await env.BUCKET.head(places.datasetFacts((await defaultWorkspace()).id, bad.id))).toBeNull();
    const asked = { dataset: samples, items: bad.id, wait: true };
    expect((await refused('/v1/tunings', asked)).body.error.code).toBe('DATASET_REJECTED');
    await call('POST', `/v1/datasets/${bad.id}/validate`, { body: { badRows: 'leave-out' } });
    expect(await settled(bad.id)).toMatchObject({ state: 'ready', facts: { likes: 3, ratings: 4, entries: 1 } });
  });
});

describe('a tuning', () => {
  it('carries them to its node, keeps their dataset, and says of its adapter which they were', async () => {
    const { id: own, facts: named } = await uploaded('item-facts', 'csv', CSV.replace('Babe', 'Alien'));
    const tuning = await createTuning(samples, { items: own });
    expect(tuning.items).toEqual({ dataset: own, sha256: named!.sha256 });
    const node = await joined();
    const job = await nextJob(node, 'tune', tuning.id);
    expect((await fetched(job.items!)).items[2]).toEqual(['Alien\u0000', 2, 20]);
    expect(await call('DELETE', `/v1/datasets/${own}`)).toMatchObject({
      status: 409,
      body: { error: { code: 'CONFLICT', details: { jobs: [tuning.id] } } },
    });
    const adapter = await finishTuning(node, job, 'with facts');
    expect((await call('DELETE', `/v1/datasets/${own}`)).status).toBe(204);
    expect((await call<Adapter>('GET', `/v1/adapters/${adapter}`)).body.items).toEqual(tuning.items);
    expect((await getTuning(tuning.id)).items).toEqual(tuning.items);
    const plain = await createTuning(samples);
    expect([plain.items, (await nextJob(node, 'tune', plain.id)).items]).toEqual([null, null]);
  });

  it.each([
    [
      () => ({ dataset: items.id }),
      'VALIDATION_FAILED',
      /dataset: the dataset .* holds item-facts; this needs samples/,
    ],
    [
      () => ({ dataset: samples, items: samples }),
      'VALIDATION_FAILED',
      /items: .* holds samples; this needs item-facts/,
    ],
    [
      () => ({ dataset: samples, items: items.id, stage: 'alpaca' }),
      'VALIDATION_FAILED',
      /items: goes with the rec stage/,
    ],
    [() => ({ dataset: samples, items: `ds_${'0'.repeat(26)}` }), 'NOT_FOUND', /items: there is no dataset/],
  ])('refuses what is in the wrong place: case %#', async (body, code, message) => {
    const { body: answer } = await refused('/v1/tunings', { wait: true, ...body() });
    expect(answer.error).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('facts in place of those of a blend', () => {
  let adapter: string;
  let unweighed: string;
  beforeAll(async () => {
    adapter = (await imported('weighs facts', { fields: { blend: blend({ ...WEIGHED, facts: STATISTICS }) } })).body.id;
    unweighed = (await imported('weighs none', { fields: { blend: blend({}) } })).body.id;
  });
  const sample = { history: [], target: { title: 'Heat' } };
  const rank = { history: [], candidates: [{ title: 'Heat' }] };

  it('go with requests to the node, by their hash', async () => {
    const node = await joined();
    const asked: (JobFacts | null)[] = [];
    node.onRequest = ({ path, body }) => {
      const told = { model: MODEL, adapter, tokens: 1 };
      if (path === '/score') {
        asked.push(nodeScoreRequestSchema.parse(body).items);
        return { status: 200, body: { scores: [{ score: 0.5, yesLogit: 0, noLogit: 0 }], ...told } };
      }
      if (path !== '/rank') return undefined;
      asked.push(nodeRankRequestSchema.parse(body).items);
      return { status: 200, body: { ranking: [], ...told } };
    };
    const use = { model: MODEL, adapter, items: items.id };
    expect((await call('POST', '/v1/score', { body: { ...use, samples: [sample] } })).status).toBe(200);
    expect((await call('POST', '/v1/rank', { body: { ...use, ...rank } })).status).toBe(200);
    for (const of of asked) expect(await fetched(of!)).toEqual(STATISTICS);
    expect((await call('POST', '/v1/rank', { body: { model: MODEL, adapter, ...rank } })).status).toBe(200);
    expect([asked.length, asked[2]]).toEqual([3, null]);
  });

  it.each([
    ['/v1/score', { samples: [sample] }],
    ['/v1/rank', rank],
    ['/v1/evaluations', () => ({ dataset: samples })],
    ['/v1/scorings', () => ({ dataset: samples })],
  ])('are refused where nothing weighs them: %s', async (path, body) => {
    await joined();
    const asked = { ...(typeof body === 'function' ? body() : body), items: items.id };
    expect((await refused(path, { ...asked, adapter: unweighed })).body.error).toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringMatching(/items: the adapter's blend was fit without facts .* Tune an adapter with items/),
    });
    expect((await refused(path, asked)).body.error).toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringMatching(/items: (it )?goes with an adapter/),
    });
    expect((await refused(path, { ...asked, adapter, items: samples })).body.error).toMatchObject({
      message: expect.stringMatching(/this needs item-facts/),
    });
    const { key } = await newWorkspace();
    const foreign = await uploaded('item-facts', 'csv', CSV, { key });
    expect((await refused(path, { ...asked, adapter, items: foreign.id })).body.error.code).toBe('NOT_FOUND');
  });

  it('go with evaluations, and feed the fit of a method with a blend', async () => {
    const node = await joined();
    const evaluated = async (body: object) => {
      const { status, body: made } = await call<Evaluation>('POST', '/v1/evaluations', {
        body: { model: MODEL, dataset: samples, ...body },
      });
      expect(status).toBe(201);
      expect(made.items).toEqual(given());
      const job = await nextJob(node, 'evaluate', made.id);
      expect(await fetched(job.items!)).toEqual(STATISTICS);
      await call('POST', `/v1/evaluations/${made.id}/cancel`);
      await node.next('cancel');
      node.send({ type: 'finished', job: job.id, fence: job.fence, outcome: { status: 'cancelled' } });
      await node.next('verdict');
    };
    await evaluated({ adapter, items: items.id });
    const train = await uploaded('samples', 'jsonl', '{"history":[],"target":{"title":"D"},"liked":true}\n'.repeat(2));
    await evaluated({ method: 'blend-rank', trainDataset: train.id, items: items.id });
    const other = await call('POST', '/v1/evaluations', {
      body: { dataset: samples, method: 'popularity', trainDataset: train.id, items: items.id },
    });
    expect(other.body).toMatchObject({ error: { message: expect.stringMatching(/popularity has no blend/) } });
  });

  it('go with every piece of a scoring', async () => {
    const node = await joined();
    const { body } = await call<Scoring>('POST', '/v1/scorings', {
      body: { model: MODEL, dataset: samples, adapter, items: items.id },
    });
    expect(body.items).toEqual(given());
    for (;;) {
      const { job } = await node.next('job');
      if (job.kind !== 'score' || !job.id.startsWith(body.id)) continue;
      expect(await fetched(job.items!)).toEqual(STATISTICS);
      break;
    }
    expect((await call('DELETE', `/v1/datasets/${items.id}`)).status).toBe(409);
  });
});
