import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { type TuningEvent, tuningSettingsSchema } from '@tallrec/shared/tuning';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { LoraAdapter } from '../llama/lora.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import { ToyLanguageModel, toyTokenizer } from '../llama/toy-language-model.ts';
import { localCheckpoint } from './checkpoint.ts';
import { drawShots, type TuneOptions, type TuneOutcome, tune } from './tune.ts';

vi.setConfig({ testTimeout: 60_000 });

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tune-'));
});
afterAll(() => rm(dir, { recursive: true }));

/** Users who like what is called Zzz… and dislike what is called Qqq…: a bag of characters can learn that. */
function samples(count: number, seed: number): LabelledSample[] {
  const random = Random.seeded(seed);
  return Array.from({ length: count }, (_, i) => {
    const liked = random.uniform() < 0.5;
    const title = (liked ? 'Z' : 'Q').repeat(random.integer(6, 14));
    return { noun: 'movie', history: [{ title: `Film ${i}`, liked: true }], target: { title }, liked };
  });
}

/** Of four users, in turns. */
const named = (all: LabelledSample[]) => all.map((sample, index) => ({ ...sample, user: `${index % 4}` }));

const settings = (changes: object = {}, hyperParameters: object = {}) =>
  tuningSettingsSchema.parse({
    seed: 7,
    ...changes,
    hyperParameters: { learningRate: 0.05, warmupSteps: 2, batchSize: 8, epochs: 8, loraRank: 2, ...hyperParameters },
  });

function options(changes: Partial<TuneOptions> = {}): TuneOptions {
  let now = 0;
  return {
    model: new ToyLanguageModel(),
    tokenizer: toyTokenizer,
    modelContentHash: 'toy',
    provider: 'cpu',
    precision: 'f64',
    settings: settings(),
    data: { stage: 'rec', train: samples(20, 1), valid: samples(40, 2) },
    clock: () => now++,
    ...changes,
  };
}

async function run(
  given: TuneOptions,
  onEvent: (event: TuningEvent) => void = () => {},
): Promise<TuneOutcome & { events: TuningEvent[] }> {
  const events: TuningEvent[] = [];
  const generator = tune(given);
  while (true) {
    const next = await generator.next();
    if (next.done) return { ...next.value, events };
    events.push(next.value);
    onEvent(next.value);
  }
}

const bytes = ({ tensors }: LoraAdapter) =>
  [...tensors].map(([name, { data }]) => [name, Buffer.from(data.buffer).toString('hex')]);

describe('tune', () => {
  test('learns, reports each step, and keeps the adapter that was best in validation', async () => {
    const { report, events, adapter } = await run(options({ settings: settings({}, { evaluateEverySteps: 3 }) }));
    const steps = events.filter((event) => event.type === 'step');
    expect(steps.map((event) => event.step)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss * 0.7);
    expect(steps.map((event) => event.learningRate).slice(0, 3)).toEqual([0, 0.025, 0.05]);
    expect(steps.at(-1)!.epoch).toBe(8);
    expect(report).toMatchObject({ stopReason: 'finished', steps: 24, trainSamples: 20, validSamples: 40 });
    const evaluated = events.filter((event) => event.type === 'evaluated');
    const best = Math.max(...evaluated.map((event) => event.validAuc!));
    expect(report.bestValidAuc).toBe(best);
    expect(report.bestStep).toBe(evaluated.find((event) => event.validAuc === best)!.step);
    expect(best).toBeGreaterThan(0.9);
    expect([...adapter.tensors.values()].some(({ data }) => data.some((value) => value !== 0))).toBe(true);
  });

  test('tells the AUC of the rule on the validation samples, and none where there is nothing to order', async () => {
    // Of four films those were liked that come before this one.
    const likes = [0, 2, 1, 3, 4, 1];
    const valid = samples(6, 2).map((sample, at) => ({
      ...sample,
      liked: at >= 3,
      history: Array.from({ length: 4 }, (_, i) => ({ title: `Film ${i}`, liked: i < likes[at]! })),
    }));
    const given = (rows: typeof valid) => options({ data: { stage: 'rec', train: samples(20, 1), valid: rows } });
    const { events, report } = await run(given(valid));
    // Of the nine pairs of a liked and a disliked one, seven are in order and one is tied.
    const expected = 7.5 / 9;
    expect(events[0]).toMatchObject({ type: 'started', validRuleAuc: expected });
    expect(report.validRuleAuc).toBe(expected);
    const liked = await run(given(valid.map((sample) => ({ ...sample, liked: true }))));
    expect(liked.events[0]).toMatchObject({ validRuleAuc: null });
  });

  test('says how many of the validation rows are learned from', async () => {
    const notes = async (data: TuneOptions['data'], stage = data.stage) => {
      const { events } = await run(options({ data, settings: settings({ stage }) }));
      return events.flatMap((event) => (event.type === 'note' ? event.message : []));
    };
    const [train, others] = [samples(20, 1), samples(6, 2).map((sample) => ({ ...sample, noun: 'book' }))];
    const named = train.slice(0, 3).map((sample) => ({ ...sample, user: 'somebody' }));
    expect(await notes({ stage: 'rec', train, valid: others })).toEqual([]);
    expect(await notes({ stage: 'rec', train, valid: [...named, ...others] })).toEqual([
      expect.stringMatching(/^3 of the 9 validation rows stand among the training rows, too: /),
    ]);
    const instructions = samples(12, 1).map(({ target }) => ({ instruction: target.title, input: '', output: 'A' }));
    expect(await notes({ stage: 'alpaca', train: instructions, valid: instructions })).toEqual([
      expect.stringMatching(/^12 of the 12 validation rows /),
    ]);
  });

  test('stops at the first loss that is no number, and names whose fault it is', async () => {
    const lossless = new ToyLanguageModel();
    lossless.lossAndGradients = async (_, { tensors }) => ({
      loss: Number.NaN,
      gradients: new Map([...tensors].map(([name, { data }]) => [name, new Float32Array(data.length)])),
    });
    const withoutGradient = new ToyLanguageModel();
    withoutGradient.lossAndGradients = async (_, { tensors }) => ({
      loss: 1,
      gradients: new Map([...tensors].map(([name, { data }]) => [name, new Float32Array(data.length).fill(Infinity)])),
    });
    const data = { stage: 'rec' as const, train: samples(20, 1), valid: [] };
    const failing = (model: ToyLanguageModel, valid = data.valid) => run(options({ model, data: { ...data, valid } }));
    await expect(failing(lossless)).rejects.toThrow(
      /^The loss is no longer a finite number at step 1\..*learning rate/,
    );
    await expect(failing(withoutGradient)).rejects.toThrow(/^The gradient is no longer a finite number at step 1\./);

    const broken = new ToyLanguageModel();
    broken.lossAndGradients = lossless.lossAndGradients;
    broken.loss = async () => ({ nllSum: Number.NaN, labelled: 1 });
    await expect(failing(broken)).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(/^The base model itself, without an adapter, gives no finite loss\. .*checkpoint/),
    });
  });

  test('stops where the validation loss is no number', async () => {
    const model = new ToyLanguageModel();
    model.loss = async () => ({ nllSum: Number.POSITIVE_INFINITY, labelled: 1 });
    const rows = samples(12, 1).map(({ target }) => ({ instruction: target.title, input: '', output: 'A' }));
    const data = { stage: 'alpaca' as const, train: rows, valid: rows };
    await expect(run(options({ model, data, settings: settings({ stage: 'alpaca' }) }))).rejects.toThrow(
      /^The validation loss is no longer a finite number at step /,
    );
  });

  test('one seed gives one adapter; another gives another', async () => {
    const [a, b, c] = [
      await run(options()),
      await run(options()),
      await run(options({ settings: settings({ seed: 8 }) })),
    ];
    expect(bytes(a.adapter)).toEqual(bytes(b.adapter));
    expect(bytes(a.adapter)).not.toEqual(bytes(c.adapter));
  });

  test('the micro-batch size changes nothing that is learned', async () => {
    const [model, wide] = [new ToyLanguageModel(), new ToyLanguageModel()];
    const without = { loraDropout: 0 };
    const small = await run(options({ model, settings: settings({}, { ...without, microBatchTokens: 1 }) }));
    const large = await run(
      options({ model: wide, settings: settings({}, { ...without, microBatchTokens: 1_000_000 }) }),
    );
    expect(Math.max(...model.batchSizes)).toBe(1);
    expect(Math.max(...wide.batchSizes)).toBeGreaterThan(7);
    for (const [name, { data }] of small.adapter.tensors) {
      const other = large.adapter.tensors.get(name)!.data;
      data.forEach((value, i) => {
        expect(value).toBeCloseTo(other[i]!, 4);
      });
    }
  });

  test.each([0, 2])(
    'a run that is cut at any step and resumed ends bit for bit alike (pairs: %d)',
    async (lossPairs) => {
      const data: TuneOptions['data'] = { stage: 'rec', train: named(samples(20, 1)), valid: named(samples(40, 2)) };
      const given = () => options({ data, settings: settings({}, { evaluateEverySteps: 4, maxSteps: 10, lossPairs }) });
      const whole = await run({ ...given(), checkpointDir: join(dir, `whole-${lossPairs}`) });
      expect(whole.report.stopReason).toBe('max-steps');
      expect(whole.blend).not.toBeNull();
      for (let cut = 0; cut <= 9; cut++) {
        const checkpointDir = join(dir, `cut-${lossPairs}-${cut}`);
        const abort = new AbortController();
        const first = await run({ ...given(), checkpointDir, signal: abort.signal }, (event) => {
          if (event.type === (cut === 0 ? 'started' : 'step') && event.step === cut) abort.abort();
        });
        expect(first.report).toMatchObject({ stopReason: 'cancelled', steps: cut });
        const second = await run({ ...given(), checkpointDir, resume: true });
        expect(second.events[0]).toMatchObject({ type: 'started', step: cut });
        expect(bytes(second.adapter)).toEqual(bytes(whole.adapter));
        expect(second.report.bestStep).toBe(whole.report.bestStep);
        expect(second.blend).toEqual(whole.blend);
        expect(second.report.events.filter((event) => event.type === 'evaluated')).toEqual(
          whole.report.events.filter((event) => event.type === 'evaluated'),
        );
      }
    },
  );

  test('pairs within users are learned from, and the best is what tells a user’s own targets apart', async () => {
    const data: TuneOptions['data'] = { stage: 'rec', train: named(samples(20, 1)), valid: named(samples(40, 2)) };
    const hyperParameters = { evaluateEverySteps: 1, maxSteps: 6, patience: 100 };
    const plain = await run(options({ data, settings: settings({}, hyperParameters) }));
    const paired = await run(options({ data, settings: settings({}, { ...hyperParameters, lossPairs: 2 }) }));
    expect(bytes(paired.adapter)).not.toEqual(bytes(plain.adapter));
    const first = (events: TuningEvent[]) => events.find((event) => event.type === 'step')!.loss;
    // Three log 2 in place of one, where nothing is told apart yet.
    expect(first(paired.events) - first(plain.events)).toBeGreaterThan(1);
    const judged = paired.events.filter((event) => event.type === 'evaluated');
    const within = judged.map(({ validPerUserAuc }) => validPerUserAuc!);
    expect(judged.findLast(({ best }) => best)!.step).toBe(judged[within.indexOf(Math.max(...within))]!.step);
    expect(Math.max(...within)).toBeGreaterThan(0.9);
  });

  test('pairs cannot be learned where no user has both answers', async () => {
    const nobody = options({ settings: settings({}, { lossPairs: 1 }) });
    await expect(run(nobody)).rejects.toMatchObject({ code: 'VALIDATION_FAILED', message: /no user has both/ });
  });

  test('a cancelled run keeps the best so far', async () => {
    const abort = new AbortController();
    const { report, adapter } = await run(
      options({ settings: settings({}, { evaluateEverySteps: 3 }), signal: abort.signal }),
      (event) => event.type === 'evaluated' && event.step === 9 && abort.abort(),
    );
    expect(report).toMatchObject({ stopReason: 'cancelled', steps: 9 });
    expect(report.bestStep).toBeLessThanOrEqual(9);
    expect([...adapter.tensors.values()].some(({ data }) => data.some((value) => value !== 0))).toBe(true);
  });

  test('a run that is stopped ends at the next step with the best so far, judged, and with its blend', async () => {
    const stop = new AbortController();
    const { report, adapter, blend, events } = await run(
      options({ settings: settings({}, { evaluateEverySteps: 100 }), stop: stop.signal }),
      (event) => event.type === 'step' && event.step === 5 && stop.abort(),
    );
    expect(report).toMatchObject({ stopReason: 'stopped', steps: 5, bestStep: 5 });
    expect(events.slice(-2)).toMatchObject([
      { type: 'step', step: 5 },
      { type: 'evaluated', step: 5, best: true },
    ]);
    expect(report.bestValidAuc).not.toBeNull();
    expect(blend).not.toBeNull();
    expect([...adapter.tensors.values()].some(({ data }) => data.some((value) => value !== 0))).toBe(true);
  });

  test('a run that is stopped after an evaluation keeps the adapter of that, and is not judged again', async () => {
    const stop = new AbortController();
    const { report, events } = await run(
      options({ settings: settings({}, { evaluateEverySteps: 4 }), stop: stop.signal }),
      (event) => event.type === 'step' && event.step === 6 && stop.abort(),
    );
    expect(report).toMatchObject({ stopReason: 'stopped', steps: 6, bestStep: 4 });
    expect(events.filter((event) => event.type === 'evaluated')).toHaveLength(1);
  });

  test('a run that is stopped before it goes on keeps what its checkpoint has; stopped before anything was trained it keeps nothing', async () => {
    const given = { ...options({ settings: settings({}, { evaluateEverySteps: 4 }) }), resume: true };
    const checkpointDir = join(dir, 'stopped-early');
    const abort = new AbortController();
    const first = await run(
      { ...given, checkpointDir, signal: abort.signal },
      (event) => event.type === 'step' && event.step === 7 && abort.abort(),
    );
    const stopped = await run({ ...given, checkpointDir, stop: AbortSignal.abort() });
    expect(stopped.events.filter(({ type }) => type !== 'note').map(({ type }) => type)).toEqual(['started']);
    expect(stopped.report).toMatchObject({ stopReason: 'stopped', steps: 7, bestStep: 4 });
    expect(bytes(stopped.adapter)).toEqual(bytes(first.adapter));

    const nothing = { code: 'CANCELLED', message: expect.stringContaining('nothing was trained yet') };
    await expect(run({ ...given, stop: AbortSignal.abort() })).rejects.toMatchObject(nothing);
    await expect(run({ ...given, init: first.adapter, stop: AbortSignal.abort() })).rejects.toMatchObject(nothing);
  });

  test('tells of each checkpoint when it lies whole on the disk', async () => {
    const checkpointDir = join(dir, 'told');
    const told: unknown[] = [];
    await run(
      options({
        settings: settings({}, { evaluateEverySteps: 4, maxSteps: 10 }),
        checkpointDir,
        checkpointEverySteps: 3,
        onCheckpoint: (checkpoint) => told.push(checkpoint),
      }),
    );
    expect(told.map((checkpoint) => (checkpoint as { step: number }).step)).toEqual([3, 4, 6, 8, 9, 10]);
    expect(await localCheckpoint(checkpointDir)).toEqual(told.at(-1));
  });

  test('a machine of another memory goes on from a checkpoint, in micro-batches of its own', async () => {
    const checkpointDir = join(dir, 'elsewhere');
    const given = (microBatchTokens: number) =>
      options({ checkpointDir, resume: true, settings: settings({}, { maxSteps: 6, microBatchTokens }) });
    const abort = new AbortController();
    await run(
      { ...given(2048), signal: abort.signal },
      (event) => event.type === 'step' && event.step === 3 && abort.abort(),
    );
    const { events } = await run(given(512));
    expect(events[0]).toMatchObject({ type: 'started', step: 3 });
  });

  test('stops after as many evaluations without gain as patience says', async () => {
    const valid = samples(6, 3).map((sample) => ({ ...sample, target: { title: 'the same' } }));
    const { report } = await run(
      options({
        settings: settings({}, { evaluateEverySteps: 1, patience: 3 }),
        data: { stage: 'rec', train: samples(20, 1), valid },
      }),
    );
    expect(report).toMatchObject({ stopReason: 'early-stopped', steps: 5, bestStep: 2, bestValidAuc: 0.5 });
  });

  test('an unfinished checkpoint is passed over, and another run does not go on from it', async () => {
    const checkpointDir = join(dir, 'identity');
    await run(options({ checkpointDir }));
    const [name, ...others] = await readdir(checkpointDir);
    expect(others).toEqual([]);
    await expect(run(options({ checkpointDir, resume: true, settings: settings({ seed: 9 }) }))).rejects.toThrow(
      /made with other: settings, training data/,
    );
    await expect(run(options({ checkpointDir, resume: true, precision: 'f16' }))).rejects.toThrow(
      /made with other: precision\./,
    );
    const otherPlan = settings({}, { microBatchTokens: 64 });
    await run(options({ checkpointDir, resume: true, settings: otherPlan, provider: 'cuda' }));
    await rm(join(checkpointDir, name!, 'DONE'));
    const anew = await run(options({ checkpointDir, resume: true }));
    expect(anew.events[0]).toMatchObject({ type: 'started', step: 0 });
  });

  test.each([
    ['state.json', (bytes: Buffer) => bytes.subarray(0, 100), /state\.json is not JSON\. Start anew/],
    [
      'state.json',
      (bytes: Buffer) => Buffer.from(bytes.toString().replace('"randomState":[', '"randomState":[1,')),
      /dam/,
    ],
    ['second-moments.safetensors', (bytes: Buffer) => bytes.subarray(0, -1), /second-moments\.safetensors is damaged/],
    [
      'adapter.safetensors',
      (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replaceAll('lora_A', 'lora_C'), 'latin1'),
      /lacks .*lora_A/,
    ],
  ])('a checkpoint whose %s is damaged is refused by name', async (name, damage, words) => {
    const checkpointDir = await mkdtemp(join(dir, 'damaged-'));
    await run(options({ checkpointDir }));
    const file = join(checkpointDir, (await readdir(checkpointDir))[0]!, name);
    await writeFile(file, damage(await readFile(file)));
    const error = await run(options({ checkpointDir, resume: true })).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(TallrecError);
    expect((error as TallrecError).message).toMatch(words);
  });

  test('goes on from a given adapter without touching it', async () => {
    const { adapter: init } = await run(options());
    const before = bytes(init);
    const { adapter } = await run(options({ init, settings: settings({ seed: 1 }, { maxSteps: 5 }) }));
    expect(bytes(init)).toEqual(before);
    expect(bytes(adapter)).not.toEqual(before);
  });

  test('the first stage learns outputs of instructions, judged by their loss', async () => {
    const rows = ['red', 'green', 'blue'].map((colour) => ({
      instruction: `Say ${colour}.`,
      input: '',
      output: colour.repeat(3),
    }));
    const long = { instruction: 'x'.repeat(600), input: '', output: 'y' };
    const { report, events } = await run(
      options({
        settings: settings({ stage: 'alpaca' }, { evaluateEverySteps: 4 }),
        data: { stage: 'alpaca', train: [...rows, long], valid: rows },
      }),
    );
    const losses = events.filter((event) => event.type === 'evaluated').map((event) => event.validLoss);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(report).toMatchObject({ bestValidAuc: null, bestValidLoss: Math.min(...losses), trainSamples: 3 });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'note', message: expect.stringMatching(/^1 instructions leave no room/) }),
    );
  });
});

describe('the recipe', () => {
  test('shots are the first K of the shuffled file, so that more shots contain fewer', () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const sixteen = drawShots(items, 16, Random.seeded(3));
    expect(drawShots(items, 32, Random.seeded(3)).slice(0, 16)).toEqual(sixteen);
    expect(new Set(sixteen).size).toBe(16);
    expect(drawShots(items, 16, Random.seeded(4))).not.toEqual(sixteen);
  });

  test('answers are labelled with their end, and the prompt too where that is asked for', () => {
    const [sample] = samples(1, 1);
    const given = { template: 'clean' as const, cutoffTokens: 512 };
    const row = new PromptRows(toyTokenizer, given).labelled(sample!);
    const answer = toyTokenizer.encode(sample!.liked ? 'Yes.' : 'No.');
    expect(row.labels.filter((label) => label !== -100)).toEqual([...answer, 0]);
    expect(row.labels.slice(-answer.length - 1)).toEqual([...answer, 0]);
    const all = new PromptRows(toyTokenizer, { ...given, lossOn: 'all' }).labelled(sample!);
    expect(all.labels.slice(1)).toEqual(all.tokens.slice(1));
  });
});
