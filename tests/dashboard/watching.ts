// A tuning, watched to its end: through a reload, a lost connection and an edge that is killed.
import { readFile } from 'node:fs/promises';
import type { SequencedEvent } from '@tallrec/shared/wire/jobs';
import { pageOf } from '@tallrec/shared/wire/page';
import { tuningMetricsSchema, tuningSchema } from '@tallrec/shared/wire/tunings';
import { expect, it } from 'vitest';
import { texts } from '../../edge/dashboard/src/texts.ts';
import type { Stage } from './stage.ts';

const words = texts.tuningDetail;
const { states } = texts.tunings;
const LOSS = words.curveNames.loss;

export function watching(stage: Stage): void {
  async function save(chart: string, what: string): Promise<{ name: string; content: Buffer }> {
    const { page } = stage;
    await page.getByRole('button', { name: texts.charts.saveNamed(chart) }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: what }).click(),
    ]);
    return { name: download.suggestedFilename(), content: await readFile(await download.path()) };
  }

  /** The points of the curve as the page draws them. */
  async function drawn(): Promise<{ step: number; loss: number }[]> {
    const { content } = await save(LOSS, texts.charts.csv);
    const [head, ...lines] = content.toString().trim().split(/\r?\n/);
    expect(head).toBe(`${words.step},${LOSS}`);
    return lines.map((line) => line.split(',').map(Number)).map(([step, loss]) => ({ step: step!, loss: loss! }));
  }

  const metricsOf = async (id: string) => {
    const { steps } = await stage.machine.client.get(`/v1/tunings/${id}/metrics`, tuningMetricsSchema);
    return steps.map(({ step, loss }) => ({ step, loss }));
  };

  it('shows the curves as they grow, to the end, and again after a reload', async () => {
    const { page, machine } = stage;
    const { items } = await machine.client.get('/v1/tunings?limit=100', pageOf(tuningSchema));
    const { id } = items.find(({ name }) => name === 'rec on films')!;
    await page.goto(`/tunings/${id}`);
    await page.getByText(states.succeeded, { exact: true }).first().waitFor({ timeout: 240_000 });
    await page.reload();
    await page.getByText(states.succeeded, { exact: true }).first().waitFor();
    await page.getByRole('heading', { name: LOSS }).first().waitFor();
    expect(await drawn()).toEqual(await metricsOf(id));
  });

  it('says what it came to beside the rule, and leads to its adapter and on to its evaluation', async () => {
    const { page, machine } = stage;
    const id = page.url().split('/').at(-1)!;
    const tuning = await machine.client.get(`/v1/tunings/${id}`, tuningSchema);
    const { validRuleAuc } = await machine.client.get(`/v1/tunings/${id}/metrics`, tuningMetricsSchema);
    const result = page.getByRole('region', { name: words.result.title });
    await result.getByText(tuning.bestValidAuc!.toFixed(3), { exact: true }).waitFor();
    await result.getByText(validRuleAuc!.toFixed(3), { exact: true }).waitFor();
    const curve = page.getByRole('region', { name: words.curveNames.validAuc });
    await curve.getByText(`${words.guessing} 0.500; ${words.rule} ${validRuleAuc!.toFixed(3)}`).waitFor();
    const href = (name: string) => result.getByRole('link', { name }).getAttribute('href');
    expect(await href(words.result.adapter)).toBe(`/adapters/${tuning.adapter}`);
    expect(await href(words.result.evaluate)).toBe(`/evaluations/new?adapter=${tuning.adapter}`);
    const facts = page.getByRole('region', { name: words.facts });
    expect(await facts.getByRole('link', { name: 'films' }).getAttribute('href')).toBe(`/datasets/${tuning.dataset}`);
    await facts.getByRole('link', { name: 'test node' }).waitFor();
  });

  it('gives each chart along as a picture and as its numbers', async () => {
    const svg = await save(LOSS, texts.charts.svg);
    expect(svg.name).toBe('training-loss.svg');
    expect(svg.content.toString()).toMatch(/^<svg .*training loss.*<path .*style="[^"]*stroke:rgb/is);
    const png = await save(LOSS, texts.charts.png);
    expect([png.name, png.content.subarray(1, 4).toString()]).toEqual(['training-loss.png', 'PNG']);
    expect((await drawn()).length).toBeGreaterThan(1);
  });

  it('goes on by itself without a gap when the edge is killed and when there is no network, and can be stopped with the best', async () => {
    const { page, machine, context } = stage;
    const { client } = machine;
    const { items } = await client.get('/v1/tunings?limit=100', pageOf(tuningSchema));
    const { model, dataset } = items.find(({ name }) => name.startsWith('sweep'))!;
    const recipe = { batchSize: 4, maxSteps: 390, epochs: 10_000, patience: 10_000, evaluateEverySteps: 20 };
    const body = { model, dataset, name: 'watched', shots: 8, hyperParameters: { ...recipe, learningRate: 1e-3 } };
    const { id } = await client.post('/v1/tunings', body, tuningSchema);
    await page.goto(`/tunings/${id}`);
    const progress = page.getByRole('region', { name: words.progress });
    /** The page tells of a step beyond this one by itself. */
    const goesOn = async (from: number) => {
      for (;;) {
        const told = /([\d,.]+) of/.exec((await progress.textContent()) ?? '');
        const step = Number(told?.[1]?.replace(/\D/g, '') ?? 0);
        if (step > from) return step;
        await page.waitForTimeout(200);
      }
    };
    let step = await goesOn(3);
    for (let kill = 0; kill < 2; kill++) {
      const restarted = machine.restartEdge();
      await progress.getByText(words.connection.reconnecting).waitFor();
      await restarted;
      await progress.getByText(words.connection.live).waitFor({ timeout: 60_000 });
      step = await goesOn(step);
    }
    await context.setOffline(true);
    await page.getByText(texts.states.offlineTitle).first().waitFor();
    await page.waitForTimeout(3000);
    await context.setOffline(false);
    await progress.getByText(words.connection.live).waitFor({ timeout: 60_000 });
    await goesOn(step);

    await page.getByRole('button', { name: words.verbs.stop }).click();
    await page.getByRole('dialog').getByRole('button', { name: words.verbs.stop }).click();
    await page.getByText(states.succeeded, { exact: true }).first().waitFor({ timeout: 120_000 });
    const told: SequencedEvent[] = [];
    for await (const event of client.events('tuning', id)) told.push(event);
    const steps = told.flatMap(({ event }) => (event.type === 'step' ? [event.step] : []));
    expect(steps).toEqual(Array.from({ length: steps.length }, (_, at) => at + 1));
    const metrics = await metricsOf(id);
    expect(metrics.map((one) => one.step)).toEqual(steps);
    expect(await drawn()).toEqual(metrics);
    stage.forgive('unreachable');
    stage.forgive(503);
  });

  it('takes up one that was cancelled, and cancels it again', async () => {
    const { page } = stage;
    await page.goto('/tunings?state=cancelled');
    await page.getByRole('link', { name: 'sweep, K 8, seed 1' }).click();
    await page.getByRole('button', { name: words.verbs.resume }).click();
    const progress = page.getByRole('region', { name: words.progress });
    await progress.getByText(states.running, { exact: true }).waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: words.verbs.cancel }).click();
    await page.getByRole('dialog').getByRole('button', { name: words.verbs.cancel }).click();
    await progress.getByText(states.cancelled, { exact: true }).waitFor();
  });
}
