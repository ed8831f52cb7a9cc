import { env, exports } from 'cloudflare:workers';
import { LINK_PATH, LINK_VERSION, LINK_VERSION_HEADER } from '@tallrec/shared/wire/link';
import { NODE_DOORS, type Node, type NodeSecret, type NodeStatus } from '@tallrec/shared/wire/nodes';
import { describe, expect, it } from 'vitest';
import { openDb } from '../repo/db.ts';
import { listConnectedNodes, markNodeSeen, nodesServing } from '../repo/nodes.ts';
import type { CreatedNode } from '../services/nodes.ts';
import { call, newWorkspace, operator } from '../testing/client.ts';

const STATUS: NodeStatus = {
  version: '1',
  provider: 'cpu',
  precision: 'f32',
  memoryBytes: 1,
  models: [],
  adapters: ['ab'.repeat(32)],
  runningJob: 'tun_01jd3x6k8w5v0e9s2m4q7r1tza',
  queuedRequests: 2,
};
const db = openDb(env.DB);
const seen = (id: string, connected = true, lastSeenAt = Date.now()) =>
  markNodeSeen(db, id, { connected, lastSeenAt, status: STATUS });

const create = async (key?: string) =>
  (await call<CreatedNode>('POST', '/v1/nodes', { body: { name: 'machine' }, ...(key === undefined ? {} : { key }) }))
    .body;
const join = (token: string) => call<NodeSecret>('POST', NODE_DOORS.join, { key: token });
const rotate = (secret: string) => call<NodeSecret>('POST', NODE_DOORS.rotate, { key: secret });
const get = async (id: string) => (await call<Node>('GET', `/v1/nodes/${id}`)).body;
const refusal = async (answer: Promise<{ status: number; body: unknown }>) => {
  const { status, body } = await answer;
  return [status, (body as { error?: { code: string } }).error?.code];
};
/** Whether the secret opens the node's doors. */
const holds = async (secret: string) =>
  (await call('POST', NODE_DOORS.drain, { key: secret, body: { draining: false } })).status === 200;
/** Dials as a node does, and hangs up again. */
async function dial(secret: string, version: string | null = String(LINK_VERSION), upgrade = 'websocket') {
  const headers = new Headers({ Authorization: `Bearer ${secret}`, Upgrade: upgrade });
  if (version !== null) headers.set(LINK_VERSION_HEADER, version);
  const response = await exports.default.fetch(new Request(`https://edge.test${LINK_PATH}`, { headers }));
  response.webSocket?.accept();
  response.webSocket?.close();
  const body = response.webSocket ? undefined : await response.json<{ error: { code: string; message: string } }>();
  return { status: response.status, body };
}

describe('a join token', () => {
  it('is given once with its node, and exchanged for a secret of its own', async () => {
    const { node, token, expiresAt } = await create();
    expect(token).toMatch(/^tlr_join_[\w-]{43}$/);
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(50 * 60_000);
    expect(node).toMatchObject({ shared: false, state: 'joining', connected: false, status: null });
    const joined = await join(token);
    expect(joined.body).toEqual({ node: node.id, secret: expect.stringMatching(/^tlr_node_[\w-]{43}$/) });
    expect((await get(node.id)).state).toBe('offline');
    const { results } = await env.DB.prepare('select * from nodes').all();
    for (const secret of [token, joined.body.secret]) expect(JSON.stringify(results)).not.toContain(secret.slice(9));
  });

  it('can be used again while its answer may have been lost, and is spent once the secret was used', async () => {
    const { token } = await create();
    const lost = (await join(token)).body.secret;
    const { secret } = (await join(token)).body;
    expect([await holds(lost), await holds(secret)]).toEqual([false, true]);
    const again = await call('POST', NODE_DOORS.join, { key: token });
    expect([again.status, again.body.error.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(again.body.error.message).toContain('Make a new one');
    expect(await holds(secret)).toBe(true);
  });

  it('ends after its hour, and nothing else is taken for one', async () => {
    const { node, token } = await create();
    await env.DB.prepare('update nodes set join_until = ? where id = ?')
      .bind(Date.now() - 1, node.id)
      .run();
    const { secret } = (await join((await create()).token)).body;
    for (const other of [token, 'tlr_join_unknown', secret, null]) {
      expect(await refusal(call('POST', NODE_DOORS.join, { key: other }))).toEqual([401, 'UNAUTHENTICATED']);
    }
  });

  it('is given anew for a node that lost its secret, which ends', async () => {
    const { node, token } = await create();
    const { secret } = (await join(token)).body;
    expect(await holds(secret)).toBe(true);
    await seen(node.id);
    const renewed = await call<CreatedNode>('POST', `/v1/nodes/${node.id}/token`);
    expect(renewed.body).toMatchObject({ node: { id: node.id, state: 'joining', connected: false } });
    expect(await holds(secret)).toBe(false);
    expect(await refusal(join(token))).toEqual([401, 'UNAUTHENTICATED']);
    expect((await join(renewed.body.token)).body.node).toBe(node.id);
  });
});

describe("a node's secret", () => {
  it('is rotated: the old one holds until the new one was used', async () => {
    const { secret: first } = (await join((await create()).token)).body;
    const lost = (await rotate(first)).body.secret;
    const { secret: second } = (await rotate(first)).body;
    expect([await holds(lost), await holds(first), await holds(second)]).toEqual([false, true, true]);
    expect([await holds(first), await holds(second)]).toEqual([false, true]);
    expect(await refusal(rotate(first))).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('drains its own node', async () => {
    const { node, token } = await create();
    const { secret } = (await join(token)).body;
    const drain = (body: unknown) => call('POST', NODE_DOORS.drain, { key: secret, body });
    expect((await drain({ draining: true })).status).toBe(200);
    expect((await get(node.id)).draining).toBe(true);
    expect(await refusal(drain({ draining: 'yes' }))).toEqual([400, 'VALIDATION_FAILED']);
    expect((await call<Node>('POST', `/v1/nodes/${node.id}/resume`)).body.draining).toBe(false);
    expect((await call<Node>('POST', `/v1/nodes/${node.id}/drain`)).body.draining).toBe(true);
  });

  it('opens the link to a node of the same version, and sends others away with both versions in words', async () => {
    const { node, token } = await create();
    const { secret } = (await join(token)).body;
    const old = await dial(secret, '1');
    expect([old.status, old.body?.error.code]).toEqual([426, 'UPGRADE_REQUIRED']);
    expect(old.body?.error.message).toMatch(new RegExp(`version 1 .*version ${LINK_VERSION}`));
    expect((await get(node.id)).state).toBe('upgrade');
    for (const version of [null, '99', 'x'.repeat(500)]) expect((await dial(secret, version)).status).toBe(426);
    expect(await dial(secret, String(LINK_VERSION), 'h2c')).toMatchObject({ status: 400 });
    expect((await dial(secret)).status).toBe(101);
    expect((await get(node.id)).state).not.toBe('upgrade');
    expect((await dial('tlr_node_unknown')).status).toBe(401);
  });
});

describe('nodes', () => {
  it('say whether they are there', async () => {
    const { node, token } = await create();
    await join(token);
    const now = Date.now();
    await seen(node.id, true, now);
    expect(await get(node.id)).toMatchObject({ state: 'online', connected: true, status: STATUS });
    // It was heard for the last time before it was found to be gone.
    await seen(node.id, false, now - 1000);
    const lastSeenAt = new Date(now).toISOString();
    expect(await get(node.id)).toMatchObject({ state: 'offline', connected: false, lastSeenAt });
  });

  it('of a workspace are there for it alone; those of the operator for all, who see nothing of one another', async () => {
    const [a, b] = [await newWorkspace(), await newWorkspace()];
    const own = (await create(a.key)).node.id;
    const shared = (await operator<CreatedNode>('POST', '/v1/nodes', { body: { name: 'all' } })).body.node;
    expect(shared).toMatchObject({ shared: true, createdBy: 'operator' });
    const given = (await operator<CreatedNode>('POST', '/v1/nodes', { body: { name: 'b', workspace: b.id } })).body
      .node;
    for (const id of [own, shared.id, given.id]) await seen(id);

    const listed = async (key: string) =>
      (await call<{ items: Node[] }>('GET', '/v1/nodes?limit=100', { key })).body.items.map(({ id }) => id);
    const [seenByA, seenByB] = [await listed(a.key), await listed(b.key)];
    expect(seenByA).toEqual(expect.arrayContaining([own, shared.id]));
    expect(seenByA).not.toContain(given.id);
    expect(seenByB).toEqual(expect.arrayContaining([given.id, shared.id]));
    expect(seenByB).not.toContain(own);
    const seenByOperator = await listed(env.OPERATOR_SECRET);
    expect(seenByOperator).toContain(shared.id);
    expect(seenByOperator).not.toEqual(expect.arrayContaining([own]));
    const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
    expect(ids(await listConnectedNodes(db, a.id))).toEqual(expect.arrayContaining([own, shared.id]));
    expect(ids(await nodesServing(db, a.id))).not.toContain(given.id);

    const status = (await call<Node>('GET', `/v1/nodes/${shared.id}`, { key: a.key })).body.status;
    expect(status).toMatchObject({ runningJob: null, adapters: [], models: [] });
    expect((await call<Node>('GET', `/v1/nodes/${own}`, { key: a.key })).body.status).toEqual(STATUS);

    for (const [method, path] of [
      ['POST', `/v1/nodes/${shared.id}/drain`],
      ['POST', `/v1/nodes/${shared.id}/resume`],
      ['POST', `/v1/nodes/${shared.id}/token`],
      ['DELETE', `/v1/nodes/${shared.id}`],
    ] as const) {
      expect(await refusal(call(method, path, { key: a.key }))).toEqual([403, 'FORBIDDEN']);
    }
    expect(await refusal(operator('DELETE', `/v1/nodes/${own}`))).toEqual([404, 'NOT_FOUND']);
    expect((await operator<Node>('POST', `/v1/nodes/${shared.id}/drain`)).body.draining).toBe(true);
    expect((await operator('DELETE', `/v1/nodes/${shared.id}`)).status).toBe(204);
    expect((await call('GET', `/v1/nodes/${shared.id}`, { key: a.key })).status).toBe(404);
  });

  it('that are deleted open no door any more', async () => {
    const { node, token } = await create();
    const { secret } = (await join(token)).body;
    expect(await holds(secret)).toBe(true);
    expect((await call('DELETE', `/v1/nodes/${node.id}`)).status).toBe(204);
    expect(await holds(secret)).toBe(false);
    expect((await call('DELETE', `/v1/nodes/${node.id}`)).status).toBe(404);
  });
});
