import { env } from 'cloudflare:workers';
import type { AuditEntry } from '@tallrec/shared/wire/audit';
import type { ApiKey } from '@tallrec/shared/wire/keys';
import { describe, expect, it } from 'vitest';
import { deleteAuditBefore } from '../repo/audit.ts';
import { openDb } from '../repo/db.ts';
import type { CreatedNode } from '../services/nodes.ts';
import { call, newWorkspace } from '../testing/client.ts';

type Page = { items: AuditEntry[]; nextCursor: string | null };
const audit = async (key: string, query = '') => (await call<Page>('GET', `/v1/audit${query}`, { key })).body;

describe('the audit', () => {
  it('holds who did what, newest first, and nothing of what changed nothing', async () => {
    const { id, key } = await newWorkspace();
    const made = await call<{ apiKey: ApiKey; key: string }>('POST', '/v1/keys', {
      key,
      body: { name: 'reader', scopes: ['read'] },
    });
    const { apiKey } = made.body;
    await call('POST', `/v1/keys/${apiKey.id}/rotate`, { key, body: {} });
    await call('DELETE', `/v1/keys/${apiKey.id}`, { key });
    await call('DELETE', `/v1/keys/${apiKey.id}`, { key });
    const { node } = (await call<CreatedNode>('POST', '/v1/nodes', { key, body: { name: 'machine' } })).body;
    await call('POST', `/v1/nodes/${node.id}/drain`, { key });
    await call('POST', `/v1/nodes/${node.id}/drain`, { key });
    await call('POST', `/v1/nodes/${node.id}/resume`, { key });
    await call('POST', `/v1/nodes/${node.id}/token`, { key });
    await call('DELETE', `/v1/nodes/${node.id}`, { key });

    const { items } = await audit(key, '?limit=100');
    const actions = items.map(({ action }) => action).reverse();
    // Made at once, in no order.
    expect(actions.slice(0, 2).sort()).toEqual(['key.create', 'workspace.create']);
    expect(actions.slice(2)).toEqual([
      'key.create',
      'key.create',
      'key.rotate',
      'key.revoke',
      'node.create',
      'node.drain',
      'node.resume',
      'node.renew-token',
      'node.delete',
    ]);
    const [begun] = (await audit(key, `?subject=${id}`)).items;
    expect(begun).toMatchObject({ actor: 'operator', action: 'workspace.create', details: { name: 'test' } });
    expect(items[0]).toMatchObject({ actor: apiKey.createdBy, subject: node.id });
    expect(JSON.stringify(items)).not.toContain('tlr_');

    const of = await audit(key, `?subject=${apiKey.id}`);
    expect(of.items.map(({ action }) => action)).toEqual(['key.revoke', 'key.rotate', 'key.create']);
    expect((await audit(key, '?actor=operator')).items).toHaveLength(3);
    const first = await audit(key, '?limit=4');
    const second = await audit(key, `?limit=4&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items]).toEqual(items.slice(0, 8));
  });

  it('is let go of after its time, the oldest first', async () => {
    const { key } = await newWorkspace();
    const all = (await audit(key)).items;
    const [oldest] = all.slice(-1);
    await env.DB.prepare('update audit_entries set at = 1000 where id = ?').bind(oldest!.id).run();
    await deleteAuditBefore(openDb(env.DB), 2000, 1);
    expect((await audit(key)).items).toEqual(all.slice(0, -1));
  });
});
