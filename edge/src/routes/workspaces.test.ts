import { SCOPES } from '@tallrec/shared/wire/keys';
import type { OwnWorkspace, Workspace } from '@tallrec/shared/wire/workspaces';
import { describe, expect, it } from 'vitest';
import { call, keyWith, newWorkspace, operator } from '../testing/client.ts';

type Created = { workspace: Workspace; key: string };

describe('workspaces', () => {
  it('are made by the operator, with a first key that has every scope', async () => {
    const made = await operator<Created>('POST', '/v1/workspaces', { body: { name: 'shop' } });
    expect(made.status).toBe(201);
    const { workspace, key } = made.body;
    const own = await call<OwnWorkspace>('GET', '/v1/workspace', { key });
    expect(own.body).toMatchObject({ workspace, apiKey: { workspace: workspace.id, scopes: [...SCOPES] } });
    expect((await call('GET', '/v1/keys', { key })).status).toBe(200);
    const { items } = (await operator<{ items: Workspace[] }>('GET', '/v1/workspaces?limit=1')).body;
    expect(items).toEqual([workspace]);
  });

  it('are made once under one Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const create = () => operator<Created>('POST', '/v1/workspaces', { body: { name: 'once' }, headers });
    const first = await create();
    expect((await create()).body).toEqual(first.body);
  });

  it('are neither made nor listed by keys', async () => {
    const { key } = await newWorkspace();
    for (const [method, body] of [['POST', { name: 'x' }], ['GET']] as const) {
      const answer = await call(method, '/v1/workspaces', { key, body });
      expect([answer.status, answer.body.error.code]).toEqual([403, 'FORBIDDEN']);
    }
  });

  it('tell any key whose it is, whatever its scopes', async () => {
    const { id } = await newWorkspace();
    const own = await call<OwnWorkspace>('GET', '/v1/workspace', { key: await keyWith(['score'], 600, id) });
    expect(own.body).toMatchObject({ workspace: { id }, apiKey: { scopes: ['score'] } });
    expect(JSON.stringify(own.body)).not.toMatch(/hash/i);
    const refused = await operator('GET', '/v1/workspace');
    expect([refused.status, refused.body.error.code]).toEqual([403, 'FORBIDDEN']);
  });
});
