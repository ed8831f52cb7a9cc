import { env, exports } from 'cloudflare:workers';
import { TallrecError } from '@tallrec/shared/errors';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { app } from '../app.ts';
import { faultOf, redact } from '../faults.ts';
import { call, keyWith } from '../testing/client.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The app over a record that fails in this way. */
async function withBrokenRecord(fault: unknown): Promise<Response> {
  const DB = {
    prepare: () => {
      throw fault;
    },
    batch: () => Promise.reject(fault),
  };
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  const headers = { Authorization: 'Bearer tlr_some-key-of-a-user' };
  return await app.request('https://edge.test/v1/keys', { headers }, { ...env, DB }, context as never);
}

describe('errors', () => {
  it('say only INTERNAL for an unknown fault, and log no secret', async () => {
    const logged: string[] = [];
    vi.spyOn(console, 'error').mockImplementation((line: string) => logged.push(line));
    vi.spyOn(console, 'log').mockImplementation((line: string) => logged.push(line));
    const response = await withBrokenRecord(new Error(`SELECT * FROM api_keys failed for ${env.ADMIN_KEY} at /srv/x`));
    expect(response.status).toBe(500);
    const body = await response.json<{ error: Record<string, unknown> }>();
    expect(body).toEqual({
      error: {
        code: 'INTERNAL',
        message: 'Something went wrong.',
        requestId: response.headers.get('X-Request-Id'),
        retryable: true,
      },
    });
    const log = logged.join('\n');
    expect(log).toContain(String(body.error.requestId));
    expect(log).toContain('SELECT * FROM api_keys failed');
    expect(log).not.toContain(env.ADMIN_KEY);
    expect(log).not.toContain('tlr_some-key');
  });

  it('are JSON for a path or a method that is not there', async () => {
    const missing = await call('GET', '/v1/nothing');
    expect([missing.status, missing.body.error.code]).toEqual([404, 'NOT_FOUND']);
    const method = await call('PATCH', '/v1/keys');
    expect([method.status, method.body.error.code, method.headers.get('Allow')]).toEqual([
      405,
      'METHOD_NOT_ALLOWED',
      'GET, POST',
    ]);
  });

  it('name the place of a wrong input, and refuse what is not JSON or too large', async () => {
    const wrong = await call('POST', '/v1/keys', { body: { name: '', scopes: ['all'] } });
    expect(wrong.status).toBe(400);
    expect(wrong.body.error).toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringContaining('body.name'),
    });
    const post = (body: string, type = 'application/json') =>
      exports.default.fetch(
        new Request('https://edge.test/v1/keys', {
          method: 'POST',
          body,
          headers: { Authorization: `Bearer ${env.ADMIN_KEY}`, 'Content-Type': type },
        }),
      );
    expect((await post('{"name":')).status).toBe(400);
    expect((await post('name=x', 'text/plain')).status).toBe(400);
    const large = await post(JSON.stringify({ name: 'x'.repeat(5 * 1024 * 1024) }));
    expect([large.status, (await large.json<{ error: { code: string } }>()).error.code]).toEqual([413, 'TOO_LARGE']);
  });

  it('tell web apps of any origin what went wrong', async () => {
    const preflight = await exports.default.fetch(
      new Request('https://edge.test/v1/keys', {
        method: 'OPTIONS',
        headers: {
          Origin: 'https://shop.example',
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'authorization,content-type,idempotency-key',
        },
      }),
    );
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('Access-Control-Allow-Headers')).toContain('idempotency-key');
    expect(preflight.headers.get('Access-Control-Allow-Origin')).toBe('*');
    const refused = await call('GET', '/v1/keys', { key: null, headers: { Origin: 'https://shop.example' } });
    expect(refused.headers.get('Access-Control-Allow-Origin')).toBe('*');
    expect(refused.headers.get('WWW-Authenticate')).toBe('Bearer');
    expect(refused.headers.get('X-Request-Id')).toBe(refused.body.error.requestId);
  });
});

describe('the log', () => {
  it('shows the pattern of a path and never its token, key or query', async () => {
    const logged: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => logged.push(line));
    const key = await keyWith(['read']);
    await call('GET', `/v1/datasets?limit=1&secret=in-the-query`, { key });
    await call('GET', '/v1/transfers/eyJvcCI6ImdldCJ9.c2lnbmF0dXJl');
    const lines = logged.map((line) => JSON.parse(line) as { path: string });
    expect(lines.map(({ path }) => path)).toEqual(['/v1/keys', '/v1/datasets', '/v1/transfers/:token']);
    expect(logged.join()).not.toMatch(/tlr_|in-the-query|eyJvcCI/);
  });

  it('tells faults without the values of queries', () => {
    const cause = new Error('D1_ERROR: no such table');
    const text = faultOf(new Error('Failed query: insert into t values (?)\nparams: hunter2,abc', { cause }));
    expect(text).toContain('no such table');
    expect(text).not.toContain('hunter2');
    expect(redact('key tlr_AbCdEfGhIjKl here')).toBe('key [secret] here');
    expect(
      faultOf(new TallrecError('INTERNAL', 'x', { cause: 'swordfish-of-the-edge' }), ['swordfish-of-the-edge']),
    ).not.toContain('swordfish');
  });
});
