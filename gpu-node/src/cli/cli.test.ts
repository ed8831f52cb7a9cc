import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blender, probabilityOf } from '@tallrec/shared/blend';
import { Random } from '@tallrec/shared/random';
import { type LabelledSample, toInstructionRow } from '@tallrec/shared/sample';
import { tuningReportSchema } from '@tallrec/shared/tuning';
import { adapterBlendSchema } from '@tallrec/shared/wire/adapters';
import { evaluationReportSchema } from '@tallrec/shared/wire/evaluations';
import type { Score } from '@tallrec/shared/wire/score';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeTinyModel } from '../tiny-model.ts';
import { finish, seen, startTallrec } from './cli-process.ts';

vi.setConfig({ testTimeout: 120_000 });

let dir: string;
const at = (...path: string[]) => join(dir, ...path);

const start = (...args: string[]) => startTallrec(dir, args);
const tallrec = (...args: string[]) => finish(start(...args));

function samples(count: number, seed: number): LabelledSample[] {
  const random = Random.seeded(seed);
  const film = () => ({ title: `Film ${random.integer(1, 40)}`, liked: random.uniform() < 0.5 });
  return Array.from({ length: count }, (_, i) => {
    const { liked, ...target } = film();
    return { user: `u${seed}-${i % 5}`, noun: 'movie', history: [film(), film(), film()], target, liked };
  });
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cli-'));
  const [train, valid] = [samples(24, 1), samples(16, 2)];
  await writeFile(at('train.json'), JSON.stringify(train.map(toInstructionRow)));
  await writeFile(at('valid.jsonl'), valid.map((sample) => JSON.stringify(sample)).join('\n'));
  await writeFile(
    at('instructions.json'),
    JSON.stringify([
      { instruction: 'Say yes.', input: '', output: 'yes' },
      { instruction: 'Say no.', output: 'no' },
    ]),
  );
  await writeTinyModel(at('tiny'), { corpus: train.flatMap((sample) => Object.values(toInstructionRow(sample))) });
});
afterAll(() => rm(dir, { recursive: true }));

const TUNE = [
  'tune',
  '--model',
  'tiny',
  '--train',
  'train.json',
  '--valid',
  'valid.jsonl',
  '--shots',
  '16',
  '--batch-size',
  '8',
];
const RECIPE = [
  '--learning-rate',
  '0.01',
  '--warmup',
  '2',
  '--evaluate-every',
  '4',
  '--checkpoint-every',
  '3',
  '--seed',
  '5',
];
const weights = (out: string) => readFile(at(out, 'adapter_model.safetensors'));

describe('how commands end', () => {
  test.each([
    [['--help'], 0, /Commands:/],
    [['tune', '--help'], 0, /--shots <k>/],
    [[], 2, /Commands:/],
    [['fly'], 2, /unknown command 'fly'/],
    [['models'], 2, /pull/],
    [['tune', '--model', 'tiny'], 2, /required option '--train <file>'/],
    [
      ['score', '--model', 'tiny', '--samples', 'valid.jsonl', '--template', 'other'],
      2,
      /Allowed choices are clean, tallrec/,
    ],
    [[...TUNE, '--out', 'x', '--shots', 'many'], 2, /--shots <k>.*'many' is invalid/],
    [[...TUNE, '--out', 'x', '--lora-modules', 'q_proj,lm_head'], 2, /"lm_head" is none of/],
    [['evaluate', '--model', 'tiny', '--samples', 'nowhere.json'], 1, /nowhere\.json cannot be read\. Check the path/],
    [['evaluate', '--model', 'unknown', '--samples', 'valid.jsonl'], 1, /no model "unknown".*models pull/s],
    [['samples', '--from', 'nowhere.csv', '--out', 'x'], 1, /nowhere\.csv cannot be read/],
    [
      ['score', '--model', 'tiny', '--samples', 'valid.jsonl', '--out', 'no/such/place.jsonl'],
      1,
      /place\.jsonl.* no such file or directory\. Check the path/,
    ],
    [
      ['evaluate', '--model', 'tiny', '--adapter', 'home', '--samples', 'valid.jsonl'],
      1,
      /adapter_config\.json is missing/,
    ],
  ])('%j: %i', async (args, code, words) => {
    const ended = await tallrec(...(args as string[]));
    expect(ended.code).toBe(code);
    expect(ended.stdout + ended.stderr).toMatch(words as RegExp);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  });

  test('with --json a failure is one JSON document too', async () => {
    const { code, stdout } = await tallrec('evaluate', '--model', 'unknown', '--samples', 'valid.jsonl', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({ error: { code: 'NOT_FOUND', message: expect.stringContaining('unknown') } });
  });
});

describe('tune, score, rank, evaluate', () => {
  test('one adapter from end to end', async () => {
    await writeFile(at('items.csv'), 'title,likes,ratings\nFilm 1,30,40\n');
    const given = ['--items', 'items.csv', '--max-steps', '8'];
    const tuned = await tallrec(...TUNE, ...RECIPE, ...given, '--out', 'whole', '--json');
    expect(tuned.stderr).toMatch(/Step 8: validation AUC/);
    expect(tuned.code).toBe(0);
    const report = tuningReportSchema.parse(JSON.parse(tuned.stdout));
    expect(report).toMatchObject({
      steps: 8,
      trainSamples: 16,
      validSamples: 16,
      stopReason: 'max-steps',
      provider: 'cpu',
      model: { name: 'tiny' },
    });
    expect(JSON.parse(await readFile(at('whole', 'report.json'), 'utf8'))).toEqual(report);
    expect((await readdir(at('whole'))).sort()).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
      'blend.json',
      'report.json',
    ]);

    const scored = await tallrec(
      'score',
      '--model',
      'tiny',
      '--adapter',
      'whole',
      '--samples',
      'valid.jsonl',
      '--out',
      'scores.jsonl',
      '--json',
    );
    expect(scored.code).toBe(0);
    const lines = (await readFile(at('scores.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(16);
    expect(JSON.parse(scored.stdout)).toMatchObject({ n: 16, adapter: report.adapter.contentHash });

    const evaluated = await tallrec(
      'evaluate',
      '--model',
      'tiny',
      '--adapter',
      'whole',
      '--samples',
      'valid.jsonl',
      '--train',
      'train.json',
      '--predictions',
      'predictions.jsonl',
      '--json',
    );
    const evaluation = JSON.parse(evaluated.stdout);
    evaluationReportSchema.parse(evaluation);
    expect(evaluation).toMatchObject({
      n: 16,
      users: expect.any(Number),
      usersInferred: false,
      auc: report.bestValidAuc,
      blendAuc: expect.any(Number),
      precision: 'f32',
    });
    const predictions = (await readFile(at('predictions.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(predictions.map(({ yesLogit }) => yesLogit)).toEqual(lines.map(({ yesLogit }) => yesLogit));

    const again = await tallrec(
      ...['score', '--model', 'tiny', '--adapter', 'whole', '--samples', 'valid.jsonl', '--blend', '--json'],
    );
    const blendFile = adapterBlendSchema.parse(JSON.parse(await readFile(at('whole', 'blend.json'), 'utf8')));
    expect(blendFile).toMatchObject({ adapter: report.adapter.contentHash, samples: 16 });
    const blended = blender(blendFile);
    expect(blendFile.users).toBeGreaterThan(0);
    expect(blendFile.facts).toMatchObject({ likes: 30, ratings: 40 });
    JSON.parse(again.stdout).scores.forEach((score: Score, i: number) => {
      expect(score.yesLogit).toBeCloseTo(lines[i].yesLogit, 5);
      const { rank, logOdds } = blended(samples(16, 2)[i]!, score);
      expect(score.blendScore).toBeCloseTo(probabilityOf(logOdds), 9);
      expect(score.blendRank).toBeCloseTo(rank, 9);
      expect(lines[i].blendRank).toBeCloseTo(rank, 4);
    });

    await writeFile(at('newer.csv'), 'title,mean,count,year\nFilm 41,0.1,90,1995\n');
    const items = ['--items', 'newer.csv'];
    const newer = await tallrec(
      ...['score', '--model', 'tiny', '--adapter', 'whole', '--samples', 'valid.jsonl', ...items, '--json'],
    );
    expect(newer.stderr).toContain('newer.csv: These columns are not used: year.');
    const renewed = blender({ ...blendFile, facts: { likes: 9, ratings: 90, items: [['Film 41\u0000', 9, 90]] } });
    JSON.parse(newer.stdout).scores.forEach((score: Score, i: number) => {
      expect(score.blendRank).toBeCloseTo(renewed(samples(16, 2)[i]!, score).rank, 9);
    });
    const without = await tallrec('score', '--model', 'tiny', '--samples', 'valid.jsonl', ...items);
    expect(without).toMatchObject({ code: 1, stderr: expect.stringMatching(/--items goes with an adapter/) });

    const { history, target } = samples(16, 2)[0]!;
    await writeFile(at('request.json'), JSON.stringify({ history, candidates: [{ title: 'Film 41' }, target] }));
    const ranked = JSON.parse(
      (await tallrec('rank', '--model', 'tiny', '--adapter', 'whole', '--request', 'request.json', '--json')).stdout,
    );
    const own = ranked.ranking.find((entry: { index: number }) => entry.index === 1);
    expect(own.yesLogit).toBeCloseTo(lines[0].yesLogit, 4);
    const [first, second] = ranked.ranking;
    expect(first.blendRank).toBeGreaterThanOrEqual(second.blendRank);
    expect(first.blendScore).toBeGreaterThanOrEqual(second.blendScore);
    const plain = await tallrec(
      ...[
        'rank',
        '--model',
        'tiny',
        '--adapter',
        'whole',
        '--request',
        'request.json',
        '--order-by',
        'score',
        '--json',
      ],
    );
    const scores = JSON.parse(plain.stdout).ranking.map(({ score }: Score) => score);
    expect(scores[0]).toBeGreaterThanOrEqual(scores[1]);

    await writeFile(at('whole', 'blend.json'), JSON.stringify({ ...blendFile, adapter: 'ab'.repeat(32) }));
    const foreign = await tallrec('evaluate', '--model', 'tiny', '--adapter', 'whole', '--samples', 'valid.jsonl');
    expect(foreign).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/blend\.json was fit with another adapter/),
    });
    const { facts: _, ...unweighed } = { ...blendFile, rank: { logit: 1, fans: 0, itemMean: 0 } };
    await writeFile(at('whole', 'blend.json'), JSON.stringify(unweighed));
    const refused = await tallrec(
      'evaluate',
      '--model',
      'tiny',
      '--adapter',
      'whole',
      '--samples',
      'valid.jsonl',
      ...items,
    );
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/fit without facts about items/) });
    await rm(at('whole', 'blend.json'));
    const none = await tallrec(
      ...['rank', '--model', 'tiny', '--adapter', 'whole', '--request', 'request.json', '--order-by', 'blend'],
    );
    expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/has no blend\.json\. Tune with --valid/) });
  });

  test('a tuning that is killed and resumed gives the same bytes, and then is over', async () => {
    await tallrec(...TUNE, ...RECIPE, '--max-steps', '14', '--out', 'unbroken');
    const first = start(...TUNE, ...RECIPE, '--max-steps', '14', '--out', 'broken');
    await seen(first, /Step 4: validation/);
    first.kill('SIGKILL');
    await once(first, 'close');
    expect(await readdir(at('broken'))).toEqual(['checkpoints']);
    const resumed = await tallrec(...TUNE, ...RECIPE, '--max-steps', '14', '--out', 'broken', '--resume');
    expect(resumed.stderr).toMatch(/Going on at step [1-9]/);
    expect(await weights('broken')).toEqual(await weights('unbroken'));
    const again = await tallrec(...TUNE, ...RECIPE, '--max-steps', '14', '--out', 'broken', '--resume');
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing to resume') });
  });

  test('Ctrl-C keeps the best so far', async () => {
    const child = start(...TUNE, ...RECIPE, '--epochs', '5000', '--patience', '5000', '--out', 'stopped', '--json');
    const ended = finish(child);
    await seen(child, /Step 4: validation/);
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(tuningReportSchema.parse(JSON.parse(stdout)).stopReason).toBe('cancelled');
    expect((await weights('stopped')).length).toBeGreaterThan(1000);
    expect(await readdir(at('stopped', 'checkpoints'))).toHaveLength(1);
  });

  test('the first stage, and the second from its adapter', async () => {
    const recipe = ['--max-steps', '3', '--learning-rate', '0.01', '--warmup', '0', '--model', 'tiny'];
    const first = await tallrec(
      'tune',
      '--stage',
      'alpaca',
      '--train',
      'instructions.json',
      ...recipe,
      '--out',
      'first',
      '--json',
    );
    expect(JSON.parse(first.stdout)).toMatchObject({ stage: 'alpaca', trainSamples: 2, bestValidAuc: null });
    const second = await tallrec(
      'tune',
      '--train',
      'train.json',
      '--init',
      'first',
      ...recipe,
      '--out',
      'second',
      '--json',
    );
    expect(JSON.parse(second.stdout)).toMatchObject({ stage: 'rec', steps: 3 });
    expect(await weights('second')).not.toEqual(await weights('first'));
  });

  test('little memory makes micro-batches small and the outcome is the same; too little is refused, with what would fit', async () => {
    const aucAfter = async (out: string, ...options: string[]) => {
      const tuned = await tallrec(...TUNE, ...RECIPE, '--max-steps', '2', '--out', out, '--json', ...options);
      return { auc: JSON.parse(tuned.stdout).bestValidAuc, stderr: tuned.stderr };
    };
    const planned = await tallrec(
      'doctor',
      '--plan',
      '--model',
      'tiny',
      '--micro-batch',
      '1',
      '--vram',
      '1MB',
      '--provider',
      'cpu',
      '--json',
    );
    const least = `${Math.ceil(JSON.parse(planned.stdout).plan.totalBytes / 1e6) + 1}MB`;
    const [plain, tight] = [await aucAfter('roomy'), await aucAfter('tight', '--vram', least)];
    expect(plain.stderr).toMatch(/Memory: 0\.\d GB planned of [\d.]+ GB\./);
    expect(tight.stderr).toMatch(/planned of 0\.\d GB; each layer is computed again/);
    expect(tight.auc).toBeCloseTo(plain.auc, 5);

    const refused = await tallrec(...TUNE, '--out', 'refused', '--vram', '1MB');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /A tuning takes 0\.\d GB of memory at least, and there are 0\.0 GB .*take a smaller model/,
    );
  });

  test('weights of eight bits are converted once and give nearly the same scores', async () => {
    const scores = async (...options: string[]) => {
      const { stdout } = await tallrec('score', '--model', 'tiny', '--samples', 'valid.jsonl', '--json', ...options);
      return JSON.parse(stdout);
    };
    const [stored, int8] = [await scores(), await scores('--weights', 'int8')];
    expect(int8.precision).toBe('f32 from int8 weights');
    int8.scores.forEach(({ score }: { score: number }, i: number) => {
      expect(Math.abs(score - stored.scores[i].score)).toBeLessThan(0.02);
      expect(score).not.toBe(stored.scores[i].score);
    });
    // The model's, and the reference case's, by which it was proven.
    const files = await readdir(at('home', 'cache', 'weights'));
    expect(files).toHaveLength(2);
    for (const file of files) expect(file).toMatch(/^[0-9a-f]{64}-int8-v2\.safe/);
  });

  test('float16 is refused on a provider that has nothing of it', async () => {
    const { code, stderr } = await tallrec(...TUNE, '--out', 'f16', '--compute', 'f16');
    expect(code).toBe(1);
    expect(stderr).toMatch(/cpu provider computes no faster in f16.*Leave out --compute f16/);
  });

  test('what one step without a rate leaves is refused as empty', async () => {
    const { code, stderr } = await tallrec(
      'tune',
      '--model',
      'tiny',
      '--train',
      'train.json',
      '--max-steps',
      '1',
      '--out',
      'empty',
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/empty: every B is zero/);
  });
});

describe('samples, models', () => {
  test('samples come from ratings in the split of the paper', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `u${i % 2},${i},Film ${i},${1 + (i % 5)},${i}`);
    await writeFile(at('ratings.csv'), ['user,item,title,rating,time', ...rows].join('\n'));
    const made = await tallrec('samples', '--from', 'ratings.csv', '--out', 'made', '--json');
    expect(JSON.parse(made.stdout)).toMatchObject({
      interactions: 60,
      train: { samples: 32 },
      valid: { samples: 4 },
      test: { samples: 4 },
    });
    const first = JSON.parse((await readFile(at('made', 'train.jsonl'), 'utf8')).split('\n')[0]!);
    expect(first).toMatchObject({ user: 'u0', target: { title: 'Film 20', id: '20' }, liked: false });
    expect((await tallrec('samples', '--from', 'ratings.csv', '--out', 'made', '--history', '100')).code).toBe(1);
  });

  test('a model is imported and then known by its name', async () => {
    expect((await tallrec('models', 'import', 'tiny', '--name', 'small')).code).toBe(0);
    const { models } = JSON.parse((await tallrec('models', 'list', '--json')).stdout);
    expect(models).toMatchObject([{ name: 'small', layers: 4 }]);
    expect(
      (await tallrec('score', '--model', 'small', '--samples', 'valid.jsonl')).stdout.trim().split('\n'),
    ).toHaveLength(16);
  });
});

test.each([
  ['tune', '--learning-rate', '1e6', /argument '1e6' is invalid\. .*<=1/],
  ['tune', '--lora-rank', '1000', /argument '1000' is invalid\. .*<=256/],
  ['tune', '--lora-dropout', '1', /argument '1' is invalid\. .*<=0\.9/],
  ['tune', '--shots', '1e9', /argument '1e9' is invalid\. /],
  ['tune', '--seed', '1e12', /argument '1e12' is invalid\. /],
  ['tune', '--patience', 'x', /argument 'x' is invalid\. .*expected number/],
  ['experiment cross-domain', '--learning-rate', '1e6', /argument '1e6' is invalid\. .*<=1/],
  ['experiment cross-domain', '--shots', '16,1e9', /argument '16,1e9' is invalid\. /],
  ['samples', '--history', '1e6', /argument '1e6' is invalid\. /],
  ['doctor', '--seq', '1e6', /argument '1e6' is invalid\. .*<=8192/],
  ['dev', '--port', '65536', /argument '65536' is invalid\. .*<=65535/],
  ['dev', '--port', 'eighty', /argument 'eighty' is invalid\. /],
])('%s %s %s is refused as a usage, with what it may be', async (command, option, value, words) => {
  const { code, stderr } = await tallrec(...command.split(' '), option, value);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(words) });
  expect(stderr).not.toMatch(/^\s+at |"code"/m);
});
