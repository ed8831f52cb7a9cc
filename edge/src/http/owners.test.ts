// Two workspaces: what belongs to one is not there for the other, in the same words as what never was.
import type { ApiKey } from '@tallrec/shared/wire/keys';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CreatedNode } from '../services/nodes.ts';
import { call, newWorkspace, type TestWorkspace } from '../testing/client.ts';

const NEVER = { key: 'key_01jd3x6k8w5v0e9s2m4q7r1tza', node: 'node_01jd3x6k8w5v0e9s2m4q7r1tza' };
type Owned = keyof typeof NEVER;

const ROUTES: [string, (id: string) => string, Owned][] = [
  ['GET', (id) => `/v1/keys/${id}`, 'key'],
  ['POST', (id) => `/v1/keys/${id}/rotate`, 'key'],
  ['DELETE', (id) => `/v1/keys/${id}`, 'key'],
  ['GET', (id) => `/v1/nodes/${id}`, 'node'],
  ['POST', (id) => `/v1/nodes/${id}/token`, 'node'],
  ['POST', (id) => `/v1/nodes/${id}/drain`, 'node'],
  ['POST', (id) => `/v1/nodes/${id}/resume`, 'node'],
  ['DELETE', (id) => `/v1/nodes/${id}`, 'node'],
];

describe('what one workspace owns', () => {
  let owner: TestWorkspace;
  let other: TestWorkspace;
  let owned: Record<Owned, string>;

  beforeAll(async () => {
    [owner, other] = [await newWorkspace('owner'), await newWorkspace('other')];
    const { key } = owner;
    const made = await call<{ apiKey: ApiKey }>('POST', '/v1/keys', { key, body: { name: 'x', scopes: ['read'] } });
    const { body } = await call<CreatedNode>('POST', '/v1/nodes', { key, body: { name: 'x' } });
    owned = { key: made.body.apiKey.id, node: body.node.id };
  });

  it.each(ROUTES)('%s %s of another is as if it had never been', async (method, path, kind) => {
    const body = method === 'POST' ? {} : undefined;
    const foreign = await call(method, path(owned[kind]), { key: other.key, body });
    const never = await call(method, path(NEVER[kind]), { key: other.key, body });
    expect([foreign.status, foreign.body.error.code]).toEqual([404, 'NOT_FOUND']);
    expect(foreign.body.error.message.replace(owned[kind], 'ID')).toBe(
      never.body.error.message.replace(NEVER[kind], 'ID'),
    );
  });

  it('stays as it was, and stands in no list of the other', async () => {
    const { key } = owner;
    expect((await call<ApiKey>('GET', `/v1/keys/${owned.key}`, { key })).body.revokedAt).toBeNull();
    expect((await call('GET', `/v1/nodes/${owned.node}`, { key })).body).toMatchObject({ draining: false });
    for (const path of ['/v1/keys', '/v1/nodes', '/v1/audit']) {
      const { body } = await call<{ items: unknown[] }>('GET', `${path}?limit=100`, { key: other.key });
      const text = JSON.stringify(body);
      for (const id of [owner.id, ...Object.values(owned)]) expect(text).not.toContain(id);
    }
  });
});
