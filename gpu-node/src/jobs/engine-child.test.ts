import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import { afterEach, describe, expect, it } from 'vitest';
import { Scoring } from '../server/scoring.ts';
import { type EngineParams, PLAIN_CPU } from './engine-calls.ts';
import { EngineChild } from './engine-child.ts';

const entry = fileURLToPath(new URL('./scripted-engine.ts', import.meta.url));
const model = { name: 'm', dir: '/nowhere', contentHash: 'ab'.repeat(32) };
const tuneCall = {
  model,
  settings: tuningSettingsSchema.parse({}),
  train: { kind: 'samples', sampling: {}, file: 'x', split: 'all' },
  valid: null,
  init: null,
  checkpointDir: 'c',
  outDir: 'o',
} as const;

const children: EngineChild[] = [];
function engine(role: 'score' | 'train' | 'probe' = 'score'): EngineChild {
  const child = new EngineChild(role, { entry, computing: PLAIN_CPU });
  children.push(child);
  return child;
}
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
});

const scored = (title: string): EngineParams<'score'> => {
  return { model, template: 'clean', adapter: null, samples: [{ noun: 'movie', history: [], target: { title } }] };
};
const tokens = (child: EngineChild, ...texts: string[]) => child.call('tokens', { model, texts });

describe('an engine process', () => {
  it('answers calls in order and is told its role and what to compute with', async () => {
    const child = engine('probe');
    const answers = await Promise.all([tokens(child, 'wait 50', 'a'), tokens(child, 'abc'), child.call('probe', {})]);
    expect(answers).toMatchObject([
      { counts: [7, 1] },
      { counts: [3] },
      { provider: 'cpu', reason: `told probe ${JSON.stringify(PLAIN_CPU)}` },
    ]);
  });

  it('hands on refusals with their code, and faults as ENGINE_FAILED, and lives on', async () => {
    const child = engine();
    await expect(tokens(child, 'refuse')).rejects.toMatchObject({
      code: 'ADAPTER_INVALID',
      message: 'This adapter is bad.',
    });
    await expect(tokens(child, 'fault')).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: /something unforeseen/,
    });
    await expect(child.call('tokens', { model, texts: [1] as never })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(await tokens(child, 'ok')).toEqual({ counts: [2] });
  });

  it('fails all that waits when it dies, saying how', async () => {
    const child = engine('train');
    const waiting = [tokens(child, 'die'), tokens(child, 'a')];
    for (const call of waiting) {
      await expect(call).rejects.toMatchObject({
        code: 'ENGINE_FAILED',
        message: /training process was killed \(SIGKILL\)/,
      });
    }
    await expect(tokens(child, 'later')).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await expect(tokens(engine(), 'exit')).rejects.toThrow(/scoring process ended by itself with exit code 7/);
  });

  it('tells its events one by one and ends when it is aborted', async () => {
    const seen: NodeEvent[] = [];
    const controller = new AbortController();
    const call = engine('train').call('tune', tuneCall, {
      signal: controller.signal,
      onEvent: (event) => {
        seen.push(event);
        controller.abort();
      },
    });
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(seen).toEqual([{ type: 'note', step: 0, message: 'begun' }]);
  });

  it('tells of checkpoints, and keeps what it has when it is asked to stop', async () => {
    const checkpoints: unknown[] = [];
    const stop = new AbortController();
    const call = engine('train').call('tune', tuneCall, {
      stop: stop.signal,
      onCheckpoint: (checkpoint) => {
        checkpoints.push(checkpoint);
        stop.abort();
      },
    });
    expect(await call).toMatchObject({ stopReason: 'stopped' });
    expect(checkpoints).toEqual([{ step: 4, dir: 'c/00000001' }]);
    const early = engine('train').call('tune', tuneCall, { stop: AbortSignal.abort() });
    expect(await early).toMatchObject({ stopReason: 'stopped' });
  });

  it('does not begin what was aborted while it waited, nor what was aborted before it was asked', async () => {
    const child = engine();
    const controller = new AbortController();
    const { signal } = controller;
    const first = tokens(child, 'wait 100');
    const aborted = child.call('tokens', { model, texts: ['fault'] }, { signal });
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await first).toEqual({ counts: [8] });
    await expect(child.call('tokens', { model, texts: ['die'] }, { signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(await tokens(child, 'abc')).toEqual({ counts: [3] });
  });

  it('is ended when it says what is not in the protocol', async () => {
    const call = engine('train').call('tune', { ...tuneCall, model: { ...model, name: 'nonsense' } });
    await expect(call).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: /not understood/ });
  });

  it('dies with its parent, even one that is killed outright', async () => {
    const parent = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        '--input-type=module',
        '-e',
        `import { EngineChild } from ${JSON.stringify(new URL('./engine-child.ts', import.meta.url).href)};
         const child = new EngineChild('score', ${JSON.stringify({ entry, computing: PLAIN_CPU })});
         await child.call('tokens', { model: ${JSON.stringify(model)}, texts: ['a'] });
         console.log(child.pid);
         await child.call('tokens', { model: ${JSON.stringify(model)}, texts: ['wait 60000'] });`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });
});

describe('scoring', { timeout: 60_000 }, () => {
  it('starts another engine after one has died', async () => {
    const scoring = new Scoring({ newEngine: () => engine() });
    const { counts } = await scoring.call('tokens', { model, texts: ['pid'] });
    process.kill(counts[0]!, 'SIGKILL');
    const next = await scoring.call('tokens', { model, texts: ['pid'] });
    expect(next.counts[0]).not.toBe(counts[0]);
    expect(scoring.queued).toBe(0);
    await scoring.close();
  });

  it('finds the request that ends the engine, refuses it alone and answers all others', async () => {
    let started = 0;
    const counted = () => {
      started++;
      return engine();
    };
    const scoring = new Scoring({ newEngine: counted });
    const others = ['a', 'bb', 'ccc'].map((title) => scoring.call('score', scored(title)));
    expect(await Promise.all(others)).toHaveLength(3);
    const crowd = ['wait 400', 'die', 'wait 401', 'd'].map((title) => scoring.call('score', scored(title)));
    const late = scoring.call('tokens', { model, texts: ['late'] });
    const outcomes = await Promise.allSettled(crowd);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({
      reason: {
        code: 'ENGINE_CRASHED',
        retryable: false,
        message: expect.stringMatching(/ended the engine twice.*SIGKILL/),
      },
    });
    expect(await late).toEqual({ counts: [4] });
    // The first, one that the crowd lost, one that was lost again.
    expect(started).toBe(3);
    await scoring.close();
  });

  it('blames no request where the engine never answers, and starts it less and less often', async () => {
    let now = 0;
    let started = 0;
    const counted = () => {
      started++;
      return engine();
    };
    const scoring = new Scoring({ newEngine: counted, clock: () => now });
    const ask = () => scoring.call('tokens', { model, texts: ['exit'] });
    await expect(ask()).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: /exit code 7/ });
    await expect(ask()).rejects.toMatchObject({ code: 'NODE_UNAVAILABLE', message: /3 times in a row.* in 1 s/ });
    await expect(ask()).rejects.toMatchObject({ code: 'NODE_UNAVAILABLE' });
    expect(started).toBe(3);
    now += 1000;
    await expect(ask()).rejects.toMatchObject({ code: 'NODE_UNAVAILABLE', message: /4 times in a row.* in 2 s/ });
    now += 2000;
    expect(await scoring.call('tokens', { model, texts: ['a'] })).toEqual({ counts: [1] });
    await expect(ask()).rejects.toMatchObject({ code: 'ENGINE_CRASHED' });
    await scoring.close();
    await expect(ask()).rejects.toMatchObject({ code: 'NODE_UNAVAILABLE', message: /is ending/ });
  });

  it('turns requests away when too many wait', async () => {
    const scoring = new Scoring({ newEngine: () => engine(), maxQueued: 2 });
    const first = scoring.call('tokens', { model, texts: ['wait 50'] });
    const second = scoring.call('tokens', { model, texts: ['b'] });
    await expect(scoring.call('tokens', { model, texts: ['c'] })).rejects.toMatchObject({ code: 'NODE_BUSY' });
    expect([await first, await second]).toHaveLength(2);
    expect(await scoring.call('tokens', { model, texts: ['c'] })).toEqual({ counts: [1] });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
