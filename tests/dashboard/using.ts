// What a tuning left is put to use: named by an alias, tried on someone's taste, called by people's own code, run over many rows.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { ADAPTER_FILES, adapterSchema, aliasHistorySchema } from '@tallrec/shared/wire/adapters';
import { createdKeySchema } from '@tallrec/shared/wire/keys';
import { pageOf } from '@tallrec/shared/wire/page';
import { rankRequestSchema, rankResponseSchema } from '@tallrec/shared/wire/score';
import { scoredRowSchema } from '@tallrec/shared/wire/scorings';
import { expect, it } from 'vitest';
import { BROWSER_KEY } from '../../edge/dashboard/src/pages/playground/snippets.ts';
import { texts } from '../../edge/dashboard/src/texts.ts';
import { demoRatings } from '../../gpu-node/src/demo/ratings.ts';
import type { Stage } from './stage.ts';

const run = promisify(execFile);
const words = texts.playground;
const ALIAS = 'production';
const ROWS = 40;

export function using(stage: Stage): void {
  const table = () => stage.page.getByRole('table', { name: words.ranking.title });
  const rankedTitles = () => table().locator('tbody th button').allTextContents();
  const hasAnswered = () => stage.page.getByText(/^Answered in/).waitFor();
  const answered = () => stage.page.getByRole('region', { name: words.latency.title });

  it('imports an adapter by its two files, and says what is wrong with those that are none', async () => {
    const { page, machine } = stage;
    const { items } = await machine.client.get('/v1/adapters', pageOf(adapterSchema));
    const tuned = items[0]!;
    const headers = { Authorization: `Bearer ${machine.key}` };
    const file = async (name: string) => {
      const response = await fetch(`${machine.client.url}/v1/adapters/${tuned.id}/files/${name}`, { headers });
      return Buffer.from(await response.arrayBuffer());
    };
    const [config, weights] = [await file(ADAPTER_FILES.config), await file(ADAPTER_FILES.weights)];
    const named = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/octet-stream', buffer });

    await page.goto('/adapters');
    await page.getByRole('button', { name: texts.adapters.verbs.import }).click();
    const dialog = page.getByRole('dialog', { name: texts.adapters.import.title });
    const choose = (...files: ReturnType<typeof named>[]) => dialog.locator('input[type=file]').setInputFiles(files);
    await choose(named(ADAPTER_FILES.config, Buffer.from('{"peft_type":"IA3","r":8}')));
    await dialog.getByText(/of the kind IA3/).waitFor();
    await dialog.getByRole('button', { name: texts.adapters.import.submit }).click();
    await dialog.getByText(texts.fields.missing).first().waitFor();
    // Its own content makes it another adapter.
    const changed = Buffer.from(
      JSON.stringify({ ...JSON.parse(config.toString()), inference_mode: true, note: 'again' }),
    );
    await choose(named(ADAPTER_FILES.config, changed), named(ADAPTER_FILES.weights, weights));
    await dialog.getByText(/LoRA of rank 8/).waitFor();
    await dialog.getByLabel(texts.adapters.import.name).fill('from elsewhere');
    await dialog.getByRole('combobox', { name: texts.adapters.import.model }).fill(tuned.model);
    await dialog.getByRole('button', { name: texts.adapters.import.submit }).click();
    await stage.heading('from elsewhere').waitFor();
    await page.getByText(texts.adapters.story.importedBody).waitFor();
  });

  it('points an alias at an adapter, moves it, and goes back by its history', async () => {
    const { page, machine } = stage;
    const { verbs, story, point } = texts.adapters;
    const pointHere = async () => {
      await page.getByRole('button', { name: verbs.point }).click();
      const dialog = page.getByRole('dialog', { name: point.title });
      await dialog.getByRole('combobox', { name: point.alias }).fill(ALIAS);
      await dialog.getByRole('button', { name: point.submit }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.getByRole('main').getByRole('link', { name: ALIAS }).first().waitFor();
    };
    await page.goto('/adapters');
    await page.getByRole('link', { name: 'rec on films' }).first().click();
    await stage.heading('rec on films').waitFor();
    const chain = page.getByRole('region', { name: story.title }).getByRole('listitem');
    await chain.filter({ hasText: story.data }).getByText('4,000 rows').waitFor();
    await chain.filter({ hasText: story.adapter }).getByText(story.template('clean')).waitFor();
    await page.getByText(story.setting(texts.settings.maxSteps.label, '8')).waitFor();
    await pointHere();
    await page.goto('/adapters');
    await page.getByRole('link', { name: 'from elsewhere' }).click();
    await pointHere();

    await page.goto('/aliases');
    await page.getByRole('link', { name: ALIAS }).click();
    const rows = page.getByRole('row');
    await rows.nth(1).getByText('from elsewhere').waitFor();
    await rows.nth(1).getByText(texts.aliases.now).waitFor();
    await page.getByRole('button', { name: texts.aliases.verbs.back }).click();
    await page.getByRole('dialog').getByRole('button', { name: texts.aliases.verbs.back }).click();
    await rows.nth(1).getByText('rec on films').waitFor();
    expect(await rows.count()).toBe(1 + 3);
    const { adapter, history } = await machine.client.get(`/v1/aliases/${ALIAS}`, aliasHistorySchema);
    expect(history.map((move) => move.adapter === adapter)).toEqual([true, false, true]);
  });

  it('deletes an alias, and leads back to those that are left', async () => {
    const { page, machine } = stage;
    const { verbs, confirm } = texts.aliases;
    const { adapter } = await machine.client.get(`/v1/aliases/${ALIAS}`, aliasHistorySchema);
    await machine.client.put('/v1/aliases/old', { adapter }, adapterSchema);
    await page.goto('/aliases/old');
    await page.getByRole('button', { name: verbs.delete }).click();
    const dialog = page.getByRole('dialog', { name: confirm.deleteTitle('old') });
    await dialog.getByRole('button', { name: verbs.delete }).click();
    await page.waitForURL(/\/aliases$/);
    await page.getByRole('link', { name: 'old', exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: ALIAS, exact: true }).click();
  });

  it('ranks for someone of the dataset with the tuned adapter, beside popularity, and says where the time went', async () => {
    const { page } = stage;
    await page.getByRole('link', { name: texts.aliases.verbs.try }).click();
    await stage.heading(words.title).waitFor();
    await table()
      .getByText(/^What came next/)
      .waitFor();
    const before = await rankedTitles();
    expect(before.length).toBe(10);
    await page.getByRole('button', { name: words.ranking.rank, exact: true }).click();
    await hasAnswered();
    const probabilities = (await table().locator('tbody tr').allTextContents()).map((row) =>
      Number(/(\d+\.\d)%/.exec(row)![1]),
    );
    expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
    expect((await rankedTitles()).sort()).toEqual(before.sort());
    await table()
      .getByText(/#1, \d+ likes/)
      .waitFor();
    await page.getByText(/the share of the history that was liked, gives every candidate the same \d+/).waitFor();
    for (const part of Object.values(words.latency.parts)) {
      await answered()
        .getByRole('listitem')
        .filter({ hasText: part })
        .getByText(/\d (ms|s)/)
        .waitFor();
    }
  });

  it('looks closer at a candidate: the exact prompt, and its score alone', async () => {
    const { page } = stage;
    const [first] = await rankedTitles();
    await table().getByRole('button', { name: first!, exact: true }).click();
    const dialog = page.getByRole('dialog', { name: first! });
    await dialog.getByText(`Whether the user will like the target movie "${first}"?`).waitFor();
    await dialog.getByText(words.look.placeOf('1', '10')).waitFor();
    await dialog.getByRole('button', { name: words.look.score }).click();
    const alone = await dialog.getByText(/^Scored alone: /).textContent();
    const ranked = await table().locator('tbody tr').first().textContent();
    expect(ranked).toContain(/[\d.]+%/.exec(alone!)![0]);
    await dialog.getByRole('button', { name: texts.common.close }).click();
  });

  it('ranks again as the taste changes, and keeps what was changed over a reload', async () => {
    const { page } = stage;
    const first = page.getByRole('table', { name: words.taste.title }).getByRole('button').first();
    const liked = ((await first.textContent()) ?? '').startsWith(words.taste.liked);
    const [request] = await Promise.all([page.waitForRequest('**/v1/rank'), first.click()]);
    expect(rankRequestSchema.parse(request.postDataJSON()).history[0]!.liked).toBe(!liked);
    await page.getByRole('combobox', { name: words.ranking.add }).fill('A film of my own');
    await page.getByRole('option', { name: words.search.typed('A film of my own') }).click();
    await table().locator('tbody tr').filter({ hasText: 'A film of my own' }).getByText(/\d%/).first().waitFor();
    const titles = await rankedTitles();
    await page.reload();
    await hasAnswered();
    expect(await rankedTitles()).toEqual(titles);
  });

  it('adds on Enter what is marked, however fast it was typed', async () => {
    const { page } = stage;
    const search = page.getByRole('combobox', { name: words.ranking.add });
    await search.click();
    await page.getByRole('option').nth(5).waitFor();
    await search.pressSequentially('A film nobody knows', { delay: 5 });
    const marked = page.locator('[role=option][data-combobox-selected]');
    expect(await marked.allTextContents()).toEqual([words.search.typed('A film nobody knows')]);
    await search.press('Enter');
    const row = table().locator('tbody tr').filter({ hasText: 'A film nobody knows' });
    await row.getByRole('button', { name: words.ranking.remove('A film nobody knows') }).click();
    await row.waitFor({ state: 'detached' });
  });

  it('gives code that, run with a key, says the same as the page', async () => {
    const { page, machine, browser } = stage;
    const titles = await rankedTitles();
    const scope = { name: 'snippets', scopes: ['score'] };
    const { key } = await machine.client.post('/v1/keys', scope, createdKeySchema);
    const panel = page.getByRole('region', { name: words.code.title });
    const shown = async (language: keyof typeof words.code.languages) => {
      await panel.getByText(words.code.languages[language], { exact: true }).click();
      return (await panel.locator('pre').textContent())!;
    };
    const env = { ...process.env, TALLREC_KEY: key };

    const { stdout } = await run('sh', ['-c', `${await shown('curl')} --silent`], { env });
    const { ranking } = rankResponseSchema.parse(JSON.parse(stdout));
    expect(ranking.map(({ candidate }) => candidate.title)).toEqual(titles);

    const file = join(machine.dir, 'rank.mts');
    await writeFile(file, await shown('typescript'));
    const printed = await run(process.execPath, ['--disable-warning=ExperimentalWarning', file], { env });
    expect(printed.stdout.trimEnd().split('\n')).toEqual(
      ranking.map(({ candidate, score }) => `${score.toFixed(3)} ${candidate.title}`),
    );

    // A page of another origin, with a key that holds there alone.
    const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<p>shop'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const shop = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const bound = await machine.client.post('/v1/keys', { ...scope, origins: [shop] }, createdKeySchema);
    const other = await browser.newPage();
    await other.goto(shop);
    const told = other.waitForEvent('console', (message) => message.type() === 'table');
    await other.addScriptTag({ type: 'module', content: (await shown('browser')).replace(BROWSER_KEY, bound.key) });
    const rows: { candidate: { title: string } }[] = await (await told).args()[0]!.jsonValue();
    expect(rows.map(({ candidate }) => candidate.title)).toEqual(titles);
    await other.close();
    server.close();
  });

  it('scores the rows of a dataset in a batch, and gives them as files', async () => {
    const { page, machine } = stage;
    const { form, detail } = texts.scorings;
    const { ratings } = await demoRatings();
    const samples = buildSamples(ratings, samplingSchema.parse({})).slice(0, ROWS);
    const lines = samples.map((sample) => `${JSON.stringify(sample)}\n`).join('');
    await machine.client.upload(
      { name: 'visitors', kind: 'samples', format: 'jsonl' },
      new TextEncoder().encode(lines),
    );
    await page.goto(`/scorings/new?adapter=${ALIAS}`);
    await page.getByRole('button', { name: form.submit, exact: true }).click();
    await page.getByText(texts.fields.missing).first().waitFor();
    await stage.choose(form.dataset, /visitors/);
    await page.getByRole('button', { name: form.submit, exact: true }).click();
    await page.waitForURL(/\/scorings\/scr_/);
    await page.getByRole('link', { name: detail.jsonl }).waitFor({ timeout: 120_000 });
    await page.getByText(detail.rowCount(String(ROWS)), { exact: true }).waitFor();
    expect(await page.getByRole('table', { name: detail.predictions }).getByRole('row').count()).toBe(1 + 10);

    const file = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name, exact: true }).click(),
      ]);
      return (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
    };
    const scored = (await file(detail.jsonl)).map((line) => scoredRowSchema.parse(JSON.parse(line)));
    expect(scored.map(({ row }) => row)).toEqual(samples.map((_, row) => row));
    expect((await file(detail.csv)).length).toBe(1 + ROWS);
  });

  it('scores what ratings give, and ranks what they are about for each of their people', async () => {
    const { page, machine } = stage;
    const { form, detail } = texts.scorings;
    // Of each of two people two more than a history.
    const rows = Array.from({ length: 24 }, (_, at) => `u${at % 2},i${at},Film ${at},${1 + (at % 5)},${at}`);
    const csv = `user,item,title,rating,time\n${rows.join('\n')}\n`;
    await machine.client.upload(
      { name: 'few ratings', kind: 'interactions', format: 'csv' },
      new TextEncoder().encode(csv),
    );
    for (const [task, count, columns] of [
      ['score', '4', detail.scoreColumns.title],
      ['rank', '2', detail.rankColumns.ranking],
    ] as const) {
      await page.goto(`/scorings/new?adapter=${ALIAS}`);
      await stage.choose(form.task, form.tasks[task]);
      await stage.choose(form.dataset, /few ratings/);
      if (task === 'rank') {
        const catalogue = page.getByRole('combobox', { name: form.catalogue, exact: true });
        expect(await catalogue.inputValue()).toMatch(/few ratings/);
      }
      await page.getByRole('button', { name: form.submit, exact: true }).click();
      await page.waitForURL(/\/scorings\/scr_/);
      await page.getByText(detail.rowCount(count), { exact: true }).waitFor({ timeout: 120_000 });
      const table = page.getByRole('table', { name: detail.predictions });
      await table.getByRole('columnheader', { name: columns }).waitFor();
      await table
        .getByText(/^Film \d+/)
        .first()
        .waitFor();
    }
  });
}
