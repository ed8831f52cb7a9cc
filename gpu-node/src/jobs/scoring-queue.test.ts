import { TallrecError } from '@tallrec/shared/errors';
import { Random } from '@tallrec/shared/random';
import type { Sample } from '@tallrec/shared/sample';
import { LRUCache } from 'lru-cache';
import { describe, expect, it } from 'vitest';
import type { LoraAdapter } from '../llama/lora.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import { ToyLanguageModel, toyConfig, toyTokenizer } from '../llama/toy-language-model.ts';
import { scoreSamples } from '../score/scorer.ts';
import { initAdapter } from '../train/lora-init.ts';
import type { AdapterPlace, ModelPlace } from './engine-calls.ts';
import type { LoadedModel, ReadAdapter } from './loaded-models.ts';
import { ScoringQueue, type ScoringWork } from './scoring-queue.ts';
import { Turns } from './turns.ts';

const CUTOFF = 2048;
const hash = (digit: string) => digit.repeat(64);
const modelPlace = (name: string): ModelPlace => ({ name, dir: `/${name}`, contentHash: hash(name) });
const adapterPlace = (digit: string): AdapterPlace => ({
  id: hash(digit),
  dir: `/${digit}`,
  golden: null,
  blend: null,
  modelHash: null,
});
const sample = (title: string, history: string[] = []): Sample => ({
  noun: 'movie',
  history: history.map((name) => ({ title: name, liked: true })),
  target: { title },
});

function randomAdapter(seed: number): LoraAdapter {
  const config = { rank: 2, alpha: 4, dropout: 0, targetModules: ['q_proj', 'v_proj'], rankStabilized: false } as const;
  const random = Random.seeded(seed);
  const adapter = initAdapter(config, toyConfig, random);
  for (const { data } of adapter.tensors.values()) {
    for (let i = 0; i < data.length; i++) data[i] = 0.3 * random.normal();
  }
  return adapter;
}

/** A queue over toy models; adapters named by digits, `f` is a bad one. */
function setUp({ microBatchTokens = 1024, windowMs = 3 } = {}) {
  const model = new ToyLanguageModel();
  const opened: string[] = [];
  const done: string[] = [];
  const adapters = new LRUCache<string, ReadAdapter>({ max: 8 });
  const queue = new ScoringQueue({
    models: {
      async open(place) {
        if (place.name === 'e') throw new TallrecError('MODEL_UNSUPPORTED', 'This model is broken.');
        if (opened.at(-1) !== place.name) opened.push(place.name);
        return { place, model, tokenizer: toyTokenizer, precision: 'f32', adapters } satisfies LoadedModel;
      },
      holds: (_, { id }) => adapters.has(id),
      async adapter(_, { id }) {
        if (id === hash('f')) throw new TallrecError('ADAPTER_INVALID', 'This adapter is bad.');
        const read = adapters.get(id) ?? { adapter: randomAdapter(Number.parseInt(id[0]!, 16)), warnings: [] };
        adapters.set(id, read);
        return read.adapter;
      },
    },
    turns: new Turns(),
    cutoffTokens: CUTOFF,
    microBatchTokens,
    windowMs,
  });
  const timed = (samples: Sample[], work: Partial<ScoringWork> = {}, name = '') =>
    queue
      .score({
        model: modelPlace('a'),
        template: 'clean',
        adapter: null,
        samples,
        signal: new AbortController().signal,
        ...work,
      })
      .finally(() => done.push(name));
  const score = async (...given: Parameters<typeof timed>) => {
    const { results, tokens } = await timed(...given);
    return { results, tokens };
  };
  return { model, opened, done, adapters, score, timed };
}

const rows = new PromptRows(toyTokenizer, { template: 'clean', cutoffTokens: CUTOFF });
const alone = async (samples: Sample[], adapter?: LoraAdapter) =>
  scoreSamples(new ToyLanguageModel(), rows, samples, { adapter });

describe('the scoring queue', () => {
  it('computes requests that arrive together in one micro-batch, and gives each its own scores', async () => {
    const { model, score } = setUp({ microBatchTokens: 100_000 });
    const requests = ['A', 'Bb', 'Ccc', 'D', 'Eeeee'].map((title) => [sample(title)]);
    const scored = await Promise.all(requests.map((samples) => score(samples)));
    expect(model.batchSizes).toEqual([5]);
    for (const [at, samples] of requests.entries()) expect(scored[at]).toEqual(await alone(samples));
    expect((await score([])).results).toEqual([]);
  });

  it('has a lone caller wait for nobody, and after a crowd waits for the next one to gather', async () => {
    const lone = setUp({ windowMs: 2 ** 30 });
    await lone.score([sample('A')]);
    await lone.score([sample('Bb')]);
    const { model, score } = setUp({ windowMs: 500 });
    await Promise.all([score([sample('A')]), score([sample('Bb')])]);
    await new Promise(setImmediate);
    const first = score([sample('Ccc')]);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    await Promise.all([first, score([sample('Dddd')])]);
    expect(model.batchSizes).toEqual([2, 2]);
  });

  it('tells how long a request waited, and how long its micro-batches took', async () => {
    const { timed } = setUp({ windowMs: 50 });
    await Promise.all([timed([sample('A')]), timed([sample('Bb')])]);
    const startedMs = performance.now();
    const { timings } = await timed([sample('Ccc')]);
    const tookMs = performance.now() - startedMs;
    expect(timings.queueMs).toBeGreaterThan(45);
    expect(timings.queueMs + timings.engineMs).toBeLessThanOrEqual(tookMs + 0.2);
    expect((await timed([])).timings.engineMs).toBe(0);
  });

  it('makes none wait for more than one micro-batch of each request before it', async () => {
    const { model, done, score } = setUp({ microBatchTokens: 700 });
    const many = (name: string) =>
      score(
        Array.from({ length: 30 }, (_, i) => sample(`${name}${i}`)),
        {},
        name,
      );
    const large = [many('x'), many('y')];
    while (model.batchSizes.length < 2) await new Promise(setImmediate);
    const before = model.batchSizes.length;
    await score([sample('a title much longer than those of the others, so that it would come last')], {}, 'small');
    expect(model.batchSizes.length - before).toBeLessThanOrEqual(3);
    await Promise.all(large);
    expect(done[0]).toBe('small');
    expect(model.batchSizes.length).toBeGreaterThan(12);
  });

  it('mixes adapters of one base, each with its own scores; a bad one fails alone, with its reason', async () => {
    const { score, model } = setUp({ microBatchTokens: 100_000 });
    const samples = [sample('A'), sample('Bb')];
    const [one, two, none, bad, again] = await Promise.allSettled([
      score(samples, { adapter: adapterPlace('1') }),
      score(samples, { adapter: adapterPlace('2') }),
      score(samples),
      score(samples, { adapter: adapterPlace('f') }),
      score(samples, { adapter: adapterPlace('1') }),
    ]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'ADAPTER_INVALID' } });
    expect(one).toEqual({ status: 'fulfilled', value: await alone(samples, randomAdapter(1)) });
    expect(two).toEqual({ status: 'fulfilled', value: await alone(samples, randomAdapter(2)) });
    expect(none).toEqual({ status: 'fulfilled', value: await alone(samples) });
    expect(again).toEqual(one);
    expect(model.batchSizes.length).toBeLessThanOrEqual(4);
  });

  it('keeps candidates of one history together and apart from others, so that their prefix is shared', async () => {
    const { model, score } = setUp({ microBatchTokens: 100_000 });
    const history = Array.from({ length: 60 }, (_, i) => `A film with a longer name, part ${i}`);
    const candidates = ['A', 'B', 'C'].map((title) => sample(title, history));
    await Promise.all([score(candidates), score([sample('D')]), score([sample('E')])]);
    expect(model.batchSizes.toSorted()).toEqual([2, 3]);
  });

  it('tells a cancelled request so and computes no more of it', async () => {
    const { model, score } = setUp({ microBatchTokens: 1 });
    const controller = new AbortController();
    const cancelled = score(
      Array.from({ length: 50 }, (_, i) => sample(`${i}`)),
      { signal: controller.signal },
    );
    while (model.batchSizes.length < 2) await new Promise(setImmediate);
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(model.batchSizes.length).toBeLessThan(10);
    expect((await score([sample('A')])).results).toHaveLength(1);
  });

  it('lets go of a cancelled request at once, before its turn and in the middle of a micro-batch', async () => {
    const { model, score } = setUp({ microBatchTokens: 100_000 });
    let begun = () => {};
    const computing = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const compute = model.nextTokenLogits.bind(model);
    model.nextTokenLogits = async (...call) => {
      const logits = await compute(...call);
      begun();
      await held;
      return logits;
    };
    const [early, late] = [new AbortController(), new AbortController()];
    const inside = score([sample('A')], { signal: early.signal });
    const beside = score([sample('Bb')]);
    await computing;
    const waiting = score([sample('Ccc')], { signal: late.signal });
    const next = score([sample('Dddd')]);
    // What is being computed is held: neither may wait for it.
    late.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    early.abort();
    await expect(inside).rejects.toMatchObject({ code: 'CANCELLED' });
    release();
    expect([await beside, await next]).toEqual([await alone([sample('Bb')]), await alone([sample('Dddd')])]);
    expect(model.batchSizes).toEqual([2, 1]);
  });

  it('refuses what was cancelled before it came, and computes none of it', async () => {
    const { model, score } = setUp();
    await expect(score([sample('A')], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(model.batchSizes).toEqual([]);
  });

  it('goes on where a request is cancelled while its adapter is being loaded', async () => {
    const { model, adapters, score } = setUp();
    const controller = new AbortController();
    const get = adapters.get.bind(adapters);
    adapters.get = ((id: string) => {
      controller.abort();
      return get(id);
    }) as typeof adapters.get;
    const cancelled = score([sample('A')], { adapter: adapterPlace('1'), signal: controller.signal });
    const other = score([sample('Bb')]);
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await other).toEqual(await alone([sample('Bb')]));
    expect(model.batchSizes).toEqual([1]);
  });

  it('refuses a prompt that does not fit, and a model that cannot be loaded, to whom it concerns', async () => {
    const { score } = setUp();
    const endless = sample('x'.repeat(CUTOFF));
    const [long, broken, fine] = await Promise.allSettled([
      score([endless]),
      score([sample('A')], { model: modelPlace('e') }),
      score([sample('A')]),
    ]);
    expect(long).toMatchObject({ status: 'rejected', reason: { code: 'VALIDATION_FAILED' } });
    expect(broken).toMatchObject({ status: 'rejected', reason: { code: 'MODEL_UNSUPPORTED' } });
    expect(fine.status).toBe('fulfilled');
  });

  it('changes the model once, when the oldest request needs another', async () => {
    const { opened, score } = setUp({ microBatchTokens: 1 });
    const names = ['a', 'b', 'a', 'b', 'a'];
    await Promise.all(names.map((name) => score([sample('A'), sample('B')], { model: modelPlace(name) })));
    expect(opened).toEqual(['a', 'b']);
  });
});
