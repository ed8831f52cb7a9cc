// A tuning, started by the form and watched to its end.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { datasetDetailTexts as detail } from '../../edge/dashboard/src/texts/dataset-detail.ts';
import { texts } from '../../edge/dashboard/src/texts.ts';
import type { Stage } from './stage.ts';

const words = texts.tunings;

export function tuning(stage: Stage): void {
  it('starts a tuning from what the workspace has, and says beside a field what is wrong with it', async () => {
    const { page } = stage;
    await page.goto('/datasets');
    await page.getByRole('link', { name: 'films' }).click();
    await page.getByRole('link', { name: detail.verbs.tune }).click();
    await stage.heading(texts.tuningForm.title).waitFor();
    const { settings } = texts;
    expect(await page.getByRole('combobox', { name: settings.dataset.label, exact: true }).inputValue()).toMatch(
      /films/,
    );
    await stage.choose(settings.model.label, /./);
    await page.getByLabel(settings.shots.label).fill('64');
    await page.getByRole('button', { name: texts.tuningForm.advanced }).click();
    await page.getByLabel(settings.maxSteps.label).fill('8');
    await page.getByLabel(settings.evaluateEverySteps.label).fill('2');
    await page.getByLabel(settings.learningRate.label).fill('-1');
    await page.getByRole('button', { name: texts.tuningForm.submit }).click();
    await page.getByText(/>0|greater than 0|larger than 0/i).waitFor();
    await page.getByLabel(settings.learningRate.label).fill('0.001');
    await page.getByRole('button', { name: texts.tuningForm.submit }).click();
    await page.waitForURL(/\/tunings\/tun_/);
  });

  it('shows its curves as they grow, to the end, and again after a reload', async () => {
    const { page } = stage;
    await page.getByText(words.states.succeeded, { exact: true }).first().waitFor({ timeout: 240_000 });
    await page.reload();
    await page.getByText(words.states.succeeded, { exact: true }).first().waitFor();
    await page.getByRole('heading', { name: texts.tuningDetail.curveNames.loss }).first().waitFor();
  });

  it('gives each chart along as a picture and as its numbers', async () => {
    const { page } = stage;
    const name = texts.tuningDetail.curveNames.loss;
    const save = async (what: string) => {
      await page.getByRole('button', { name: texts.charts.saveNamed(name) }).click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: what }).click(),
      ]);
      return { name: download.suggestedFilename(), content: await readFile(await download.path()) };
    };
    const svg = await save(texts.charts.svg);
    expect(svg.name).toBe('training-loss.svg');
    expect(svg.content.toString()).toMatch(/^<svg .*training loss.*<path .*style="[^"]*stroke:rgb/is);
    const png = await save(texts.charts.png);
    expect([png.name, png.content.subarray(1, 4).toString()]).toEqual(['training-loss.png', 'PNG']);
    const csv = await save(texts.charts.csv);
    expect(csv.content.toString().split('\n').slice(0, 2)).toEqual([
      'Step,Training loss',
      expect.stringMatching(/^1,\d/),
    ]);
  });
}
