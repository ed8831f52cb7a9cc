import { env } from 'cloudflare:workers';
import { formatSamplePrompt } from '@tallrec/shared/prompt';
import { type NodeEstimate, nodeEstimateRequestSchema } from '@tallrec/shared/wire/node-api';
import { refusedPlacesSchema } from '@tallrec/shared/wire/page';
import { type TuningEstimate, tuningEstimateSchema } from '@tallrec/shared/wire/tuning-estimates';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../testing/client.ts';
import { uploaded } from '../testing/datasets.ts';
import { type FakeNode, MODEL, nodeStatus, until } from '../testing/fake-node.ts';
import { joined, leaveRoom } from '../testing/job-room.ts';

const sample = (at: number) => ({
  ...{
    user: `u${at}`,
    noun: 'movie',
    history: [{ title: `Seen ${at}`, liked: true }],
    target: { title: `Film ${at}` },
  },
  liked: at % 2 === 0,
});
const samplesFile = (count: number) =>
  Array.from({ length: count }, (_, at) => `${JSON.stringify(sample(at))}\n`).join('');

const ESTIMATE: NodeEstimate = {
  memory: {
    ...{
      fits: true,
      totalBytes: 21,
      limitBytes: 100,
      weights: 'f32',
      microBatch: 4,
      length: 512,
      checkpointing: false,
    },
    parts: { weights: 1, activations: 2, logits: 3, gradients: 4, optimizer: 5, slack: 6 },
  },
  ...{ wouldFit: null, tokensPerSample: 12.5, basis: 'Measured.', measuring: false },
  time: { leastMs: 10, mostMs: 20, tokensPerSecond: 1000 },
};

let dataset: string;
beforeAll(async () => {
  dataset = (await uploaded('samples', 'jsonl', samplesFile(50))).id;
});
afterEach(leaveRoom);

async function estimate(more: object = {}): Promise<TuningEstimate> {
  const { status, body } = await call('POST', '/v1/tunings:estimate', { body: { model: MODEL, dataset, ...more } });
  expect(status, JSON.stringify(body)).toBe(200);
  return tuningEstimateSchema.parse(body);
}

/** One that tells, and what it was asked. */
async function telling(told: NodeEstimate | undefined = ESTIMATE): Promise<{ node: FakeNode; asked: unknown[] }> {
  const node = await joined();
  const asked: unknown[] = [];
  node.onRequest = ({ path, body }) => {
    expect(path).toBe('/estimate');
    asked.push(body);
    return { status: 200, body: told };
  };
  return { node, asked };
}

const ofNode = ({ nodes }: TuningEstimate, { id }: FakeNode) => nodes.find((node) => node.id === id)!;

describe('an estimate of a tuning', () => {
  it('counts samples and steps, has the node tell the rest, and creates nothing', async () => {
    const { node, asked } = await telling();
    const answer = await estimate({ shots: 16, hyperParameters: { batchSize: 8, epochs: 30, patience: 2 } });
    expect(answer).toMatchObject({ samples: { train: 16, valid: 5 }, steps: { total: 60, least: 30 } });
    expect(ofNode(answer, node)).toMatchObject({
      ...{ name: 'fake', shared: false, state: 'online', draining: false, holdsModel: true, busy: false },
      ...{ estimate: ESTIMATE, problem: null },
    });
    const request = nodeEstimateRequestSchema.parse(asked[0]);
    expect(request).toMatchObject({ model: MODEL, samples: { train: 16, valid: 5 }, settings: { shots: 16 } });
    expect(request.settings.hyperParameters).toMatchObject({ epochs: 30, learningRate: 1e-4 });
    expect(request.texts).toHaveLength(32);
    // Evenly drawn from all fifty.
    const drawn = (at: number) => `${formatSamplePrompt(sample(at), 'clean')}${at % 2 ? 'No.' : 'Yes.'}`;
    expect([request.texts[0], request.texts[1], request.texts[31]]).toEqual([drawn(0), drawn(2), drawn(49)]);
    const { body } = await call<{ items: Tuning[] }>('GET', '/v1/tunings');
    expect(body.items.filter((tuning) => tuning.dataset === dataset)).toEqual([]);
  });

  it('takes the validation data that is named, and all samples without shots', async () => {
    const { asked } = await telling();
    const valid = (await uploaded('samples', 'jsonl', samplesFile(7))).id;
    expect((await estimate({ validDataset: valid })).samples).toEqual({ train: 50, valid: 7 });
    expect(nodeEstimateRequestSchema.parse(asked[0]).samples).toEqual({ train: 50, valid: 7 });
  });

  it('reads instructions with their outputs, for the first stage', async () => {
    const { asked } = await telling();
    const row = (at: number) => `${JSON.stringify({ instruction: `Do ${at}`, input: '', output: `Done ${at}` })}\n`;
    const rows = Array.from({ length: 20 }, (_, at) => row(at)).join('');
    const instructions = (await uploaded('instructions', 'jsonl', rows)).id;
    const answer = await estimate({ dataset: instructions, stage: 'alpaca', template: 'alpaca' });
    expect(answer.samples).toEqual({ train: 18, valid: 2 });
    expect(nodeEstimateRequestSchema.parse(asked[0]).texts[1]).toMatch(/Do 1\n\n### Response:\nDone 1$/);
  });

  it('names every node that could take it and why one cannot, whatever they answer', async () => {
    const { node: able } = await telling();
    const tight = { ...ESTIMATE, time: null, memory: { ...ESTIMATE.memory!, fits: false }, wouldFit: 'Less would.' };
    const { node: small } = await telling(tight);
    const without = await joined(nodeStatus({ models: [] }));
    const old = await joined();
    const refused = { requestId: 'r', retryable: false };
    const unknown = { code: 'NOT_FOUND', message: 'The node has no POST /estimate.', ...refused };
    old.onRequest = () => ({ status: 404, body: { error: unknown } });
    const broken = await joined();
    broken.onRequest = () => ({ status: 200, body: { memory: 'much' } });
    const failing = await joined();
    const fault = { code: 'ENGINE_FAILED', message: 'The planning process died.', ...refused };
    failing.onRequest = () => ({ status: 502, body: { error: fault } });
    const { node: draining } = await telling();
    await call('POST', `/v1/nodes/${draining.id}/drain`);
    const { node: working } = await telling();
    await working.announce(nodeStatus({ runningJob: 'tun_x' }));
    const away = await joined();
    away.drop();
    await until(
      async () => (await call<{ connected: boolean }>('GET', `/v1/nodes/${away.id}`)).body,
      ({ connected }) => !connected,
    );

    const answer = await estimate();
    const told = (node: FakeNode) => {
      const { estimate: own, problem } = ofNode(answer, node);
      return [own !== null, problem];
    };
    expect(told(able)).toEqual([true, null]);
    expect(told(small)).toEqual([true, expect.stringMatching(/too little memory/)]);
    expect(told(without)).toEqual([false, expect.stringMatching(/does not hold the model tiny/)]);
    expect(told(old)).toEqual([false, expect.stringMatching(/version cannot tell: update it/)]);
    expect(told(broken)).toEqual([false, expect.stringMatching(/was not understood/)]);
    expect(told(failing)).toEqual([false, 'The planning process died.']);
    expect(told(draining)).toEqual([true, expect.stringMatching(/drained/)]);
    expect(told(away)).toEqual([false, 'It is not connected.']);
    expect([told(working), ofNode(answer, working).busy]).toEqual([[true, null], true]);
  });

  it('counts the samples that ratings give, and says so where nobody has counted them', async () => {
    const { asked } = await telling();
    const ratings = Array.from({ length: 30 }, (_, at) => `u,${at},Film ${at},${1 + (at % 5)},${at}\n`).join('');
    const { id } = await uploaded('interactions', 'csv', `user,item,title,rating,time\n${ratings}`);
    // Twenty have ten before them, and are split 8:1:1.
    expect((await estimate({ dataset: id, shots: 64 })).samples).toEqual({ train: 16, valid: 2 });
    await env.DB.prepare("UPDATE datasets SET stats = json_set(stats, '$.profile', null) WHERE id = ?").bind(id).run();
    expect(await estimate({ dataset: id, shots: 64 })).toMatchObject({ samples: null, steps: null });
    const requests = asked.map((body) => nodeEstimateRequestSchema.parse(body));
    expect(requests.map(({ samples }) => samples)).toEqual([{ train: 16, valid: 2 }, null]);
    expect(requests[0]!.texts).toHaveLength(20);
  });

  it('is refused where the tuning would be, at the same places', async () => {
    for (const more of [
      { hyperParameters: { epochs: 0 } },
      { dataset: dataset.replace(/.$/, '0') },
      { stage: 'alpaca' },
    ]) {
      const body = { model: MODEL, dataset, wait: true, ...more };
      const [created, estimated] = [
        await call('POST', '/v1/tunings', { body }),
        await call('POST', '/v1/tunings:estimate', { body }),
      ];
      const places = ({ body: { error } }: typeof created) => [error.code, refusedPlacesSchema.parse(error.details)];
      expect(created.status).toBeGreaterThanOrEqual(400);
      expect([estimated.status, ...places(estimated)]).toEqual([created.status, ...places(created)]);
    }
  });
});
