// The dashboard in a real browser, before the real Worker and a real node: from a link that signs in to a tuning that was watched.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { createdKeySchema } from '@tallrec/shared/wire/keys';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { texts } from '../edge/dashboard/src/texts.ts';
import { demoRatings } from '../gpu-node/src/demo/ratings.ts';
import { type Machine, startMachine } from './support/machine.ts';

const CHROMIUM = '/usr/bin/chromium';
const SCREENSHOTS = fileURLToPath(new URL('screenshots', import.meta.url));
const WIDTHS = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };

const words = texts.tunings;

describe.skipIf(!existsSync(CHROMIUM))(
  `the dashboard${existsSync(CHROMIUM) ? '' : `: skipped, no ${CHROMIUM}`}`,
  () => {
    let machine: Machine;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    /** What the console said that it should not. */
    const complaints: string[] = [];

    beforeAll(async () => {
      machine = await startMachine();
      await machine.startNode();
      const { ratings } = await demoRatings();
      const bytes = new TextEncoder().encode(
        ratings
          .slice(0, 4000)
          .map((rating) => `${JSON.stringify(rating)}\n`)
          .join(''),
      );
      await machine.client.upload({ name: 'films', kind: 'interactions', format: 'jsonl' }, bytes);
      browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: ['--no-sandbox', '--disable-background-networking'],
      });
      context = await browser.newContext({ viewport: WIDTHS.desktop, baseURL: new URL(machine.client.url).origin });
      page = await context.newPage();
      page.setDefaultTimeout(20_000);
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      await mkdir(SCREENSHOTS, { recursive: true });
    });
    afterAll(async () => {
      await browser?.close();
      await machine?.stop();
    });

    const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name });

    it('asks who is there, and lets nobody in with a key that does not hold', async () => {
      await page.goto('/');
      await heading(texts.signIn.title).waitFor();
      expect(page.url()).toContain('/sign-in');
      await page.getByLabel(texts.signIn.key).fill('tlr_unknown');
      await page.getByRole('button', { name: texts.signIn.submit }).click();
      await page.getByText('This API key is unknown or revoked.').waitFor();
      // The browser itself tells of the refusals that this was about.
      complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.includes('401')));
    });

    it('signs in by a link that holds once, and keeps the key from every script', async () => {
      const link = await machine.client.signInLink();
      await page.goto(link);
      await heading(words.title).waitFor();
      expect(new URL(page.url()).pathname).toBe('/tunings');
      const readable: string[] = await page.evaluate(
        '[document.cookie, ...Object.values({ ...localStorage, ...sessionStorage })]',
      );
      expect(readable.join()).not.toMatch(/tlr_/);
      const [cookie] = await context.cookies();
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/v1' });
    });

    it('starts a tuning from what the workspace has, and says beside a field what is wrong with it', async () => {
      await page.getByRole('link', { name: words.create }).first().click();
      await heading(words.form.title).waitFor();
      const { settings } = words.form;
      await page.getByRole('combobox', { name: settings.dataset.label, exact: true }).click();
      await page.getByRole('option', { name: /films/ }).click();
      await page.getByRole('combobox', { name: settings.model.label, exact: true }).click();
      await page.getByRole('option').first().click();
      await page.getByLabel(settings.shots.label).fill('64');
      await page.getByRole('button', { name: words.form.advanced }).click();
      await page.getByLabel(settings.maxSteps.label).fill('8');
      await page.getByLabel(settings.evaluateEverySteps.label).fill('2');
      await page.getByLabel(settings.learningRate.label).fill('-1');
      await page.getByRole('button', { name: words.form.submit }).click();
      await page.getByText(/>0|greater than 0|larger than 0/i).waitFor();
      await page.getByLabel(settings.learningRate.label).fill('0.001');
      await page.getByRole('button', { name: words.form.submit }).click();
      await page.waitForURL(/\/tunings\/tun_/);
    });

    it('shows its curves as they grow, to the end, and again after a reload', async () => {
      await page.getByText(words.states.succeeded, { exact: true }).first().waitFor({ timeout: 240_000 });
      await page.reload();
      await page.getByText(words.states.succeeded, { exact: true }).first().waitFor();
      await page.getByRole('heading', { name: words.detail.curveNames.loss }).first().waitFor();
    });

    it('shows a key without scopes that there is nothing for it', async () => {
      const { key } = await machine.client.post('/v1/keys', { name: 'scores', scopes: ['score'] }, createdKeySchema);
      const narrow = await browser.newContext({ baseURL: new URL(machine.client.url).origin });
      const other = await narrow.newPage();
      await other.goto('/sign-in');
      await other.getByLabel(texts.signIn.key).fill(key);
      await other.getByRole('button', { name: texts.signIn.submit }).click();
      await other.getByRole('heading', { level: 1, name: texts.noAccess.title }).waitFor();
      await narrow.close();
    });

    it('makes a key and a node, rotates the key, and shows each secret this once', async () => {
      const { keys, nodes, common } = texts;
      const dialog = page.getByRole('dialog');
      const row = page.getByRole('row', { name: 'from the page' });
      const secret = async (title: string, done: string) => {
        const notice = page.getByRole('dialog', { name: title });
        const shown = await notice.locator('code').textContent();
        await notice.getByRole('button', { name: done }).click();
        await notice.waitFor({ state: 'detached' });
        return shown!;
      };

      await page.goto('/keys');
      await page.getByRole('button', { name: keys.create }).click();
      await dialog.getByRole('button', { name: common.close }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: keys.create }).click();
      await dialog.getByLabel(keys.form.name).fill('from the page');
      await dialog.getByRole('button', { name: keys.form.submit }).click();
      const first = await secret(keys.secret.title, keys.secret.done);
      await row.getByRole('button', { name: keys.verbs.rotate }).click();
      await dialog.getByRole('button', { name: keys.verbs.rotate }).click();
      const second = await secret(keys.secret.title, keys.secret.done);
      expect([first, second]).toEqual([expect.stringMatching(/^tlr_/), expect.stringMatching(/^tlr_/)]);
      expect(second).not.toBe(first);

      await page.goto('/nodes');
      await page.getByRole('button', { name: nodes.create }).click();
      await dialog.getByLabel(nodes.form.name).fill('from the page');
      await dialog.getByRole('button', { name: nodes.form.submit }).click();
      expect(await secret(nodes.join.title, nodes.join.done)).toMatch(/^npx tallrec serve --edge http\S+ --token \S+$/);
      await row.getByText(nodes.states.joining).waitFor();
    });

    const pages = ['tunings', 'tunings/new', 'tunings/last', 'nodes', 'keys', 'audit', 'nothing-here'];
    it.each(pages)(
      'is open to everyone on its page %s: axe finds nothing, in both schemes and at two widths',
      async (path) => {
        const at = path === 'tunings/last' ? await lastTuning() : `/${path}`;
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          for (const [width, viewport] of Object.entries(WIDTHS)) {
            await page.setViewportSize(viewport);
            await page.goto(at);
            await page.getByRole('heading', { level: 1 }).waitFor();
            // Nothing is loading any more; a page that is told of events never is without a request.
            await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
            const { violations } = await new AxeBuilder({ page }).analyze();
            expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
            const wide: number = await page.evaluate(
              'document.documentElement.scrollWidth - document.documentElement.clientWidth',
            );
            expect(wide, 'wider than the window by').toBeLessThanOrEqual(0);
            await page.screenshot({
              path: join(SCREENSHOTS, `${path.replace('/', '-')}-${colorScheme}-${width}.png`),
              fullPage: true,
            });
          }
        }
        await page.setViewportSize(WIDTHS.desktop);
      },
    );

    async function lastTuning(): Promise<string> {
      await page.goto('/tunings');
      return (await page.locator('a[href^="/tunings/tun_"]').first().getAttribute('href'))!;
    }

    it('signs out, and the session is over', async () => {
      await page.goto('/tunings');
      await page.getByRole('button', { name: 'tests' }).click();
      await page.getByRole('menuitem', { name: texts.shell.signOut }).click();
      await heading(texts.signIn.title).waitFor();
      await page.goto('/tunings');
      await heading(texts.signIn.title).waitFor();
    });

    it('said nothing on the console that it should not', () => {
      expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
    });
  },
);
