// `tallrec experiment` as a process.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auc, historyShare } from '@tallrec/shared/metrics';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readLabelledSamples } from '../data/read-rows.ts';
import { type Results, resultsSchema } from '../experiments/results.ts';
import { referenceData } from '../reference-data.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { finish, startTallrec } from './cli-process.ts';

vi.setConfig({ testTimeout: 120_000 });

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'experiment-'));
  for (const [name, seed] of [
    ['films', 1],
    ['books', 5],
  ] as const) {
    await mkdir(join(dir, name));
    const parts = { train: samples(40, seed), valid: samples(20, seed + 1), test: samples(30, seed + 2) };
    for (const [part, rows] of Object.entries(parts))
      await writeFile(join(dir, name, `${part}.json`), JSON.stringify(rows));
  }
});
afterAll(() => rm(dir, { recursive: true }));

function samples(count: number, seed: number): LabelledSample[] {
  const random = Random.seeded(seed);
  const film = () => ({ title: `Film ${random.integer(1, 15)}`, liked: random.uniform() < 0.5 });
  return Array.from({ length: count }, (_, index) => {
    const { liked, ...target } = film();
    return { user: `u${index % 12}`, noun: 'movie', history: [film(), film(), film()], target, liked };
  });
}

const start = (...args: string[]) => startTallrec(dir, ['experiment', ...args], { OPENAI_API_KEY: '' });
const experiment = (...args: string[]) => finish(start(...args));

describe('experiment', () => {
  it('lists the methods', async () => {
    const { code, stdout } = await experiment('methods', '--json');
    expect(code).toBe(0);
    const { methods } = JSON.parse(stdout) as { methods: { name: string; title: string; kind: string }[] };
    const asked = 'gru4rec caser sasrec dros gru-bert dros-bert in-context at rt tallrec history-share popularity';
    expect(methods.map(({ name }) => name)).toEqual(expect.arrayContaining(asked.split(' ')));
    expect(methods.find(({ name }) => name === 'dros')).toEqual({ name: 'dros', title: 'DROS', kind: 'conventional' });
  });

  it('runs a grid into three files, and no cell twice', async () => {
    const args = [
      'few-shot',
      '--domain',
      'films,books',
      '--shots',
      '8,16',
      '--seeds',
      '2',
      '--methods',
      'control',
      '--out',
      'grid',
      '--json',
    ];
    const dry = await experiment(...args, '--dry-run');
    expect(JSON.parse(dry.stdout)).toMatchObject({ left: 2 * (1 + 5 * 2 * 2), estimateMs: expect.any(Number) });
    expect(await readdir(dir)).not.toContain('grid');

    const first = await experiment(...args);
    expect(first.code, first.stderr).toBe(0);
    const results: Results = resultsSchema.parse(JSON.parse(first.stdout));
    expect(results).toEqual(JSON.parse(await readFile(join(dir, 'grid', 'results.json'), 'utf8')));
    expect(results).toMatchObject({ complete: true, failures: [] });
    const rule = results.rows.find(({ method, testedOn }) => method === 'history-share' && testedOn === 'films')!;
    const test = await readLabelledSamples(join(dir, 'films', 'test.json'));
    expect(rule.auc).toBe(auc(test.map((sample) => ({ score: historyShare(sample), liked: sample.liked }))));
    expect(await readFile(join(dir, 'grid', 'results.md'), 'utf8')).toContain('| Share of history liked');
    expect(await readFile(join(dir, 'grid', 'results.html'), 'utf8')).toContain('<svg');

    const again = await experiment(...args, '--dry-run');
    expect(JSON.parse(again.stdout)).toMatchObject({ left: 0, estimateMs: 0 });
    const second = JSON.parse((await experiment(...args)).stdout) as Results;
    expect(second).toEqual(results);
  });

  it('keeps cells by the provider that ran, whoever chose it', async () => {
    await writeTinyModel(join(dir, 'tiny'), {
      corpus: ['User Preference: Yes. No. Film movie like target Whether the will'],
    });
    const grid = ['few-shot', '--domain', 'films', '--shots', '8', '--seeds', '1', '--methods', 'in-context'];
    const args = [...grid, '--model', join(dir, 'tiny'), '--out', 'provided', '--json'];
    const results: Results = resultsSchema.parse(JSON.parse((await experiment(...args, '--provider', 'auto')).stdout));
    const { provider, ...formats } = results.model!.computing;
    expect(formats).toEqual({ weights: 'as stored', compute: 'f32' });
    expect(provider).toMatch(/^(cpu|webgpu|cuda)$/);
    const named = await experiment(...args, '--provider', provider!, '--dry-run');
    expect(JSON.parse(named.stdout)).toMatchObject({ left: 0 });
  });

  it('stops at Ctrl-C with what is done', async () => {
    const args = [
      'few-shot',
      '--domain',
      'films',
      '--shots',
      '16,32',
      '--seeds',
      '40',
      '--methods',
      'matrix-factorisation',
      '--out',
      'stopped',
    ];
    const child = start(...args);
    const ended = finish(child);
    await vi.waitFor(
      async () => expect((await readdir(join(dir, 'stopped', 'cache', 'cells'))).length).toBeGreaterThan(2),
      {
        timeout: 60_000,
        interval: 20,
      },
    );
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/Stopped: \d+ of 80 cells are done\. The same command goes on from here\./);
    const partly = resultsSchema.parse(JSON.parse(await readFile(join(dir, 'stopped', 'results.json'), 'utf8')));
    expect(partly.complete).toBe(false);
    const cells = await readdir(join(dir, 'stopped', 'cache', 'cells'));
    expect(cells).toHaveLength(partly.cells.length);
    expect(cells.every((name) => /^[0-9a-f]{64}\.json$/.test(name))).toBe(true);
  });

  it.each([
    ['a method that there is not', ['--methods', 'bert4rec'], /There is no method "bert4rec"/],
    ['a method without its model', ['--methods', 'tallrec'], /tallrec needs a language model and instruction data/],
    ['a remote model without a key', ['--methods', 'in-context-remote', '--remote-model', 'gpt'], /OPENAI_API_KEY/],
    ['data that is not there', ['--domain', 'music'], /has no valid\.json or \.jsonl/],
    ['one domain twice', ['--domain', 'films,films'], /Two domains have the name films/],
  ])('names %s', async (_, args, message) => {
    const { code, stderr } = await experiment(
      'few-shot',
      '--domain',
      'films',
      '--methods',
      'control',
      '--out',
      'none',
      ...args,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

const published = referenceData('data', 'tallrec');
it.skipIf(!published)("finds the rule's AUC on the published movie test (needs the published samples)", async () => {
  const { stdout } = await experiment(
    'few-shot',
    '--data',
    published!,
    '--methods',
    'history-share',
    '--out',
    'rule',
    '--json',
  );
  const [row] = (JSON.parse(stdout) as Results).rows;
  expect(row).toMatchObject({ n: 1000, users: 16 });
  expect(row!.auc).toBeCloseTo(0.726, 4);
});
