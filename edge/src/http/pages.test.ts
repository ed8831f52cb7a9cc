import { exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  exports.default.fetch(new Request(new URL(path, 'https://edge.test'), { method, headers }));
const asPage = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('the dashboard', () => {
  it.each(['/', '/tunings', '/tunings/tun_01/anything', '/sign-in?link=x'])(
    'is one page, at %s too, under a strict policy',
    async (path) => {
      const answer = await get(path, asPage);
      expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
      const policy = answer.headers.get('Content-Security-Policy')!;
      expect(policy).toContain("default-src 'none'; script-src 'self';");
      expect(policy).not.toMatch(/script-src[^;]*unsafe/);
      expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
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
