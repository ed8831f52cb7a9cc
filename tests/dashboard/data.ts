// Data on its way in: looked at, corrected, sent, broken off and gone on with, refused, and shown with what is known of it.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LIMITS } from '@tallrec/shared/limits';
import { createdDatasetSchema, datasetSchema } from '@tallrec/shared/wire/datasets';
import { createdKeySchema } from '@tallrec/shared/wire/keys';
import { uploadSchema } from '@tallrec/shared/wire/uploads';
import type { Request } from 'playwright-core';
import { expect, it } from 'vitest';
import { datasetDetailTexts as detail } from '../../edge/dashboard/src/texts/dataset-detail.ts';
import { datasetFormTexts as form } from '../../edge/dashboard/src/texts/dataset-form.ts';
import { texts } from '../../edge/dashboard/src/texts.ts';
import { demoRatings } from '../../gpu-node/src/demo/ratings.ts';
import type { Stage } from './stage.ts';

const words = texts.datasets;
/** A file of two parts, in the machine's folder. */
export const LARGE = 'large.jsonl';

export function data(stage: Stage): void {
  /** A file of that name, as it would be dragged from a desktop. */
  async function drop(name: string, content: string): Promise<void> {
    const { page } = stage;
    const file = `new File([${JSON.stringify(content)}], ${JSON.stringify(name)})`;
    const transfer = await page.evaluateHandle(
      `(() => { const dragged = new DataTransfer(); dragged.items.add(${file}); return dragged; })()`,
    );
    await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer });
    await page.getByText(words.drop.title).waitFor();
    await page.dispatchEvent('.mantine-Dropzone-root', 'drop', { dataTransfer: transfer });
  }

  const idOfPage = () => basename(new URL(stage.page.url()).pathname);
  const state = (name: string) => stage.page.getByText(name, { exact: true }).first();

  it('shows a key that may only read what there is, and nothing to upload by', async () => {
    const { machine, browser, origin } = stage;
    const { key } = await machine.client.post('/v1/keys', { name: 'reads', scopes: ['read'] }, createdKeySchema);
    const context = await browser.newContext({ baseURL: origin });
    const page = await context.newPage();
    await page.goto('/sign-in?back=/datasets');
    await page.getByLabel(texts.signIn.key).fill(key);
    await page.getByRole('button', { name: texts.signIn.submit }).click();
    await page.getByText(words.readOnly).waitFor();
    expect(await page.getByRole('link', { name: words.create }).count()).toBe(0);
    await page.goto('/datasets/new');
    await page.getByRole('heading', { name: texts.missingScope.title }).waitFor();
    await page.getByText(texts.missingScope.lead('datasets:write')).waitFor();
    await page.getByRole('link', { name: texts.navigation.datasets }).waitFor();
    await context.close();
  });

  it('says before and after an upload which rows are wrong, and how to mend them or do without', async () => {
    const { page, machine } = stage;
    const ratings = [
      'user,item,title,stars,time',
      '1,1,Heat,5,978300760',
      '1,2,Ran,great,978300761',
      '1,3,Ikiru,4,soon',
      '1,4,Rashomon,2,25/12/2000',
      '1,5,Rope,3,1/2/2001',
    ];
    await page.goto('/datasets');
    await stage.heading(words.title).waitFor();
    await drop('slips.csv', `${ratings.join('\n')}\n`);
    const errors = page.getByRole('table', { name: detail.refused.table });
    const first = errors.getByRole('row', { name: /^3 stars "great" is not a number/ });
    await first.waitFor();
    await stage.expectOpenAsItIs('datasets-new-wrong');
    const submit = page.getByRole('button', { name: form.submit, exact: true });
    expect(await submit.isDisabled()).toBe(true);
    await page.getByRole('switch', { name: words.leaveOut }).click();
    await page.getByText(form.verdict.leftOut('2', false)).waitFor();
    expect(await submit.isEnabled()).toBe(true);

    // As a program would send it.
    const bytes = Buffer.from(`${ratings.join('\n')}\n`);
    const announced = { name: 'slips', kind: 'interactions', format: 'csv', bytes: bytes.length };
    const { dataset, upload } = await machine.client.post('/v1/datasets', announced, createdDatasetSchema);
    if (upload.mode === 'multipart') throw new Error('so small a file has no parts');
    expect((await fetch(upload.url, { method: 'PUT', body: bytes })).status).toBe(200);
    await machine.client.post(`/v1/datasets/${dataset.id}/complete`, {}, datasetSchema);
    await page.goto(`/datasets/${dataset.id}`);
    await state(words.states.rejected).waitFor({ timeout: 60_000 });
    await first.waitFor();
    await errors.getByRole('row', { name: /^4 time "soon" is not a time/ }).waitFor();
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: detail.refused.csv }).click(),
    ]);
    expect((await readFile(await saved.path(), 'utf8')).split('\n')[1]).toMatch(/^3,stars,"""great"" is not a number/);
    await stage.expectOpenToEveryone('datasets-refused', `/datasets/${dataset.id}`);
    await page.getByRole('button', { name: words.leaveOut }).click();
    await state(words.states.ready).waitFor({ timeout: 60_000 });
    await page.getByText(/^2 of 5 rows cannot be used and are left out/).waitFor();
    await page.getByRole('region', { name: detail.leftOut }).waitFor();
    await stage.expectOpenAsItIs('datasets-left-out');
    await page.getByRole('button', { name: detail.verbs.delete }).click();
    await page.getByRole('dialog').getByRole('button', { name: detail.verbs.delete }).click();
    await stage.heading(words.title).waitFor();
    await page.getByText(words.empty.title).waitFor();
  });

  it('leaves an upload that was never begun to be gone on with, or cancelled', async () => {
    const { page, machine } = stage;
    const announced = { name: 'never sent', kind: 'items', format: 'csv', bytes: 12 };
    const { dataset } = await machine.client.post('/v1/datasets', announced, createdDatasetSchema);
    await stage.expectOpenToEveryone('datasets-unfinished', `/datasets/${dataset.id}`);
    await page.getByText(detail.upload.notBegun).waitFor();
    await page.getByRole('button', { name: detail.verbs.cancel }).click();
    await page.getByRole('dialog').getByRole('button', { name: detail.verbs.cancel }).click();
    await page.getByText(words.empty.title).waitFor();
  });

  it('pauses an upload in parts, and after a reload sends only those that had not arrived', async () => {
    const { page, machine } = stage;
    const path = join(machine.dir, LARGE);
    const bytes = await writeLarge(path);
    /** The parts that were sent, in order. */
    const puts: number[] = [];
    const noteSent = (request: Request) => {
      if (request.method() === 'PUT') puts.push(partOf(request.url()));
    };
    page.on('request', noteSent);
    const { throttle, detach } = await stage.slowUploads();
    await throttle(2_000_000);

    await page.goto('/datasets/new');
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: form.drop.choose }).press('Enter'),
    ]);
    await chooser.setFiles(path);
    await page.getByRole('button', { name: form.submit, exact: true }).click();
    // Both at once: the last is small and arrives first.
    await page.getByText(detail.upload.parts('1', '2')).waitFor({ timeout: 120_000 });
    await page.getByRole('button', { name: detail.verbs.pause }).click();
    await state(detail.upload.phases.paused).waitFor();
    expect(puts.toSorted()).toEqual([1, 2]);
    await page.getByRole('button', { name: detail.verbs.resume }).click();
    await state(detail.upload.phases.sending).waitFor();
    await expect.poll(() => puts.slice(2)).toEqual([1]);

    const asked = new Promise<string>((resolve) => {
      page.once('dialog', async (dialog) => {
        await dialog.accept();
        resolve(dialog.type());
      });
    });
    await page.reload();
    expect(await asked).toBe('beforeunload');
    await page.getByText(detail.upload.brokenOff).waitFor();
    const upload = await machine.client.get(`/v1/datasets/${idOfPage()}/upload`, uploadSchema);
    expect(upload.mode === 'multipart' && upload.parts.map(({ received }) => received)).toEqual([false, true]);

    const other = join(machine.dir, 'other.jsonl');
    await writeFile(other, `${'y'.repeat(bytes - 1)}\n`);
    const choose = (file: string) => page.locator('input[type=file]').setInputFiles(file);
    await choose(other);
    await page.getByText(detail.upload.otherBytes).waitFor({ timeout: 60_000 });
    await throttle(-1);
    await choose(path);
    await state(words.states.ready).waitFor({ timeout: 240_000 });
    expect(puts.slice(3)).toEqual([1]);
    await detach();
    page.off('request', noteSent);
  });

  it('has a file that changed while it was sent chosen again, or started over with as it is', async () => {
    const { page, machine } = stage;
    const path = join(machine.dir, 'growing.jsonl');
    const row = `${JSON.stringify({ instruction: 'word '.repeat(20_000), output: 'y' })}\n`;
    await writeFile(path, row.repeat(30));
    const choose = async (name: string) => {
      const button = page.getByRole('button', { name });
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), button.click()]);
      await chooser.setFiles(path);
    };
    const { throttle, detach } = await stage.slowUploads();
    await throttle(100_000);
    await page.goto('/datasets/new');
    await page.locator('input[type=file]').setInputFiles(path);
    await page.getByRole('button', { name: form.submit, exact: true }).click();
    await page.getByRole('button', { name: detail.verbs.pause }).click();
    await state(detail.upload.phases.paused).waitFor();
    await writeFile(path, row.repeat(31));
    await page.getByRole('button', { name: detail.verbs.resume }).click();
    await page.getByText(detail.upload.fileGone).waitFor();
    await throttle(-1);
    await detach();
    await choose(detail.upload.choose);
    await page.getByText(detail.upload.other).waitFor();
    await stage.expectOpenAsItIs('datasets-changed-file');
    const before = idOfPage();
    await page.getByRole('button', { name: detail.upload.startOver }).click();
    await stage.heading(form.title).waitFor();

    // It changes once more, before it is sent; the pause lets it mostly be hashed by then, and either way it is told.
    await page.getByText(form.columns.table, { exact: true }).waitFor();
    await page.waitForTimeout(2000);
    await writeFile(path, row.repeat(2));
    await page.getByRole('button', { name: form.submit, exact: true }).click();
    await choose(form.again);
    await page.getByRole('button', { name: form.again }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: form.submit, exact: true }).click();
    await state(words.states.ready).waitFor({ timeout: 60_000 });
    expect(idOfPage()).not.toBe(before);
    await page.getByRole('button', { name: detail.verbs.delete }).click();
    await page.getByRole('dialog').getByRole('button', { name: detail.verbs.delete }).click();
    await stage.heading(words.title).waitFor();
  });

  it('takes a file that is dropped anywhere, a column of it corrected by hand, and shows what it is', async () => {
    const { page, machine } = stage;
    await page.goto('/datasets');
    await page.getByRole('link', { name: 'large' }).waitFor();
    await drop('films.csv', await filmsOfOddColumns());
    await stage.heading(form.title).waitFor();
    const { columnNames } = words;
    // Its name promises the rating, but it holds the average of all.
    const rating = page.getByRole('combobox', { name: columnNames.rating });
    expect(await rating.inputValue()).toBe('stars');
    await page.getByText(form.sampling.allAlike).waitFor();
    await stage.choose(columnNames.rating, 'grade');
    await page.getByText(/^6\d[.\d]*% are likes/).waitFor();
    await page.getByText(/^All 4,000 rows/).waitFor();
    await stage.expectOpenAsItIs('datasets-new-films');
    await page.getByRole('button', { name: form.submit, exact: true }).click();
    await state(words.states.ready).waitFor({ timeout: 60_000 });

    const dataset = await machine.client.get(`/v1/datasets/${idOfPage()}`, datasetSchema);
    expect(dataset).toMatchObject({ name: 'films', columns: { user: 'reader', item: 'film no', rating: 'grade' } });
    expect(dataset.sha256).toBe(
      createHash('sha256')
        .update(await filmsOfOddColumns())
        .digest('hex'),
    );
    const { ratings, histories, itemRows, split } = detail.pictures;
    for (const { title } of [ratings, histories, itemRows, split])
      await page.getByRole('region', { name: title, exact: true }).waitFor();
    await page.getByText(split.train).waitFor();
    await page.getByText(detail.prompts.position('1', '20')).waitFor();
    await page
      .getByRole('group', { name: 'Prompt' })
      .getByText(/^(Yes|No)\.$/)
      .waitFor();
    await page.getByText(/^\d+ tokens of /).waitFor();
    await page.getByRole('button', { name: detail.prompts.next }).click();
    await page.getByText(detail.prompts.position('2', '20')).waitFor();

    await page.goto('/datasets');
    await page.getByLabel(words.filters.kind).selectOption(words.kinds.instructions);
    await page.getByRole('link', { name: 'films' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'large' }).waitFor();
    expect(new URL(page.url()).search).toBe('?kind=instructions');
  });
}

/** Of an upload's part, by its signed URL. */
function partOf(url: string): number {
  const [, payload] = basename(new URL(url).pathname).split('.');
  return JSON.parse(Buffer.from(payload!, 'base64url').toString()).part;
}

/** Instructions: a part and a bit of another. */
async function writeLarge(path: string): Promise<number> {
  const row = `${JSON.stringify({ instruction: 'word '.repeat(20_000), output: 'y' })}\n`;
  const content = row.repeat(Math.ceil(LIMITS.uploadPartBytes / row.length) + 5);
  await writeFile(path, content);
  return content.length;
}

async function filmsOfOddColumns(): Promise<string> {
  const { ratings } = await demoRatings();
  const rows = ratings.slice(0, 4000).map(({ user, item, title, rating, time }) => {
    return [user, item, `"${title.replaceAll('"', '""')}"`, '3.5', rating, new Date(time * 1000).toISOString()].join(
      ';',
    );
  });
  return `${['reader;film no;film;stars;grade;seen', ...rows].join('\n')}\n`;
}
