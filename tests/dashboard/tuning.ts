// Tunings, started by the form: what they take told beside it, one alone and several at once.
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { pageOf } from '@tallrec/shared/wire/page';
import { tuningSchema } from '@tallrec/shared/wire/tunings';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { datasetDetailTexts as detail } from '../../edge/dashboard/src/texts/dataset-detail.ts';
import { texts } from '../../edge/dashboard/src/texts.ts';
import { demoRatings } from '../../gpu-node/src/demo/ratings.ts';
import type { Stage } from './stage.ts';

const form = texts.tuningForm;
const { settings } = texts;
const estimate = texts.tuningEstimate;

export function tuning(stage: Stage): void {
  async function uploadSamples(): Promise<void> {
    const { ratings } = await demoRatings();
    const samples = buildSamples(ratings, samplingSchema.parse({})).slice(0, 600);
    const bytes = new TextEncoder().encode(samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
    await stage.machine.client.upload({ name: 'film samples', kind: 'samples', format: 'jsonl' }, bytes);
  }

  async function openForm(dataset: RegExp): Promise<void> {
    const { page } = stage;
    await page.goto('/tunings/new');
    await stage.heading(form.title).waitFor();
    await stage.choose(settings.dataset.label, dataset);
    await stage.choose(settings.model.label, /./);
  }

  /** In place of what stands there. */
  async function type(label: string, values: string): Promise<void> {
    const field = stage.page.getByRole('combobox', { name: label, exact: true });
    await field.click();
    for (let tag = 0; tag < 3; tag++) await field.press('Backspace');
    await field.pressSequentially(`${values},`);
  }

  it('tells beside the form what the tuning would take of each node, and tells it anew as the form changes', async () => {
    const { page } = stage;
    await uploadSamples();
    await page.goto('/tunings');
    await page.getByRole('link', { name: texts.tunings.create }).first().click();
    await stage.heading(form.title).waitFor();
    const panel = page.getByRole('region', { name: estimate.title });
    await panel.getByText(estimate.choose).waitFor();
    await openForm(/film samples/);
    const card = panel.getByRole('article', { name: 'test node' });
    await card.getByText(estimate.fits, { exact: true }).waitFor();
    await panel.getByText(estimate.samples('64', '60')).waitFor();
    await panel.getByText(estimate.stepsAtMost('200', '110')).waitFor();
    await card.getByText(/Measured by trying out the model here for a moment\./).waitFor({ timeout: 60_000 });
    await card.getByText(/^\d+ (sec|min|hr).* to \d+ /).waitFor();
    await card.getByRole('button', { name: estimate.parts }).click();
    await card.getByRole('row', { name: new RegExp(`^${estimate.part.weights} \\d`) }).waitFor();

    await page.getByRole('button', { name: form.advanced }).click();
    await page.getByLabel(settings.maxSteps.label).fill('8');
    await panel.getByText(estimate.steps('8')).waitFor();
    await card.getByText(/^about \d/).waitFor();
    await page.getByLabel(settings.learningRate.label).fill('-1');
    await panel.getByText(estimate.mend(settings.learningRate.label, texts.fields.moreThan('0'))).waitFor();
    await page.getByLabel(settings.learningRate.label).fill('0.001');
    await type(settings.shots.label, '1.5');
    await page.getByText(texts.fields.whole, { exact: true }).waitFor();
    await panel.getByText(estimate.mend(settings.shots.label, texts.fields.whole)).waitFor();
    await page.getByRole('button', { name: form.presets.names.paper }).click();
    await page.getByLabel(settings.maxSteps.label).fill('8');
    await panel.getByText(estimate.allWarmup('20', '8')).waitFor();
    await page.getByRole('button', { name: form.presets.names.quick }).click();
    await panel.getByText(estimate.steps('10')).waitFor();
    await panel.getByText(estimate.allWarmup('20', '8')).waitFor({ state: 'detached' });
  });

  it('says plainly where it does not fit and what would, and which node is away', async () => {
    const { page, machine } = stage;
    const small = await machine.startNode('small node', { TALLREC_VRAM: '100MB' });
    await openForm(/film samples/);
    const panel = page.getByRole('region', { name: estimate.title });
    const card = panel.getByRole('article', { name: 'small node' });
    await card.getByText(estimate.tooLarge, { exact: true }).waitFor();
    await card.getByText(/^It needs \S+ MB at least, and there are 100 MB\. .* take a smaller model\.$/).waitFor();
    await panel.getByRole('article', { name: 'test node' }).getByText(estimate.fits, { exact: true }).waitFor();
    await small.stop();
    await openForm(/film samples/);
    await card.getByText('It is not connected.').waitFor();
  });

  it('starts a tuning from what the workspace has, and says beside a field what is wrong with it', async () => {
    const { page } = stage;
    await page.goto('/datasets');
    await page.getByRole('link', { name: 'films' }).click();
    await page.getByRole('link', { name: detail.verbs.tune }).click();
    await stage.heading(form.title).waitFor();
    const chosen = page.getByRole('combobox', { name: settings.dataset.label, exact: true });
    expect(await chosen.inputValue()).toMatch(/films/);
    await stage.choose(settings.model.label, /./);
    await type(settings.shots.label, '64');
    await page.getByRole('button', { name: form.advanced }).click();
    await page.getByLabel(settings.maxSteps.label).fill('8');
    await page.getByLabel(settings.evaluateEverySteps.label).fill('2');
    await page.getByLabel(settings.learningRate.label).fill('-1');
    await page.getByRole('button', { name: form.submit(1) }).click();
    await page.getByText('It has to be greater than 0.', { exact: true }).waitFor();
    await page.getByLabel(settings.learningRate.label).fill('0.001');
    await page.getByRole('button', { name: form.submit(1) }).click();
    await page.waitForURL(/\/tunings\/tun_/);
  });

  it('makes several at once, each once although an answer is lost on the way, and leads to them side by side', async () => {
    const { page, machine } = stage;
    await openForm(/film samples/);
    await page.getByLabel(settings.name.label, { exact: true }).fill('sweep');
    await type(settings.shots.label, '8,16');
    await type(settings.seeds.label, '1,2');
    await page.getByText(form.sweep('4')).waitFor();
    let posts = 0;
    await page.route('**/v1/tunings', async (route) => {
      if (route.request().method() !== 'POST' || ++posts !== 3) return route.continue();
      // It reaches the edge, and its answer never comes back.
      await route.fetch();
      return route.abort('connectionreset');
    });
    await page.getByRole('button', { name: form.submit(4) }).click();
    await page.getByText(form.partly('2', '4')).waitFor();
    await page.getByRole('button', { name: form.goOn(2) }).click();
    await page.waitForURL(/\/compare\?tunings=/);
    await page.unroute('**/v1/tunings');
    stage.forgive('unreachable');

    const chosen = new URL(page.url()).searchParams.get('tunings')!.split(',');
    const { items } = await machine.client.get('/v1/tunings?limit=100', pageOf(tuningSchema));
    const made = items.filter(({ name }) => name.startsWith('sweep'));
    expect(made.map(({ name }) => name).toReversed()).toEqual([
      ...['sweep, K 8, seed 1', 'sweep, K 8, seed 2'],
      ...['sweep, K 16, seed 1', 'sweep, K 16, seed 2'],
    ]);
    expect(made.map(({ id }) => id).toReversed()).toEqual(chosen);
    expect(posts).toBe(5);
    for (const { id } of made) await machine.client.post(`/v1/tunings/${id}/cancel`, {}, z.unknown());
  });

  it('lists them at a glance, by their state, and has some chosen to be compared', async () => {
    const { page } = stage;
    const words = texts.tunings;
    await page.goto('/tunings');
    const row = (name: string) => page.getByRole('row', { name: new RegExp(name) });
    await row('sweep, K 16, seed 2').getByRole('cell', { name: '16', exact: true }).waitFor();
    await page.getByRole('link', { name: words.filters.cancelled, exact: true }).click();
    await page.waitForURL(/state=cancelled/);
    await row('rec on films').waitFor({ state: 'detached' });
    expect(await page.getByRole('row', { name: /sweep/ }).count()).toBe(4);
    await page.getByRole('button', { name: texts.choosing.begin }).click();
    await page.getByRole('checkbox', { name: texts.choosing.choose('sweep, K 8, seed 1') }).check();
    await page.getByRole('checkbox', { name: texts.choosing.choose('sweep, K 16, seed 2') }).check();
    const href = await page.getByRole('link', { name: texts.choosing.go(2) }).getAttribute('href');
    expect(href).toMatch(/^\/compare\?tunings=tun_\w+,tun_\w+$/);
  });
}
