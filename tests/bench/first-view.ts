// How long pages of the dashboard take to stand in a browser that has nothing of them yet, before a local Worker; beside a bare answer of
// the same Worker in the same browser, in turns, so that the ratios hold on a noisy machine.
//   npm run bench:first-view [-- --rounds 10]
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Stage } from '../dashboard/stage.ts';

const BARE = '/health';
const PAGES = [BARE, '/sign-in', '/tunings', '/tunings/new', '/datasets', '/adapters', '/playground'];

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } });
const rounds = Number(values.rounds);

const stage = new Stage();
try {
  await stage.open();
  await stage.page.goto(await stage.machine.client.signInLink());
  await stage.page.getByRole('heading', { level: 1 }).waitFor();
  const signedIn = await stage.context.storageState();
  await stage.context.close();
  const taken = new Map<string, number[]>(PAGES.map((path) => [path, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const path of PAGES) {
      // A context has a cache of its own.
      const storageState = path === '/sign-in' ? { cookies: [], origins: [] } : signedIn;
      const context = await stage.browser.newContext({ baseURL: stage.origin, storageState });
      const page = await context.newPage();
      const startedAt = performance.now();
      await page.goto(path);
      if (path !== BARE) await page.getByRole('heading', { level: 1 }).waitFor();
      // The first round warms the Worker.
      if (round > 0) taken.get(path)?.push(performance.now() - startedAt);
      await context.close();
      // What the browser still does for a closed page would count for the next.
      await setTimeout(500);
    }
  }
  const row = ([path, ms]: [string, number[]]) => {
    const sorted = ms.toSorted((a, b) => a - b);
    const [median, most] = [sorted[sorted.length >> 1], sorted.at(-1)].map((value) => Math.round(value ?? Number.NaN));
    return { page: path, 'median ms': median, 'most ms': most };
  };
  console.table([...taken].map(row));
} finally {
  await stage.close();
}
