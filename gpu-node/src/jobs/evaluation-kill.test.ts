// An engine process that is killed outright in the middle of an evaluation: the next one goes on, to the same bytes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { samplingSchema } from '@tallrec/shared/interactions';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { SLICE_ROWS } from '../evaluate/score-in-slices.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { localCheckpoint } from '../train/checkpoint-folder.ts';
import { createEngine } from './engine.ts';
import type { ModelPlace, ParsedParams } from './engine-calls.ts';

vi.setConfig({ testTimeout: 120_000 });

let dir: string;
let model: ModelPlace;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'evaluation-kill-'));
  model = { name: 'tiny', dir: join(dir, 'tiny'), contentHash: 'ab'.repeat(32) };
  await writeTinyModel(model.dir, { corpus: ['User Preference: Yes. No. film movie like target Whether the will'] });
  const rows = Array.from({ length: 3 * SLICE_ROWS }, (_, at) => ({
    history: [{ title: `film ${at % 17}`, liked: at % 3 === 0 }],
    target: { title: `film ${at % 29}` },
    liked: at % 2 === 0,
  }));
  await writeFile(join(dir, 'data.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
afterAll(() => rm(dir, { recursive: true }));

const params = (name: string): ParsedParams<'evaluate'> => ({
  model,
  template: 'clean',
  adapter: null,
  fit: null,
  data: { kind: 'samples', sampling: samplingSchema.parse({}), file: join(dir, 'data.jsonl'), split: 'all' },
  train: null,
  valid: null,
  instructions: null,
  limit: null,
  untuned: false,
  checkpointDir: join(dir, `${name}-checkpoints`),
  predictionsFile: join(dir, `${name}.jsonl`),
});

async function evaluate(name: string) {
  const engine = createEngine(async () => ({ runtime: createRuntime('cpu'), reason: 'for a test' }));
  const { signal } = new AbortController();
  const events: NodeEvent[] = [];
  const event = (told: NodeEvent) => events.push(told);
  const report = await engine.evaluate(params(name), { signal, stop: signal, event, checkpoint: () => {} });
  return { report: { ...report, durationMs: 0 }, bytes: await readFile(params(name).predictionsFile, 'utf8'), events };
}

it('goes on after the last slice that was kept', async () => {
  const from = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { createRuntime } from ${from('../runtime/onnx-runtime.ts')};
    import { createEngine } from ${from('./engine.ts')};
    const open = async () => ({ runtime: createRuntime('cpu'), reason: 'for a test' });
    const { signal } = new AbortController();
    const checkpoint = ({ step }) => step === ${2 * SLICE_ROWS} && process.kill(process.pid, 'SIGKILL');
    await createEngine(open, { checkpointEveryMs: 0 })
      .evaluate(${JSON.stringify(params('killed'))}, { signal, stop: signal, event: () => {}, checkpoint });`;
  const options = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'inherit', 'inherit'] });
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  expect(await localCheckpoint(params('killed').checkpointDir)).toMatchObject({ step: 2 * SLICE_ROWS });

  const [resumed, whole] = [await evaluate('killed'), await evaluate('whole')];
  expect(resumed.events[0]).toMatchObject({ type: 'progress', phase: 'score', done: 2 * SLICE_ROWS });
  expect(resumed.bytes).toBe(whole.bytes);
  expect(resumed.report).toEqual(whole.report);
});
