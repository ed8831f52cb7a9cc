import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { openDb } from '../repo/db.ts';
import { keyWith } from '../testing/client.ts';
import { authenticate, forgetKey } from './authenticate.ts';

/** The record, with a count of how often it was asked, and a clock that the test sets. */
function world() {
  const asked: { times: number; meanwhile?: () => void } = { times: 0 };
  const DB = {
    prepare: (sql: string) => {
      if (sql.startsWith('select')) {
        asked.times++;
        asked.meanwhile?.();
      }
      return env.DB.prepare(sql);
    },
  } as D1Database;
  const clock = { ms: Date.now(), nowMs: () => clock.ms };
  return { asked, clock, deps: { db: openDb(DB), clock, operatorSecret: env.OPERATOR_SECRET } };
}

describe('a key that was found a moment ago', () => {
  it('is not looked up again for 30 seconds, but where the record itself is asked', async () => {
    const { asked, clock, deps } = world();
    const header = `Bearer ${await keyWith(['read'])}`;
    const { caller } = await authenticate(deps, header, { known: true });
    expect(asked.times).toBe(1);
    clock.ms += 29_000;
    expect((await authenticate(deps, header, { known: true })).caller).toEqual(caller);
    expect(asked.times).toBe(1);
    await authenticate(deps, header, { known: false });
    expect(asked.times).toBe(2);
    clock.ms += 31_000;
    await authenticate(deps, header, { known: true });
    expect(asked.times).toBe(3);
  });

  it('expires on time, and is looked up again once it was forgotten', async () => {
    const { asked, clock, deps } = world();
    const key = await keyWith(['read']);
    const header = `Bearer ${key}`;
    const { caller } = await authenticate(deps, header, { known: true });
    await env.DB.prepare('update api_keys set expires_at = ? where id = ?')
      .bind(clock.ms + 5000, caller.id)
      .run();
    forgetKey(caller.id);
    await authenticate(deps, header, { known: true });
    expect(asked.times).toBe(2);
    clock.ms += 5000;
    await expect(authenticate(deps, header, { known: true })).rejects.toThrow(/expired on/);
    expect(asked.times).toBe(2);
  });

  it('is not remembered by a look-up that began before it was revoked', async () => {
    const { asked, deps } = world();
    const header = `Bearer ${await keyWith(['read'])}`;
    asked.meanwhile = () => forgetKey('any');
    const { caller } = await authenticate(deps, header, { known: true });
    await env.DB.prepare('update api_keys set revoked_at = 1 where id = ?').bind(caller.id).run();
    await expect(authenticate(deps, header, { known: true })).rejects.toThrow(/unknown or revoked/);
    expect(asked.times).toBe(2);
  });

  it('is noted as used once in five minutes', async () => {
    const { clock, deps } = world();
    const header = `Bearer ${await keyWith(['read'])}`;
    const noted = async () => (await authenticate(deps, header, { known: true })).noteUse;
    const note = await noted();
    expect(note).not.toBeNull();
    await note!();
    expect(await noted()).toBeNull();
    clock.ms += 4 * 60_000;
    expect(await noted()).toBeNull();
    clock.ms += 61_000;
    expect(await noted()).not.toBeNull();
  });
});

describe('a key that is not known', () => {
  it('is refused in the same words as a revoked one, and asks the record each time', async () => {
    const { asked, deps } = world();
    const key = await keyWith(['read']);
    const { caller } = await authenticate(deps, `Bearer ${key}`, { known: false });
    await env.DB.prepare('update api_keys set revoked_at = 1 where id = ?').bind(caller.id).run();
    const words = async (secret: string) =>
      await authenticate(deps, `Bearer ${secret}`, { known: false }).then(
        () => 'let in',
        (error: Error) => error.message,
      );
    expect(await words(key)).toBe(await words('tlr_unknown'));
    expect(await words('tlr_unknown')).toMatch(/unknown or revoked/);
    expect(asked.times).toBe(4);
  });
});
