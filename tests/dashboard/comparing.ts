// What tunings were worth: evaluated by the form, looked at, set side by side, and a table of experiments that fills up.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dataset, datasetSchema } from '@tallrec/shared/wire/datasets';
import { type Evaluation, evaluationSchema } from '@tallrec/shared/wire/evaluations';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import { pageOf } from '@tallrec/shared/wire/page';
import { type Tuning, tuningSchema } from '@tallrec/shared/wire/tunings';
import { beforeAll, expect, it } from 'vitest';
import { texts } from '../../edge/dashboard/src/texts.ts';
import { SCREENSHOTS, type Stage, WIDTHS } from './stage.ts';

const { evaluationForm: form, evaluationDetail: detail, compare, experiments, settings } = texts;
/** Rows that are judged, for a test's sake. */
const LIMIT = 150;
const SLOW = { timeout: 120_000 };

export function comparing(stage: Stage): void {
  let films: Dataset;
  let tunings: Tuning[];
  let judged: Evaluation;

  beforeAll(async () => {
    const { client } = stage.machine;
    const datasets = await client.get('/v1/datasets?limit=100', pageOf(datasetSchema));
    films = datasets.items.find(({ name }) => name === 'films')!;
    const { items } = await client.get('/v1/tunings?limit=100', pageOf(tuningSchema));
    const first = items.find(({ dataset, adapter }) => dataset === films.id && adapter !== null)!;
    const hyperParameters = { maxSteps: 2, evaluateEverySteps: 1 };
    const body = { name: 'another', model: first.model, dataset: films.id, shots: 16, seed: 1, hyperParameters };
    const { id } = await client.post('/v1/tunings', body, tuningSchema);
    tunings = [first, await client.until(`/v1/tunings/${id}`, tuningSchema, ({ state }) => isTerminal(state))];
  }, 240_000);

  const evaluationAt = async (): Promise<Evaluation> => {
    const id = new URL(stage.page.url()).pathname.split('/').at(-1)!;
    return await stage.machine.client.get(`/v1/evaluations/${id}`, evaluationSchema);
  };

  it('evaluates an adapter by the form, which suggests its model and the part of its data that it has not seen', async () => {
    const { page } = stage;
    await page.goto(`/evaluations/new?adapter=${tunings[0]!.adapter}`);
    await expectValue(form.model.label, tunings[0]!.model);
    await expectValue(form.dataset.label, /^films \(/);
    await expectValue(form.popularity.label, /^films \(/);
    await expectValue(form.split.label, form.splits.test);
    await page.getByLabel(form.limit.label).fill(String(LIMIT));
    await page.getByRole('button', { name: form.submit }).click();
    await page.waitForURL(/\/evaluations\/eval_/);
    await page.getByRole('region', { name: detail.verdict }).waitFor(SLOW);
    judged = await evaluationAt();
    expect(judged).toMatchObject({ adapter: tunings[0]!.adapter, limit: LIMIT, trainDataset: films.id });
  });

  it('shows what the adapter is worth: figures with intervals, scores, calibration and single rows', async () => {
    const { page } = stage;
    const report = judged.report!;
    const verdict = page.getByRole('region', { name: detail.verdict });
    await verdict.getByText(report.auc!.toFixed(3), { exact: true }).waitFor();
    await verdict.getByText(new RegExp(`^${LIMIT} rows, `)).waitFor();
    const overall = page.getByRole('region', { name: detail.figures.overall });
    await overall.getByRole('button', { name: texts.charts.table }).click();
    const row = (name: string) => overall.getByRole('row', { name: new RegExp(name) });
    for (const [name, auc, ends] of [
      [tunings[0]!.name, report.auc, report.interval],
      [detail.figures.rule, report.ruleAuc, report.intervals!.rule],
      [detail.figures.popularity, report.popularityAuc, report.intervals!.popularity],
    ] as const) {
      const cells = await row(name).getByRole('cell').allTextContents();
      expect(cells.slice(-3)).toEqual([auc, ends!.low, ends!.high].map((value) => value!.toFixed(3)));
    }
    const { ece, brier } = report.distribution!.calibration!;
    await page
      .getByText(detail.calibration.summary(ece.toFixed(3), brier.toFixed(3)))
      .first()
      .waitFor();
    const [best] = report.examples!.best;
    const right = page.getByRole('region', { name: detail.examples.best });
    await right.getByRole('button', { name: best!.target }).first().click();
    await right.getByText('User Preference:').first().waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: detail.predictions }).click(),
    ]);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(LIMIT);
    expect(JSON.parse(lines[best!.row - 1]!)).toMatchObject({ score: best!.score, liked: best!.liked });
  });

  it('evaluates the rule as a method, once nothing is missing in the form, and says that it is the rule', async () => {
    const { page } = stage;
    await page.goto('/evaluations/new');
    await page.getByText(form.subjects.method, { exact: true }).click();
    await page.getByRole('button', { name: form.submit }).click();
    await expect.poll(() => page.getByText(texts.fields.missing).count()).toBe(2);
    await stage.choose(form.method.label, 'Share of history liked');
    await stage.choose(form.dataset.label, /^films \(/);
    await page.getByLabel(form.limit.label).fill(String(LIMIT));
    await page.getByRole('button', { name: form.submit }).click();
    await page.waitForURL(/\/evaluations\/eval_/);
    await page.getByText(detail.isRule).waitFor(SLOW);
    const { report } = await evaluationAt();
    expect(report!.auc).toBe(judged.report!.ruleAuc);
  });

  it('sets two tunings side by side, what differs first, with their figures on the same rows', async () => {
    const { page, machine } = stage;
    const body = { model: tunings[1]!.model, adapter: tunings[1]!.adapter, dataset: films.id, limit: LIMIT };
    const { id } = await machine.client.post('/v1/evaluations', body, evaluationSchema);
    const other = await machine.client.until(`/v1/evaluations/${id}`, evaluationSchema, ({ state }) =>
      isTerminal(state),
    );
    await page.goto(`/compare?tunings=${tunings.map((tuning) => tuning.id).join(',')}`);
    const table = page.getByRole('table', { name: compare.table.title });
    const cells = async (label: string) => {
      const row = table.getByRole('row', { name: new RegExp(`^${label}`) });
      await row.waitFor();
      return await row.getByRole('cell').allTextContents();
    };
    expect(await cells('Examples \\(K\\)')).toEqual(['64', '16']);
    const aucs = (await cells(compare.figures.auc)).map((text) => text.slice(0, 5));
    expect(aucs).toEqual([judged, other].map(({ report }) => report!.auc!.toFixed(3)));
    expect(await table.getByRole('row', { name: settings.loraRank.label }).count()).toBe(0);
    await page.getByRole('button', { name: /settings that are the same/ }).click();
    expect(await cells(settings.loraRank.label)).toEqual(['8', '8']);
    for (const { title } of [compare.curves.validAuc, compare.curves.loss, compare.auc]) {
      await page.getByRole('region', { name: title, exact: true }).waitFor();
    }
  });

  it('draws AUC against K beside the paper’s curve, and gives it along as numbers', async () => {
    const { page } = stage;
    await page.getByText(compare.shots.papers.movie, { exact: true }).click();
    const chart = page.getByRole('region', { name: compare.shots.title });
    await chart.getByText(compare.shots.paperOf('TALLRec')).waitFor();
    await chart.getByRole('button', { name: texts.charts.saveNamed(compare.shots.title) }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: texts.charts.csv }).click(),
    ]);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split(/\r?\n/);
    const paper = lines.filter((line) => line.startsWith(`"${compare.shots.paperOf('TALLRec')}",`));
    expect(paper.map((line) => Number(line.split(',')[3]))).toEqual([0.6724, 0.6748, 0.7198]);
    expect(lines.some((line) => line.includes(`,64,${judged.report!.auc},`))).toBe(true);
  });

  it('has runs chosen by their names and dropped, and keeps what was chosen in the address', async () => {
    const { page } = stage;
    const picker = page.getByRole('combobox', { name: compare.runs });
    await picker.fill('Share of history');
    await page
      .getByRole('option', { name: /^Share of history liked/ })
      .first()
      .click();
    await page.waitForURL(/evaluations=eval_/);
    const table = page.getByRole('table', { name: compare.table.title });
    await table.getByRole('columnheader', { name: /Share of history liked/ }).waitFor();
    await page.reload();
    await table.getByRole('columnheader', { name: /Share of history liked/ }).waitFor();
    await picker.press('Backspace');
    await page.waitForURL(({ search }) => !search.includes('eval_'));
    await table.getByRole('columnheader', { name: /Share of history liked/ }).waitFor({ state: 'detached' });
  });

  const cell = (name: string) => stage.page.getByRole('button', { name: new RegExp(`^${name}: \\d+\\.\\d`) });
  const start = async (dialog: RegExp | string, seeds: number, count: number, cells: number) => {
    const window = stage.page.getByRole('dialog', { name: dialog });
    await window.getByLabel(experiments.dialog.seeds).fill(String(seeds));
    await window.getByText(experiments.dialog.count(count, cells)).waitFor();
    await window.getByRole('button', { name: experiments.dialog.submit(String(count)) }).click();
    await window.waitFor({ state: 'detached', ...SLOW });
  };

  it('has the paper’s table filled from what was evaluated, and starts what is missing', async () => {
    const { page, machine } = stage;
    await page.goto(`/experiments?dataset=${films.id}&limit=${LIMIT}&domain=movie`);
    const percent = (auc: number | null) => (100 * auc!).toFixed(1);
    await cell('Share of history liked').getByText(percent(judged.report!.ruleAuc)).waitFor();
    await cell('Rec tuning only \\(RT\\), K = 64').getByText(percent(judged.report!.auc)).waitFor();
    await page
      .getByRole('row', { name: /^TALLRec / })
      .first()
      .getByText('67.2')
      .waitFor();

    await page.getByRole('button', { name: `${experiments.start} Logistic regression, K = 16` }).click();
    await start(experiments.startNamed('Logistic regression, K = 16'), 1, 1, 1);
    await cell('Logistic regression, K = 16').waitFor(SLOW);
    await cell('Logistic regression, K = 16').click();
    const details = page.getByRole('dialog', { name: 'Logistic regression, K = 16' });
    const href = await details.getByRole('link', { name: /^Logistic regression, K 16, seed 0/ }).getAttribute('href');
    const { report, limit } = await machine.client.get(`/v1${href}`, evaluationSchema);
    expect(limit).toBe(LIMIT);
    await details.getByText(experiments.details.mean(percent(report!.auc), experiments.oneSeed)).waitFor();
    await details.getByRole('button', { name: texts.common.close }).click();
    await details.waitFor({ state: 'detached' });
  });

  it('fills a row with several seeds at once, and gives the table along', async () => {
    const { page, machine } = stage;
    await page
      .getByRole('button', { name: `${experiments.fill('3')} ${experiments.row('History + popularity')}` })
      .click();
    await start(experiments.dialog.title, 2, 6, 3);
    for (const k of [16, 64, 256])
      await cell(`History \\+ popularity, K = ${k}`).getByText(experiments.seeds('2')).waitFor(SLOW);
    const { items } = await machine.client.get(
      `/v1/evaluations?dataset=${films.id}&limit=100`,
      pageOf(evaluationSchema),
    );
    const aucs = items
      .filter(({ method, shots }) => method === 'history-popularity' && shots === 64)
      .map(({ report }) => report!.auc!);
    expect(aucs).toHaveLength(2);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: experiments.saveCsv }).click(),
    ]);
    const rows = (await readFile(await download.path(), 'utf8'))
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(','));
    const filled = rows.find(([method, , k]) => method === 'history-popularity' && k === '64')!;
    expect(Number(filled[3])).toBeCloseTo((aucs[0]! + aucs[1]!) / 2, 10);
    expect(filled.slice(6, 8)).toEqual(['2', experiments.sources.evaluations]);
  });

  it.each([
    ['evaluations-adapter', () => `/evaluations/${judged.id}`],
    ['compare-two', () => `/compare?tunings=${tunings.map(({ id }) => id).join(',')}`],
    ['experiments-filled', () => `/experiments?dataset=${films.id}&limit=${LIMIT}&domain=movie`],
  ])(
    'is open to everyone on the page of its story: %s',
    async (name, path) => {
      await stage.expectOpenToEveryone(name, path());
    },
    120_000,
  );

  // The README shows a copy of it, docs/dashboard.png.
  it('is pictured for the README', async () => {
    await stage.page.setViewportSize(WIDTHS.desktop);
    await stage.page.goto(`/experiments?dataset=${films.id}&limit=${LIMIT}&domain=movie`);
    await cell('History \\+ popularity, K = 256').waitFor();
    await stage.page.screenshot({
      path: join(SCREENSHOTS, 'readme.png'),
      fullPage: true,
      clip: { x: 0, y: 0, ...WIDTHS.desktop, height: 1240 },
    });
  });

  async function expectValue(label: string, value: string | RegExp): Promise<void> {
    const field = stage.page.getByRole('combobox', { name: label, exact: true });
    await expect.poll(() => field.inputValue(), { timeout: 20_000 }).toMatch(value);
  }
}
