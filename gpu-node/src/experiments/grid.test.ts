import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { matrixFactorisationMethod } from '../methods/matrix-factorisation.ts';
import type { FitData, Method } from '../methods/method.ts';
import { historyShareMethod, popularityMethod } from '../methods/rules.ts';
import { type CellPlan, cellKey } from './cell.ts';
import { CellStore } from './cell-store.ts';
import { CellWorkers } from './cell-workers.ts';
import { planCells } from './designs.ts';
import { type Domain, openDomain } from './domain.ts';
import { estimateGrid } from './estimate.ts';
import { fitData } from './run-cell.ts';
import { runGrid } from './run-grid.ts';

vi.setConfig({ testTimeout: 60_000 });

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'grid-'));
});
afterEach(() => rm(dir, { recursive: true }));

function samples(count: number, seed: number): LabelledSample[] {
  const random = Random.seeded(seed);
  return Array.from({ length: count }, (_, i) => ({
    user: `u${i % 3}`,
    noun: 'movie',
    history: [{ title: `Film ${random.integer(1, 9)}`, liked: random.uniform() < 0.5 }],
    target: { title: `Film ${random.integer(1, 9)}` },
    liked: random.uniform() < 0.5,
  }));
}

async function domain(name: string, seed = 1): Promise<Domain> {
  const folder = join(dir, name);
  await mkdir(folder, { recursive: true });
  const parts = { train: samples(20, seed), valid: samples(12, seed + 1), test: samples(15, seed + 2) };
  for (const [part, rows] of Object.entries(parts)) await writeFile(join(folder, `${part}.json`), JSON.stringify(rows));
  return openDomain(folder);
}

/** A method that counts its fits and scores at random. */
function counted(name: string, changes: Partial<Method> = {}) {
  const fits: (FitData & { seed: number })[] = [];
  const method: Method = {
    name,
    title: name,
    kind: 'control',
    settings: { depth: 1 },
    fit: async (data, { seed }) => {
      fits.push({ ...data, seed });
      const random = Random.seeded(seed);
      return { chosen: { seed }, score: async (rows) => rows.map(() => random.uniform()) };
    },
    ...changes,
  };
  return { method, fits };
}

const store = () => new CellStore(join(dir, 'cells'));

describe('a grid', () => {
  it('plans a cell for every method, seed and K, and once what a method ignores', async () => {
    const domains = [await domain('a'), await domain('b', 9)];
    const size = { domains, methods: [historyShareMethod, popularityMethod], shots: [2, 4], seeds: 3 };
    const keys = planCells('few-shot', size).map(cellKey);
    expect(keys).toHaveLength(2 * (1 + 2 * 3));
    expect(new Set(keys).size).toBe(keys.length);
    const across = planCells('cross-domain', { ...size, methods: [popularityMethod] });
    expect(across).toHaveLength(3 * 2 * 3);
    expect(across.every(({ testedOn }) => testedOn.length === 2)).toBe(true);
  });

  it('does not run again what is done, and gives the same', async () => {
    const { method, fits } = counted('random');
    const plans = planCells('few-shot', { domains: [await domain('a')], methods: [method], shots: [2, 4], seeds: 2 });
    const first = await runGrid(plans, { store: store() });
    expect(fits).toHaveLength(4);
    const second = await runGrid(plans, { store: store() });
    expect(fits).toHaveLength(4);
    expect(second).toEqual(first);
    expect(second.cells.map(({ shots, seed }) => [shots, seed])).toEqual([
      [2, 0],
      [4, 0],
      [2, 1],
      [4, 1],
    ]);
  });

  it('says beside every result what the share of history liked comes to on the same rows', async () => {
    const methods = [historyShareMethod, counted('random').method];
    const plans = planCells('few-shot', { domains: [await domain('a')], methods, shots: [2], seeds: 1 });
    const [byRule, other] = (await runGrid(plans, { store: store() })).cells.map(({ tests }) => tests[0]!);
    expect(byRule!.auc).not.toBe(other!.auc);
    expect([other!.ruleAuc, other!.rulePerUserAuc]).toEqual([byRule!.auc, byRule!.perUserAuc]);
  });

  it('runs a cell again whose file is damaged or of another cell', async () => {
    const { method, fits } = counted('random');
    const plans = planCells('few-shot', { domains: [await domain('a')], methods: [method], shots: [2, 4], seeds: 1 });
    const whole = await runGrid(plans, { store: store() });
    const [one, two] = plans.map((plan) => join(dir, 'cells', `${cellKey(plan)}.json`));
    await writeFile(one!, (await readFile(one!, 'utf8')).slice(0, 100));
    await writeFile(two!, JSON.stringify(whole.cells[0]));
    const again = await runGrid(plans, { store: store() });
    expect(fits).toHaveLength(4);
    expect(again.cells.map(({ scores }) => scores)).toEqual(whole.cells.map(({ scores }) => scores));
  });

  it('knows a cell by all that its results follow from', async () => {
    const [a, b] = [await domain('a'), await domain('b', 9)];
    const base: CellPlan = { method: popularityMethod, trainedOn: [a], testedOn: [a], shots: 4, seed: 0 };
    const key = cellKey(base);
    expect(cellKey({ ...base, trainedOn: [await domain('a')] })).toBe(key);
    const others: CellPlan[] = [
      { ...base, shots: 5 },
      { ...base, seed: 1 },
      { ...base, testLimit: 3 },
      { ...base, validLimit: 3 },
      { ...base, trainedOn: [b] },
      { ...base, testedOn: [b] },
      { ...base, trainedOn: [a, b] },
      { ...base, method: { ...popularityMethod, name: 'other' } },
      { ...base, method: { ...popularityMethod, settings: { rate: 2 } } },
      { ...base, trainedOn: [await domain('a', 2)] },
    ];
    expect(new Set([key, ...others.map(cellKey)]).size).toBe(1 + others.length);
  });

  it('ends when aborted within a cell, keeps what is done and goes on from there', async () => {
    const controller = new AbortController();
    let stopAt = 2;
    const { method, fits } = counted('random', {});
    const interrupted: Method = {
      ...method,
      fit: async (data, options) => {
        if (fits.length === stopAt) {
          controller.abort();
          throw new TallrecError('CANCELLED', 'cancelled');
        }
        return method.fit(data, options);
      },
    };
    const plans = planCells('few-shot', {
      domains: [await domain('a')],
      methods: [interrupted],
      shots: [2, 4],
      seeds: 2,
    });
    const first = await runGrid(plans, { store: store(), signal: controller.signal });
    expect(first).toMatchObject({ cancelled: true, failures: [] });
    expect(first.cells).toHaveLength(2);
    expect(await readdir(join(dir, 'cells'))).toHaveLength(2);
    stopAt = -1;
    const second = await runGrid(plans, { store: store() });
    expect(second.cancelled).toBe(false);
    expect(second.cells).toHaveLength(4);
    expect(fits).toHaveLength(4);
  });

  it('goes on past a cell that fails, and keeps no file of it', async () => {
    const broken = counted('broken', {
      fit: async () => {
        throw new TallrecError('ENGINE_FAILED', 'it broke');
      },
    }).method;
    const nan = counted('nan', {
      fit: async () => ({ chosen: {}, score: async (rows) => rows.map(() => Number.NaN) }),
    }).method;
    const sound = counted('sound').method;
    const plans = planCells('few-shot', {
      domains: [await domain('a')],
      methods: [broken, nan, sound],
      shots: [2],
      seeds: 1,
    });
    const { cells, failures } = await runGrid(plans, { store: store() });
    expect(cells.map(({ method }) => method)).toEqual(['sound']);
    expect(failures.map(({ message }) => message)).toEqual(['it broke', expect.stringContaining('no finite score')]);
    expect(await readdir(join(dir, 'cells'))).toHaveLength(1);
  });

  it('tells how far it is, and the time left from what was measured', async () => {
    let now = 0;
    const { method } = counted('slow');
    const slow: Method = {
      ...method,
      fit: async (data, options) => {
        now += 1000;
        return method.fit(data, options);
      },
    };
    const seen: [number, number | undefined][] = [];
    const plans = planCells('few-shot', { domains: [await domain('a')], methods: [slow], shots: [2], seeds: 3 });
    await runGrid(plans, {
      store: store(),
      clock: () => now,
      onProgress: ({ done, etaMs }) => seen.push([done, etaMs]),
    });
    expect(seen).toEqual([
      [0, undefined],
      [1, 2000],
      [1, 2000],
      [2, 1000],
      [2, 1000],
      [3, 0],
    ]);
  });

  it('gives the same from threads, and stops them when aborted', async () => {
    const folder = (await domain('a')).files.valid.path.replace('/valid.json', '');
    const size = {
      domains: [await openDomain(folder)],
      methods: [popularityMethod, matrixFactorisationMethod],
      shots: [4, 8],
      seeds: 2,
    };
    const plans = planCells('few-shot', size);
    const workers = new CellWorkers(2, {
      domains: [{ nameOrDir: folder, dataDir: undefined }],
      conventional: undefined,
    });
    const [here, there] = [
      await runGrid(plans, { store: store() }),
      await runGrid(plans, { store: new CellStore(join(dir, 'other')), workers }),
    ];
    expect(there.cells.map(({ scores }) => scores)).toEqual(here.cells.map(({ scores }) => scores));
    const controller = new AbortController();
    const running = runGrid(plans, {
      store: new CellStore(join(dir, 'third')),
      workers,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(await running).toMatchObject({ cancelled: true, cells: [], failures: [] });
    await workers.close();
  });

  it('reads the test rows after the fit alone, and hides their labels', async () => {
    const a = await domain('a');
    const events: string[] = [];
    const readTest = async () => {
      events.push('test read');
      return a.readTest();
    };
    const watched: Domain = { ...a, readTest };
    const { method } = counted('watched', {
      fit: async () => {
        events.push('fit');
        return {
          chosen: {},
          score: async (rows) => {
            expect(rows.some((row) => 'liked' in row)).toBe(false);
            return rows.map(() => 0);
          },
        };
      },
    });
    const [plan] = planCells('few-shot', { domains: [watched], methods: [method], shots: [2], seeds: 1 });
    await runGrid([plan!], { store: store() });
    expect(events).toEqual(['fit', 'test read']);
  });

  it('gives every method the same shots, and other seeds others; two domains give K each', async () => {
    const [a, b] = [await domain('a'), await domain('b', 9)];
    const plan = (changes: Partial<CellPlan>): CellPlan => ({
      method: popularityMethod,
      trainedOn: [a],
      testedOn: [a],
      shots: 4,
      seed: 0,
      validLimit: 5,
      ...changes,
    });
    expect(fitData(plan({}))).toEqual(fitData(plan({ method: historyShareMethod })));
    expect(fitData(plan({}))).not.toEqual(fitData(plan({ seed: 1 })));
    const both = fitData(plan({ trainedOn: [a, b] }));
    expect([both.train.length, both.valid.length]).toEqual([8, 10]);
    expect(new Set(both.train.map(({ user }) => user!.split('/')[0])).size).toBe(2);
  });

  it('estimates from cells that are done, and times a short piece of the others', async () => {
    const { method, fits } = counted('probed');
    const timed = counted('timed', { estimateMs: async (_, rows) => rows * 10 }).method;
    const plans = planCells('few-shot', {
      domains: [await domain('a')],
      methods: [method, timed],
      shots: [2],
      seeds: 2,
      testLimit: 4,
    });
    const before = await estimateGrid(plans, store());
    expect(before.map(({ done }) => done)).toEqual([false, false, false, false]);
    expect(before.filter(({ plan }) => plan.method === timed).map(({ ms }) => ms)).toEqual([40, 40]);
    expect(fits).toHaveLength(1);
    expect(await readdir(dir)).not.toContain('cells');
    await runGrid(plans, { store: store() });
    expect((await estimateGrid(plans, store())).every(({ done }) => done)).toBe(true);
  });
});
