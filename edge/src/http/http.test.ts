import { env, exports } from 'cloudflare:workers';
import { TallrecError } from '@tallrec/shared/errors';
import { Hono } from 'hono';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { app } from '../app.ts';
import { faultOf, isOutage, redact, secretsOf } from '../faults.ts';
import { call, defaultWorkspace, keyWith, operator } from '../testing/client.ts';
import type { AppEnv } from './context.ts';
import { onError } from './errors.ts';
import { notFound } from './not-found.ts';
import { serverTiming } from './request-log.ts';

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
    const response = await withBrokenRecord(
      new Error(`SELECT * FROM api_keys failed for ${env.OPERATOR_SECRET} at /srv/x`),
    );
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
    expect(log).not.toContain(env.OPERATOR_SECRET);
    expect(log).not.toContain('tlr_some-key');
  });

  it('are JSON for a path or a method that is not there', async () => {
    const missing = await call('GET', '/v1/nothing');
    expect([missing.status, missing.body.error.code]).toEqual([404, 'NOT_FOUND']);
    const method = await call('PATCH', '/v1/keys');
    expect([method.status, method.body.error.code, method.headers.get('Allow')]).toEqual([
      405,
      'METHOD_NOT_ALLOWED',
      'GET, HEAD, POST, OPTIONS',
    ]);
  });

  it('are 503 with Retry-After where the platform is out of reach for the moment', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const cause = new Error('D1_ERROR: Network connection lost.');
    const response = await withBrokenRecord(new Error('Failed query: select 1\nparams: ', { cause }));
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5']);
    expect(await response.json()).toMatchObject({ error: { code: 'UNAVAILABLE', retryable: true } });
  });

  it('say when to try again where that helps', async () => {
    const app = new Hono<AppEnv>();
    app.onError(onError);
    app.get('/:code', (c) => {
      const details = c.req.query('ms') === undefined ? undefined : { retryAfterMs: Number(c.req.query('ms')) };
      throw new TallrecError(c.req.param('code') as 'NODE_BUSY', 'x', { details });
    });
    const retryAfter = async (path: string) => (await app.request(path)).headers.get('Retry-After');
    expect(await retryAfter('/NODE_BUSY')).toBe('1');
    expect(await retryAfter('/NODE_UNAVAILABLE')).toBe('5');
    expect(await retryAfter('/UNAVAILABLE')).toBe('5');
    expect(await retryAfter('/CONFLICT')).toBeNull();
    expect(await retryAfter('/CONFLICT?ms=2500')).toBe('3');
    expect(await retryAfter('/NODE_BUSY?ms=0')).toBe('1');
  });

  it('name the place of a wrong input, and refuse what is not JSON or too large', async () => {
    const wrong = await call('POST', '/v1/keys', { body: { name: '', scopes: ['all'] } });
    expect(wrong.status).toBe(400);
    expect(wrong.body.error).toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringContaining('body.name'),
    });
    const { key } = await defaultWorkspace();
    const post = (body: string, type = 'application/json') =>
      exports.default.fetch(
        new Request('https://edge.test/v1/keys', {
          method: 'POST',
          body,
          headers: { Authorization: `Bearer ${key}`, 'Content-Type': type },
        }),
      );
    const cut = await post('{"name":');
    expect([cut.status, await cut.json()]).toMatchObject([
      400,
      { error: { message: expect.stringMatching(/^The body is not valid JSON\./) } },
    ]);
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

describe('every path', () => {
  const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
  const paths = new Map<string, string[]>();
  for (const { method, path } of app.routes) {
    if (method !== 'ALL') paths.set(path, [...new Set([...(paths.get(path) ?? []), method])]);
  }

  it.each([...paths])('%s answers 405 with Allow to methods other than %s', async (path, methods) => {
    const allowed = METHODS.filter((method) => methods.includes(method));
    const expected = [...allowed, ...(allowed.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
    const url = path.replaceAll(/:(?=[a-z]+(\/|$))[a-z]+/g, (name, _, at) => (path[at - 1] === '/' ? 'x' : name));
    for (const method of METHODS.filter((one) => !allowed.includes(one))) {
      const { status, headers } = await call(method, url, { key: null });
      expect([status, headers.get('Allow')?.split(', ').sort()]).toEqual([405, expected]);
    }
  });

  it('takes HEAD as its GET, and tells by OPTIONS what it takes', async () => {
    const send = (method: string, path: string) =>
      exports.default.fetch(new Request(`https://edge.test${path}`, { method }));
    const head = await send('HEAD', '/health');
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await send('HEAD', '/v1/keys/x/rotate')).headers.get('Allow')).toBe('POST, OPTIONS');
    const options = await send('OPTIONS', '/health');
    expect([options.status, options.headers.get('Allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    const beneath = await send('OPTIONS', '/v1/keys');
    expect([beneath.status, beneath.headers.get('Allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
    for (const path of ['/nothing', '/v1/nothing']) expect((await send('OPTIONS', path)).status).toBe(404);
  });
});

describe('Server-Timing', () => {
  it('stands on every answer, with what handlers add', async () => {
    const app = new Hono<AppEnv>();
    app.onError(onError);
    app.notFound(notFound(app as never));
    app.use(serverTiming);
    app.get('/added', (c) => {
      c.var.timings.queue = 1.25;
      return new Response('x');
    });
    app.get('/refused', () => {
      throw new TallrecError('CONFLICT', 'x');
    });
    const timing = async (path: string) => (await app.request(path)).headers.get('Server-Timing');
    expect(await timing('/added')).toMatch(/^queue;dur=1\.[23], edge;dur=[\d.]+$/);
    for (const path of ['/refused', '/nothing']) expect(await timing(path)).toMatch(/^edge;dur=[\d.]+$/);
  });

  it('is on the answers of the edge, which a web page may read', async () => {
    const { headers } = await operator('GET', '/v1/workspaces', { headers: { Origin: 'https://shop.example' } });
    expect(headers.get('Server-Timing')).toMatch(/edge;dur=/);
    expect(headers.get('Access-Control-Expose-Headers')?.split(',')).toEqual(
      expect.arrayContaining([
        'Server-Timing',
        'Retry-After',
        'RateLimit-Limit',
        'RateLimit-Remaining',
        'RateLimit-Reset',
      ]),
    );
  });
});

describe('the log', () => {
  it("holds the caller's workspace and key", async () => {
    const { id } = await defaultWorkspace();
    const key = await keyWith(['read']);
    const logged: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => logged.push(line));
    await call('GET', '/v1/nodes', { key });
    expect(JSON.parse(logged[0]!)).toMatchObject({ workspace: id, key: expect.stringMatching(/^key_/), status: 200 });
  });

  it('shows the pattern of a path and never its token, key or query', async () => {
    const key = await keyWith(['read']);
    const logged: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => logged.push(line));
    await call('GET', `/v1/nodes?limit=1&secret=in-the-query`, { key });
    await call('GET', '/v1/transfers/eyJvcCI6ImdldCJ9.c2lnbmF0dXJl', { key: null });
    const lines = logged.map((line) => JSON.parse(line) as { path: string });
    expect(lines.map(({ path }) => path)).toEqual(['/v1/nodes', '/v1/transfers/:token']);
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
    const signing = [{ id: 'k1', secret: 'swordfish-of-the-ring' }] as const;
    const secrets = secretsOf({ operatorSecret: 'swordfish-of-the-operator', signing });
    expect(redact('the swordfish-of-the-ring, the swordfish-of-the-operator', secrets)).toBe(
      'the [secret], the [secret]',
    );
  });

  it.each([
    ['D1_ERROR: Network connection lost.', true],
    ['D1_ERROR: D1 DB is overloaded. Requests queued for too long.', true],
    ['D1_ERROR: Internal error in D1 DB storage caused object to be reset.', true],
    ['D1_ERROR: D1 DB reset because its code was updated.', true],
    ['D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.', true],
    ['internal error; reference = a1b2c3', true],
    ['put: We encountered an internal error. Please try again. (10001)', true],
    ['get: Service is temporarily unavailable. (10043)', true],
    ['D1_ERROR: no such table: nodes: SQLITE_ERROR', false],
    ['D1_ERROR: UNIQUE constraint failed: nodes.id: SQLITE_CONSTRAINT', false],
    ['put: The SHA-256 checksum you specified did not match what we received. (10037)', false],
    ['Cannot read properties of undefined', false],
  ])('%s is an outage of the platform: %s', (message, expected) => {
    expect(isOutage(new Error('Failed query: select 1', { cause: new Error(message) }))).toBe(expected);
    expect(isOutage(Object.assign(new Error(message), { retryable: true }))).toBe(true);
  });
});
