// Every page, as everyone meets it: with a keyboard, a screen reader, in the dark, on a phone.
import { it } from 'vitest';
import type { Stage } from './stage.ts';

/** Pages by their addresses; behind a `*` the newest of its kind that has a page of its own. */
const PAGES = [
  ...['datasets', 'datasets/new', 'datasets/*'],
  ...['tunings', 'tunings/new', 'tunings/*'],
  ...['evaluations', 'evaluations/new', 'evaluations/*', 'compare', 'experiments'],
  ...['adapters', 'adapters/*', 'aliases', 'aliases/*', 'playground'],
  ...['scorings', 'scorings/new', 'scorings/*'],
  ...['nodes', 'keys', 'audit', 'nothing-here'],
];

export function openPages(stage: Stage): void {
  it.each(PAGES)('is open to everyone on its page %s', async (path) => {
    const name = path.replace('/*', '-one').replaceAll('/', '-');
    await stage.expectOpenToEveryone(name, path.endsWith('/*') ? await newestOf(path.slice(0, -2)) : `/${path}`);
  });

  async function newestOf(kind: string): Promise<string> {
    const { page } = stage;
    await page.goto(`/${kind}`);
    const link = page.locator(`main a[href^="/${kind}/"]:not([href$="/new"])`).first();
    return (await link.getAttribute('href'))!;
  }
}
