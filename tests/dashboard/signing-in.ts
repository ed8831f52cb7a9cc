// Who comes in, by what, and how far; and that signing out ends it.
import { join } from 'node:path';
import { createdKeySchema } from '@tallrec/shared/wire/keys';
import { expect, it } from 'vitest';
import { datasetDetailTexts as detail } from '../../edge/dashboard/src/texts/dataset-detail.ts';
import { datasetFormTexts as form } from '../../edge/dashboard/src/texts/dataset-form.ts';
import { texts } from '../../edge/dashboard/src/texts.ts';
import { LARGE } from './data.ts';
import type { Stage } from './stage.ts';

export function signingIn(stage: Stage): void {
  it('asks who is there, and lets nobody in with a key that does not hold', async () => {
    const { page } = stage;
    await page.goto('/');
    await stage.heading(texts.signIn.title).waitFor();
    expect(page.url()).toContain('/sign-in');
    await page.getByLabel(texts.signIn.key).fill('tlr_unknown');
    await page.getByRole('button', { name: texts.signIn.submit }).click();
    await page.getByText('This API key is unknown or revoked.').waitFor();
    stage.forgive(401);
  });

  it('signs in by a link that holds once, and keeps the key from every script', async () => {
    const { page, context, machine } = stage;
    await page.goto(await machine.client.signInLink());
    // Nothing was tuned yet: it begins with data.
    await stage.heading(texts.datasets.title).waitFor();
    expect(new URL(page.url()).pathname).toBe('/datasets');
    const readable: string[] = await page.evaluate(
      '[document.cookie, ...Object.values({ ...localStorage, ...sessionStorage })]',
    );
    expect(readable.join()).not.toMatch(/tlr_/);
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/v1' });
  });

  it('shows a key without scopes that there is nothing for it', async () => {
    const { machine, browser, origin } = stage;
    const { key } = await machine.client.post('/v1/keys', { name: 'scores', scopes: ['score'] }, createdKeySchema);
    const narrow = await browser.newContext({ baseURL: origin });
    const other = await narrow.newPage();
    await other.goto('/sign-in');
    await other.getByLabel(texts.signIn.key).fill(key);
    await other.getByRole('button', { name: texts.signIn.submit }).click();
    await other.getByRole('heading', { level: 1, name: texts.noAccess.title }).waitFor();
    await narrow.close();
  });

  it('says over the page that a session has ended, and keeps what was typed until someone signs in again', async () => {
    const { machine, browser, origin } = stage;
    const keyNamed = (name: string) => machine.client.post('/v1/keys', { name, scopes: ['admin'] }, createdKeySchema);
    const [first, second] = [await keyNamed('soon revoked'), await keyNamed('for afterwards')];
    const context = await browser.newContext({ baseURL: origin });
    const page = await context.newPage();
    await page.goto('/sign-in?back=/tunings/new');
    await page.getByLabel(texts.signIn.key).fill(first.key);
    await page.getByRole('button', { name: texts.signIn.submit }).click();
    const name = page.getByLabel(texts.settings.name.label, { exact: true });
    await name.fill('half filled in');
    const headers = { Authorization: `Bearer ${machine.key}` };
    await fetch(`${machine.client.url}/v1/keys/${first.apiKey.id}`, { method: 'DELETE', headers });
    const dialog = page.getByRole('dialog', { name: texts.signIn.again.title });
    // Who comes back to the window has what is not fresh any more asked for again.
    const comeBack = async () => {
      await page.evaluate("window.dispatchEvent(new Event('visibilitychange'))");
      return await dialog.count();
    };
    await expect.poll(comeBack, { timeout: 60_000, interval: 500 }).toBe(1);
    await dialog.getByLabel(texts.signIn.key).fill(second.key);
    await dialog.getByRole('button', { name: texts.signIn.submit }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await name.inputValue()).toBe('half filled in');
    await context.close();
  });
}

export function signingOut(stage: Stage): void {
  it('signs out, and the session is over, with what it was sending', async () => {
    const { page, machine } = stage;
    const { throttle, detach } = await stage.slowUploads();
    await throttle(200_000);
    await page.goto('/datasets/new');
    await page.locator('input[type=file]').setInputFiles(join(machine.dir, LARGE));
    const brokenOff = page.waitForEvent('requestfailed', (request) => request.method() === 'PUT');
    await page.getByRole('button', { name: form.submit, exact: true }).click();
    await page.getByText(detail.upload.phases.sending, { exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'tests' }).click();
    await page.getByRole('menuitem', { name: texts.shell.signOut }).click();
    await stage.heading(texts.signIn.title).waitFor();
    await brokenOff;
    await detach();
    // Nothing is under way that would ask before the page is left.
    await page.goto('/tunings');
    await stage.heading(texts.signIn.title).waitFor();
    stage.forgive(401);
  });
}
