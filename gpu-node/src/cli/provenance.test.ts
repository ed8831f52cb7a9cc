import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeTinyModel } from '../tiny-model.ts';
import { finish, startTallrec } from './cli-process.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let dir: string;
const at = (...path: string[]) => join(dir, ...path);
const tallrec = (...args: string[]) => finish(startTallrec(dir, args));

const samples = ['Heat', 'Ran', 'Big', 'Up'].map((title, i) => ({
  user: 'u',
  history: [{ title: 'Old', liked: i < 2 }],
  target: { title },
  liked: i % 2 === 0,
}));
const TUNE = [
  'tune',
  '--provider',
  'cpu',
  '--train',
  's.jsonl',
  '--max-steps',
  '2',
  '--warmup',
  '0',
  '--learning-rate',
  '0.01',
];
const USE = ['--samples', 's.jsonl', '--provider', 'cpu', '--json'];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'provenance-'));
  await writeFile(at('s.jsonl'), samples.map((sample) => JSON.stringify(sample)).join('\n'));
  await writeFile(at('request.json'), JSON.stringify({ history: [], candidates: [{ title: 'Heat' }] }));
  await writeTinyModel(at('tiny'), { corpus: ['Heat Ran Big Up Old yes no'] });
  await cp(at('tiny'), at('other'), { recursive: true });
  await writeFile(at('other', 'config.json'), `${await readFile(at('tiny', 'config.json'), 'utf8')}\n`);
  expect((await tallrec(...TUNE, '--model', 'tiny', '--template', 'tallrec', '--out', 'a')).code).toBe(0);
});
afterAll(() => rm(dir, { recursive: true }));

describe('the template of an adapter', () => {
  test('is taken where none is named, and another one is used with a warning', async () => {
    const own = await tallrec('score', '--model', 'tiny', '--adapter', 'a', ...USE);
    expect(JSON.parse(own.stdout)).toMatchObject({ template: 'tallrec' });
    expect(own.stderr).not.toMatch(/tuned with the template/);
    const same = await tallrec('score', '--model', 'tiny', '--adapter', 'a', '--template', 'tallrec', ...USE);
    expect(JSON.parse(same.stdout).scores).toEqual(JSON.parse(own.stdout).scores);
    const clean = await tallrec('evaluate', '--model', 'tiny', '--adapter', 'a', '--template', 'clean', ...USE);
    expect(JSON.parse(clean.stdout)).toMatchObject({ template: 'clean' });
    expect(clean.stderr).toMatch(/warning: the adapter was tuned with the template tallrec, and clean is used/);
    const base = await tallrec('score', '--model', 'tiny', ...USE);
    expect(JSON.parse(base.stdout)).toMatchObject({ template: 'clean' });
  });

  test('is that of a tuning from it', async () => {
    const next = await tallrec(...TUNE, '--model', 'tiny', '--init', 'a', '--out', 'next', '--json');
    expect(JSON.parse(next.stdout)).toMatchObject({ settings: { template: 'tallrec' } });
  });
});

describe('an adapter of another checkpoint', () => {
  const ON_OTHER = /was tuned on tiny \([0-9a-f]{12}…\), and the model other is another checkpoint \(.*--force/;

  test.each([
    ['score', USE],
    ['evaluate', USE],
    ['rank', ['--request', 'request.json', '--provider', 'cpu', '--json']],
  ])('is refused by %s unless it is forced', async (command, rest) => {
    const use = [command, '--model', 'other', '--adapter', 'a', ...rest];
    const refused = await tallrec(...use);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'ADAPTER_INVALID' } });
    expect(refused.stderr).toMatch(ON_OTHER);
    const forced = await tallrec(...use, '--force');
    expect(forced.code).toBe(0);
    expect(forced.stderr).toMatch(/warning: the adapter a was tuned on another checkpoint \(tiny\)/);
    expect(JSON.parse(forced.stdout)).toMatchObject({ model: 'other' });
  });

  test('is no start of a tuning; and a report of another adapter tells nothing', async () => {
    const refused = await tallrec(...TUNE, '--model', 'other', '--init', 'a', '--out', 'never');
    expect(refused.stderr).toMatch(ON_OTHER);
    await cp(at('next'), at('mixed'), { recursive: true });
    await cp(at('a', 'report.json'), at('mixed', 'report.json'));
    await rm(at('mixed', 'blend.json'), { force: true });
    const mixed = await tallrec('score', '--model', 'other', '--adapter', 'mixed', ...USE);
    expect(mixed.code).toBe(0);
    expect(mixed.stderr).toMatch(/report\.json is of another adapter/);
    expect(JSON.parse(mixed.stdout)).toMatchObject({ template: 'clean' });
  });
});
