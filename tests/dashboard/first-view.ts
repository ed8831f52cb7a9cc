// What a browser has to fetch before the first page stands.
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { texts } from '../../edge/dashboard/src/texts.ts';
import type { Stage } from './stage.ts';

const MOST_BYTES = 200_000;

export function firstView(stage: Stage): void {
  /** Of scripts, gzipped, until this can be seen. */
  async function scriptBytes(path: string, seen: string): Promise<number> {
    const fresh = await stage.browser.newContext({
      baseURL: stage.origin,
      storageState: path === '/sign-in' ? { cookies: [], origins: [] } : await stage.context.storageState(),
    });
    const page = await fresh.newPage();
    const scripts: Promise<number>[] = [];
    page.on('response', (response) => {
      if (response.request().resourceType() !== 'script') return;
      scripts.push(response.body().then((body) => gzipSync(body, { level: 9 }).length));
    });
    await page.goto(path);
    await page.locator(seen).first().waitFor();
    const bytes = (await Promise.all(scripts)).reduce((sum, length) => sum + length, 0);
    await fresh.close();
    return bytes;
  }

  it('stands on less than 200 kB of script, signed in or not', async () => {
    const signIn = await scriptBytes('/sign-in', `button:has-text("${texts.signIn.submit}")`);
    const list = await scriptBytes('/tunings', 'table a[href^="/tunings/tun_"]');
    expect(signIn).toBeGreaterThan(0);
    expect({ signIn: signIn < MOST_BYTES, list: list < MOST_BYTES }, `${signIn} and ${list} bytes`).toEqual({
      signIn: true,
      list: true,
    });
  });
}
