import { exports } from 'cloudflare:workers';
import type { Preview } from '@tallrec/shared/wire/datasets';
import type { Node } from '@tallrec/shared/wire/nodes';
import type { ErrorBody } from '@tallrec/shared/wire/page';
import type { ScoreResponse } from '@tallrec/shared/wire/score';
import { afterEach, describe, expect, it } from 'vitest';
import { call, defaultWorkspace, keyWith } from '../testing/client.ts';
import { dial, FakeNode, MODEL, nodeStatus, until } from '../testing/fake-node.ts';

const nodes: FakeNode[] = [];
async function joined(status = nodeStatus()): Promise<FakeNode> {
  const node = await FakeNode.joined(status);
  nodes.push(node);
  return node;
}
afterEach(async () => {
  for (const node of nodes.splice(0)) {
    node.drop();
    await call('DELETE', `/v1/nodes/${node.id}`);
  }
});

const sample = (title: string) => ({ history: [], target: { title } });
const score = (titles: string[], more = {}) =>
  call<ScoreResponse & ErrorBody>('POST', '/v1/score', {
    body: { model: MODEL, samples: titles.map(sample), ...more },
  });
/** Answers each sample with the number in its title. */
const answering = ({ body }: { body?: unknown }) => {
  const { samples } = body as { samples: { target: { title: string } }[] };
  const scores = samples.map(({ target }) => ({ score: Number(target.title), yesLogit: 0, noLogit: 0 }));
  return { status: 200, body: { scores, model: MODEL, adapter: null, tokens: 1 } };
};
const refused = (code: 'VALIDATION_FAILED' | 'NODE_BUSY', message: string) => ({
  status: 400,
  body: { error: { code, message, requestId: 'r', retryable: false } },
});

describe('dialling in', () => {
  it('takes a node with its secret and nobody else', async () => {
    const apiKey = await keyWith(['admin']);
    for (const secret of [undefined, apiKey, 'tlr_node_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']) {
      const response = await dial(secret);
      expect(response.status).toBe(401);
      expect(await response.json<ErrorBody>()).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    }
    const node = await FakeNode.create();
    const api = await call('GET', '/v1/models', { key: node.secret });
    expect(api.status).toBe(401);
    const plain = await call('GET', '/internal/nodes/connect', { key: node.secret });
    expect(plain).toMatchObject({ status: 426, body: { error: { code: 'UPGRADE_REQUIRED' } } });
  });

  it('shows who is there with what, and that it has gone', async () => {
    const node = await joined();
    const { body: models } = await call<{ items: { name: string; nodes: string[] }[] }>('GET', '/v1/models');
    expect(models.items).toMatchObject([{ name: MODEL, nodes: [node.id] }]);
    node.drop();
    const gone = await until(
      async () => (await call<Node>('GET', `/v1/nodes/${node.id}`)).body,
      ({ connected }) => !connected,
    );
    expect(gone.lastSeenAt).not.toBeNull();
  });

  it('replaces the connection of a node that dials again, and listens to the new one only', async () => {
    const node = await joined();
    const before = node.socket;
    const ended = new Promise<CloseEvent>((resolve) => before.addEventListener('close', resolve));
    const replaced = node.next('replaced');
    await node.connect();
    await replaced;
    expect((await ended).code).toBe(4001);
    node.onRequest = answering;
    await node.announce();
    expect((await score(['0.5'])).body.scores[0]!.score).toBe(0.5);
  });

  it('ends a connection whose frames it does not understand', async () => {
    const node = await joined();
    node.socket.send('{"type":"nonsense"}');
    await until(
      async () => node.closed,
      (closed) => closed !== undefined,
    );
    expect(node.closed?.code).toBe(4010);
  });

  it('ends the lease of a node that is silent, though its socket stays open', async () => {
    const node = await joined();
    node.fallSilent();
    await until(
      async () => (await call<Node>('GET', `/v1/nodes/${node.id}`)).body,
      ({ connected }) => !connected,
    );
    await until(
      async () => node.closed,
      (closed) => closed !== undefined,
    );
    expect(node.closed?.code).toBe(4008);
  });

  it('closes the link of a node that is deleted', async () => {
    const node = await joined();
    expect((await call('DELETE', `/v1/nodes/${node.id}`)).status).toBe(204);
    await until(
      async () => node.closed,
      (closed) => closed !== undefined,
    );
    expect((await dial(node.secret)).status).toBe(401);
  });
});

describe('relayed requests', () => {
  it('gives every answer to its own question, whatever their order', async () => {
    const node = await joined();
    const waiting: { id: number; body?: unknown }[] = [];
    node.onRequest = (frame) => {
      waiting.push(frame);
      return undefined;
    };
    const asked = Array.from({ length: 40 }, (_, at) => score([`0.${at + 10}`]));
    await until(
      async () => waiting.length,
      (count) => count === 40,
    );
    for (const frame of waiting.reverse()) node.send({ type: 'response', id: frame.id, ...answering(frame) });
    const answers = await Promise.all(asked);
    expect(answers.map(({ body }) => body.scores[0]!.score)).toEqual(
      Array.from({ length: 40 }, (_, at) => Number(`0.${at + 10}`)),
    );
  });

  it('passes on what a node refuses', async () => {
    const node = await joined();
    node.onRequest = () => refused('VALIDATION_FAILED', 'The prompt is too long.');
    expect(await score(['1'])).toMatchObject({
      status: 400,
      body: { error: { code: 'VALIDATION_FAILED', message: 'The prompt is too long.' } },
    });
  });

  it('does not trust an answer that breaks the contract', async () => {
    const node = await joined();
    node.onRequest = () => ({ status: 200, body: { scores: 'many' } });
    expect(await score(['1'])).toMatchObject({ status: 500, body: { error: { code: 'INTERNAL' } } });
  });

  it('says within the time limit that a node does not answer, and when it goes away meanwhile', async () => {
    const node = await joined();
    expect(await score(['1'])).toMatchObject({ status: 504, body: { error: { code: 'NODE_TIMEOUT' } } });
    node.onRequest = () => {
      node.drop();
      return undefined;
    };
    expect(await score(['1'])).toMatchObject({ status: 503, body: { error: { code: 'NODE_UNAVAILABLE' } } });
  });

  it('bounds what is in flight', async () => {
    await joined();
    const answers = await Promise.all(Array.from({ length: 70 }, () => score(['1'])));
    const codes = answers.map(({ body }) => body.error.code);
    expect(codes.filter((code) => code === 'NODE_BUSY')).toHaveLength(6);
    expect(codes.filter((code) => code === 'NODE_TIMEOUT')).toHaveLength(64);
  });

  it('says what to do when no node holds the model, or the request is too large for a frame', async () => {
    const none = await score(['1'], { model: 'unknown' });
    expect(none).toMatchObject({ status: 404, body: { error: { code: 'MODEL_UNKNOWN', retryable: false } } });
    expect(none.body.error.message).toMatch(/tallrec serve/);
    await joined();
    const other = await score(['1'], { model: 'unknown' });
    expect(other.body.error.message).toContain(MODEL);
    const history = Array.from({ length: 200 }, (_, at) => ({ title: `${at}`.padEnd(450, 'x'), liked: true }));
    const body = { model: MODEL, samples: Array.from({ length: 20 }, () => ({ history, target: { title: 't' } })) };
    const large = await call('POST', '/v1/score', { body });
    expect(large).toMatchObject({ status: 413, body: { error: { code: 'TOO_LARGE' } } });
  });

  it('goes to the node with less on its way, and asks the next one when the first is busy', async () => {
    const [one, two] = [await joined(), await joined()];
    const waiting: FakeNode[] = [];
    for (const node of [one, two]) node.onRequest = () => void waiting.push(node);
    const asked = Array.from({ length: 10 }, () => score(['0.25']));
    await until(
      async () => waiting.length,
      (count) => count === 10,
    );
    expect(waiting.filter((node) => node === one)).toHaveLength(5);
    await Promise.all(asked);

    const refusing: FakeNode[] = [];
    for (const node of [one, two]) {
      node.onRequest = (frame) => {
        refusing.push(node);
        return refusing.length === 1 ? refused('NODE_BUSY', 'full') : answering(frame);
      };
    }
    expect((await score(['0.25'])).body.scores[0]!.score).toBe(0.25);
    expect(new Set(refusing)).toEqual(new Set([one, two]));

    for (const node of [one, two]) node.onRequest = () => refused('NODE_BUSY', 'full');
    const full = await score(['0.25']);
    expect(full).toMatchObject({ status: 503, body: { error: { code: 'NODE_BUSY', retryable: true } } });
    expect(Number(full.headers.get('Retry-After'))).toBeGreaterThan(0);
  });

  it('says how long nobody waits any longer, and tells the node when the caller has gone', async () => {
    const node = await joined();
    const gone = new AbortController();
    const { key } = await defaultWorkspace();
    const asked = exports.default.fetch(
      new Request('https://edge.test/v1/score', {
        method: 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ model: MODEL, samples: [sample('1')] }),
        signal: gone.signal,
      }),
    );
    asked.catch(() => undefined);
    const { id, deadlineMs } = await node.next('request');
    // NODE_REQUEST_TIMEOUT_MS of the tests.
    expect(deadlineMs).toBe(600);
    gone.abort();
    expect(await node.next('abort')).toEqual({ type: 'abort', id });
  });

  it('tells what a request waited and took, where its node says so', async () => {
    const node = await joined();
    const timings = { queueMs: 1.5, engineMs: 20 };
    node.onRequest = (frame) => ({ status: 200, timings, body: answering(frame).body });
    const { headers } = await score(['0.5']);
    expect(headers.get('Server-Timing')).toMatch(
      /^queue;dur=1\.5, engine;dur=20\.0, node;dur=\d+\.\d, edge;dur=\d+\.\d$/,
    );
    node.onRequest = answering;
    expect((await score(['0.5'])).headers.get('Server-Timing')).toMatch(/^node;dur=\S+, edge;dur=\S+$/);
  });

  it('reads an answer whose fields come in another order, and refuses one whose body is no JSON', async () => {
    const node = await joined();
    const { status, body } = answering({ body: { samples: [sample('0.5')] } });
    let text = (id: number) => JSON.stringify({ body, status, id, type: 'response' });
    node.onRequest = ({ id }) => void node.socket.send(text(id));
    expect((await score(['0.5'])).body.scores[0]!.score).toBe(0.5);
    text = (id) => `{"type":"response","id":${id},"status":200,"body":{]}`;
    expect(await score(['0.5'])).toMatchObject({ status: 500, body: { error: { code: 'INTERNAL' } } });
  });

  it('knows at once where to go when a node is drained, comes or goes', async () => {
    const one = await joined();
    one.onRequest = answering;
    expect((await score(['0.5'])).status).toBe(200);
    await call('POST', `/v1/nodes/${one.id}/drain`, { body: { draining: true } });
    expect((await score(['0.5'])).body).toMatchObject({ error: { code: 'NODE_UNAVAILABLE' } });
    const two = await joined();
    two.onRequest = answering;
    expect((await score(['0.5'])).status).toBe(200);
    two.drop();
    await until(
      async () => (await call<Node>('GET', `/v1/nodes/${two.id}`)).body,
      ({ connected }) => !connected,
    );
    const away = await score(['0.5']);
    expect(away).toMatchObject({ status: 503, body: { error: { code: 'NODE_UNAVAILABLE' } } });
    expect(Number(away.headers.get('Retry-After'))).toBeGreaterThan(0);
  });

  it('counts and shows tokens for previews where a node can, and does without where none can', async () => {
    const node = await joined();
    let show: ((text: string) => string[]) | undefined;
    node.onRequest = ({ path, body }) => {
      expect([path, (body as { pieces: boolean }).pieces]).toEqual(['/tokens', true]);
      const { texts } = body as { texts: string[] };
      const counts = texts.map((text) => text.length);
      return { status: 200, body: { counts, ...(show ? { pieces: texts.map(show) } : {}) } };
    };
    const { uploaded } = await import('../testing/datasets.ts');
    const row = { history: [], target: { title: 'A' }, liked: true };
    const dataset = await uploaded('samples', 'jsonl', `${JSON.stringify(row)}\n`);
    const preview = () => call<Preview>('GET', `/v1/datasets/${dataset.id}/preview`);
    const counted = async () => (await preview()).body.samples[0]!;
    const { prompt, tokens, pieces, sample } = await counted();
    // A node that is older than pieces.
    expect([tokens, pieces]).toEqual([prompt.length, null]);
    expect(sample).toMatchObject(row);
    show = (text) => text.split(/(?= )/);
    expect((await counted()).pieces!.join('')).toBe(prompt);
    expect((await counted()).pieces!.length).toBeGreaterThan(5);
    show = (text) => [text.slice(1)];
    expect(await counted()).toMatchObject({ tokens: prompt.length, pieces: null });
    node.drop();
    await until(
      async () => (await preview()).body.samples[0]!.tokens,
      (tokens) => tokens === null,
    );
  });
});
