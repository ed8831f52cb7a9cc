import { env, exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { app } from '../app.ts';

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  exports.default.fetch(new Request(new URL(path, 'https://edge.test'), { method, headers, redirect: 'manual' }));
const asPage = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

/** What a page and all of its parts say to browsers. */
const SECURE = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': expect.stringContaining('camera=()'),
  'Content-Security-Policy': expect.stringMatching(/^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/),
};
const saidBy = ({ headers }: Response, names: object) =>
  Object.fromEntries(Object.keys(names).map((name) => [name, headers.get(name)]));

describe('the dashboard', () => {
  it.each(['/', '/tunings', '/tunings/tun_01/anything', '/sign-in?link=x'])(
    'is one page, at %s too, under a strict policy',
    async (path) => {
      const answer = await get(path, asPage);
      expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
      expect(saidBy(answer, SECURE)).toEqual(SECURE);
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull();
      const html = await answer.text();
      expect(html).toContain('<div id="root">');
      // Nothing inline that the policy would refuse, and nothing from elsewhere.
      expect(html).not.toMatch(/<script(?![^>]* src="\/assets\/)/);
      expect(html).not.toMatch(/(src|href)="https?:/);
    },
  );

  it('has files that are kept for good, under names that tell their content', async () => {
    const html = await (await get('/', asPage)).text();
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)![1]!;
    const file = await get(script);
    expect([file.status, file.headers.get('Content-Type')]).toEqual([200, expect.stringMatching(/javascript/)]);
    expect(file.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    await file.body?.cancel();
    const head = await get(script, {}, 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it.each([
    ['/assets/gone-0000.js', {}],
    ['/robots.txt', {}],
    ['/tunings', { Accept: 'application/json' }],
    ['/v1/nothing', asPage],
    ['/internal/nothing', asPage],
  ])('is not what stands at %s', async (path, headers: Record<string, string>) => {
    const answer = await get(path, headers);
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([
      404,
      'NOT_FOUND',
    ]);
  });

  it('takes no other method', async () => {
    const answer = await get('/', asPage, 'POST');
    expect(answer.status).toBe(404);
    await answer.body?.cancel();
  });
});

describe('the page of the API', () => {
  it.each([{}, asPage, { Accept: 'application/json' }])(
    'stands at /docs for whoever asks: %o',
    async (headers: Record<string, string>) => {
      const answer = await get('/docs', headers);
      expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
      expect(saidBy(answer, SECURE)).toEqual(SECURE);
      const html = await answer.text();
      expect(html).toContain('<div id="reference">');
      expect(html).not.toMatch(/<script(?![^>]* src="\/assets\/)|<style|(src|href)="https?:/);
    },
  );

  it('is asked for anew, and not sent again while it is the same', async () => {
    const first = await get('/docs');
    await first.body?.cancel();
    const [etag, caching] = [first.headers.get('ETag')!, first.headers.get('Cache-Control')];
    expect(caching).toBe('public, max-age=0, must-revalidate');
    const again = await get('/docs', { 'If-None-Match': etag });
    expect([again.status, await again.text(), saidBy(again, SECURE)]).toEqual([304, '', SECURE]);
    const head = await get('/docs', {}, 'HEAD');
    expect([head.status, head.headers.get('ETag'), await head.text()]).toEqual([200, etag, '']);
  });

  it('brings Scalar along, with its licence', async () => {
    const html = await (await get('/docs')).text();
    const own = await (await get(/src="(\/assets\/[^"]+\.js)"/.exec(html)![1]!)).text();
    const script = await get(/\/assets\/scalar-[\w-]+\.js/.exec(own)![0]);
    expect(script.headers.get('Cache-Control')).toContain('immutable');
    const text = await script.text();
    expect(text).toMatch(/^\/\*!\nMIT License\s+Copyright \(c\) \d+-present Scalar/);
    expect(text).toContain('createApiReference');
  });

  it('is one address: others of the same file lead to it', async () => {
    const answer = await get('/docs.html', asPage);
    expect([answer.status, answer.headers.get('Location')]).toEqual([307, '/docs']);
  });

  it('is an error that says what to do where the edge was put up without its pages', async () => {
    const { ASSETS: _, ...bare } = env as unknown as Record<string, unknown>;
    const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
    for (const [path, headers] of [
      ['/docs', {}],
      ['/tunings', asPage],
    ] as const) {
      const answer = await app.request(`https://edge.test${path}`, { headers }, bare, context as never);
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      expect([answer.status, error.code]).toEqual([404, 'NOT_FOUND']);
      expect(error.message).toContain('npm run build --workspace edge');
    }
  });
});

describe('an answer that is data', () => {
  it.each(['/v1/openapi.json', '/v1/keys', '/nothing', '/health'])('is no page, whoever opens %s', async (path) => {
    const answer = await get(path);
    await answer.body?.cancel();
    const said = {
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    };
    expect(saidBy(answer, said)).toEqual(said);
  });
});
