// The API's page: all that the API takes, tried out as whoever is signed in or by a key that is typed, and nothing from elsewhere.
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page, Request, Response } from 'playwright-core';
import { expect, it } from 'vitest';
import { apiPageTexts } from '../../edge/dashboard/src/texts/api-page.ts';
import { SCREENSHOTS, type Stage } from './stage.ts';

interface Described {
  info: { title: string };
  tags: { name: string; 'x-displayName': string }[];
  paths: Record<string, Record<string, { tags: string[]; summary: string }>>;
}

/** What in Scalar's window axe finds wrong, whatever it is set to: where one types names and values, and three buttons. */
const SCALARS_OWN = {
  parts: ['.code-input-lite__editor', '.cm-content', 'button[role=none]', 'button[aria-label="Copy code"]'],
  // The window is a main of its own, and its notices are named as those of the page behind it.
  rules: ['landmark-no-duplicate-main', 'landmark-unique'],
};

/** Five megabytes of script, which a busy machine takes its time to run. */
const TO_STAND = { timeout: 60_000 };

export function apiPage(stage: Stage): void {
  it('shows on the page of the API each noun with its operations, and loads nothing from elsewhere', async () => {
    const { page, origin } = stage;
    const { info, tags, paths } = (await (await fetch(`${origin}/v1/openapi.json`)).json()) as Described;
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    const asked: string[] = [];
    const note = (request: Request) => asked.push(new URL(request.url()).origin);
    page.on('request', note);
    await page.goto('/docs');
    await stage.heading(info.title).waitFor(TO_STAND);
    await page.getByText(apiPageTexts.loading).waitFor({ state: 'detached', ...TO_STAND });
    const menu = page.getByRole('complementary');
    for (const { name, 'x-displayName': title } of tags) {
      const button = (does: string) => menu.getByRole('button', { name: `${does} Group - ${title}`, exact: true });
      await button('Open').or(button('Close')).waitFor();
      if (await button('Open').isVisible()) await button('Open').click();
      for (const { summary } of operations.filter((one) => one.tags.includes(name))) {
        await menu.getByRole('link', { name: summary }).first().waitFor();
      }
    }
    page.off('request', note);
    expect(new Set(asked)).toEqual(new Set([origin]));
    await page.getByRole('link', { name: apiPageTexts.toDashboard }).click();
    await page.waitForURL((url) => url.pathname !== '/docs');
    await stage.heading(/./).waitFor();
  });

  it('tries calls out as who is signed in', async () => {
    const { page, origin } = stage;
    const read = await tryOut(page, 'tunings', 'get', '/v1/tunings');
    expect([read.status(), await read.json()]).toEqual([200, expect.objectContaining({ nextCursor: null })]);
    expect(await read.request().allHeaders()).not.toHaveProperty('authorization');
    const sent = await tryOut(page, ...FORMAT);
    expect([sent.status(), await sent.json()]).toEqual([200, expect.objectContaining({ template: 'clean' })]);
    expect(await sent.request().allHeaders()).toMatchObject({ origin });
  });

  it('tries calls out by a key that is typed, where nobody is signed in, and does not keep it', async () => {
    const { machine, browser, origin } = stage;
    const stranger = await browser.newContext({ baseURL: origin });
    const page = await stranger.newPage();
    stage.listenTo(page);
    expect((await tryOut(page, 'tunings', 'get', '/v1/tunings')).status()).toBe(401);
    await client(page).getByLabel('Bearer Token').fill(machine.key);
    const answer = await send(page, '/v1/tunings');
    expect(answer.status()).toBe(200);
    expect(await answer.request().allHeaders()).toMatchObject({ authorization: `Bearer ${machine.key}` });
    const kept: string[] = await page.evaluate('Object.values({ ...localStorage, ...sessionStorage })');
    expect(kept.join()).not.toContain('tlr_');
    await stranger.close();
    stage.forgive(401);
  });

  it('is open to everyone on the page of the API, and in the window where a call is tried out', async () => {
    const { page } = stage;
    await stage.expectOpenToEveryone('docs', '/docs');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await openOperation(page, ...FORMAT);
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      await page.screenshot({ path: join(SCREENSHOTS, `docs-operation-${colorScheme}.png`) });
      await openClient(page, ...FORMAT);
      await send(page, '/v1/prompts:format');
      await client(page).getByText('200 OK').waitFor();
      const axe = new AxeBuilder({ page }).disableRules(SCALARS_OWN.rules);
      for (const part of SCALARS_OWN.parts) axe.exclude(part);
      expect((await axe.analyze()).violations).toEqual([]);
      await page.screenshot({ path: join(SCREENSHOTS, `docs-window-${colorScheme}.png`) });
    }
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  });

  it('shows the page of the API in the appearance that was chosen in the dashboard', async () => {
    const { browser, origin } = stage;
    const context = await browser.newContext({ baseURL: origin, colorScheme: 'light' });
    await context.addInitScript("localStorage.setItem('mantine-color-scheme-value', 'dark')");
    const page = await context.newPage();
    stage.listenTo(page);
    await page.goto('/docs');
    await page.locator('body.dark-mode').waitFor(TO_STAND);
    await context.close();
  });

  it('says so where the page of the API could not be loaded', async () => {
    const { browser, origin } = stage;
    const context = await browser.newContext({ baseURL: origin });
    const page = await context.newPage();
    await page.route('**/assets/scalar-*', (route) => route.abort());
    await page.goto('/docs');
    await page.getByRole('status').filter({ hasText: apiPageTexts.failed }).waitFor();
    await context.close();
  });
}

type Operation = readonly [tag: string, method: string, path: string];
/** It takes a body and changes nothing. */
const FORMAT: Operation = ['prompts', 'post', '/v1/prompts:format'];

const client = (page: Page) => page.getByRole('dialog');

async function openOperation(page: Page, ...[tag, method, path]: Operation): Promise<void> {
  // From one place of a page to another it would only scroll.
  await page.goto('about:blank');
  await page.goto(`/docs#tag/${tag}/${method.toUpperCase()}${path}`);
  await page.getByRole('button', { name: `Test Request (${method} ${path})` }).waitFor(TO_STAND);
}

async function openClient(page: Page, ...[, method, path]: Operation): Promise<void> {
  await page.getByRole('button', { name: `Test Request (${method} ${path})` }).click();
  await client(page).waitFor();
}

/** Sends the call as its example stands. */
async function tryOut(page: Page, ...operation: Operation): Promise<Response> {
  await openOperation(page, ...operation);
  await openClient(page, ...operation);
  return await send(page, operation[2]);
}

async function send(page: Page, path: string): Promise<Response> {
  const [answer] = await Promise.all([
    page.waitForResponse((response) => new URL(response.url()).pathname === path),
    client(page)
      .getByRole('button', { name: /^Send \w+ request/ })
      .click(),
  ]);
  return answer;
}
