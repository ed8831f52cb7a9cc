import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { parseEnv } from '../env.ts';
import { openDb } from '../repo/db.ts';
import { forgetRoutes, forgetRoutesOf, lookUpRoute, recallRoute } from './known-routes.ts';

let made = 0;

/** The record, with what happens while it is asked, and a clock that the test sets. */
function world() {
  const asked: { times: number; meanwhile?: () => void } = { times: 0 };
  const DB = {
    prepare: (sql: string) => {
      asked.times++;
      asked.meanwhile?.();
      return env.DB.prepare(sql);
    },
    batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
  } as D1Database;
  const clock = { ms: 1_000_000, nowMs: () => clock.ms };
  const deps = { db: openDb(DB), clock, signing: parseEnv(env).SIGNING_KEYS };
  return { asked, clock, deps, workspace: `ws_known_${made++}` };
}

describe('a route that was found a moment ago', () => {
  it('is known for a second, and from half of it on one request asks again for all', async () => {
    const { clock, deps, workspace } = world();
    expect(recallRoute(workspace, null, clock.ms)).toBeUndefined();
    const route = await lookUpRoute(deps, workspace, null);
    expect(recallRoute(workspace, null, clock.ms + 499)).toBe(route);
    expect(recallRoute(workspace, null, clock.ms + 500)).toBeUndefined();
    for (let at = 0; at < 3; at++) expect(recallRoute(workspace, null, clock.ms + 501)).toBe(route);
    expect(recallRoute(workspace, null, clock.ms + 1000)).toBeUndefined();
    clock.ms += 600;
    const later = await lookUpRoute(deps, workspace, null);
    expect(recallRoute(workspace, null, clock.ms + 499)).toBe(later);
  });

  it('is of one workspace and one adapter', async () => {
    const { clock, deps, workspace } = world();
    await lookUpRoute(deps, workspace, 'production');
    for (const [other, ref] of [
      [workspace, null],
      [workspace, 'staging'],
      [`${workspace}1`, 'production'],
    ] as const) {
      expect(recallRoute(other, ref, clock.ms)).toBeUndefined();
    }
  });

  it('is forgotten with what changes in its workspace, or with any node', async () => {
    const { clock, deps, workspace } = world();
    const route = await lookUpRoute(deps, workspace, 'production');
    forgetRoutesOf(`${workspace}1`);
    expect(recallRoute(workspace, 'production', clock.ms)).toBe(route);
    forgetRoutesOf(workspace);
    expect(recallRoute(workspace, 'production', clock.ms)).toBeUndefined();
    await lookUpRoute(deps, workspace, null);
    forgetRoutes();
    expect(recallRoute(workspace, null, clock.ms)).toBeUndefined();
  });

  it('is not remembered by a look-up that began before the change', async () => {
    const { asked, clock, deps, workspace } = world();
    asked.meanwhile = () => forgetRoutesOf(workspace);
    await lookUpRoute(deps, workspace, null);
    expect(asked.times).toBe(1);
    expect(recallRoute(workspace, null, clock.ms)).toBeUndefined();
  });
});
