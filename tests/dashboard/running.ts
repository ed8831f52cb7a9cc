// What runs the service: keys and nodes, each with a secret that is shown once.
import { expect, it } from 'vitest';
import { texts } from '../../edge/dashboard/src/texts.ts';
import type { Stage } from './stage.ts';

export function running(stage: Stage): void {
  it('makes a key and a node, rotates the key, and shows each secret this once', async () => {
    const { page } = stage;
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
}
