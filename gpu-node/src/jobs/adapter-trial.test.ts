// An adapter is tried by the real engine before anybody relies on it; a bad one is refused in words without this machine's paths.
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@tallrec/shared/random';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readLlamaConfig } from '../llama/config.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import { writeAdapter } from '../llama/peft.ts';
import { encodeSafetensors } from '../llama/safetensors.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { writeTinyModel } from '../tiny-model.ts';
import { initAdapter } from '../train/lora-init.ts';
import { createEngine } from './engine.ts';
import { type AdapterPlace, describeFault, type ModelPlace } from './engine-calls.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const { signal } = new AbortController();
const context = { signal, stop: signal, event: () => {}, checkpoint: () => {} };
const engine = createEngine(async () => ({ runtime: createRuntime('cpu'), reason: 'for a test' }));

let dir: string;
let model: ModelPlace;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'adapter-trial-'));
  model = { name: 'tiny', dir: join(dir, 'tiny'), contentHash: 'ab'.repeat(32) };
  await writeTinyModel(model.dir, { corpus: ['User Preference: Yes. No. film movie like target Whether the will'] });
});
afterAll(() => rm(dir, { recursive: true }));

let written = 0;
async function place(change: (adapter: LoraAdapter) => void = () => {}, edit?: (dir: string) => Promise<void>) {
  const config = { rank: 2, alpha: 4, dropout: 0, targetModules: ['q_proj', 'v_proj'], rankStabilized: false } as const;
  const random = Random.seeded(written++);
  const adapter = initAdapter(config, await readLlamaConfig(model.dir), random);
  for (const [name, { data }] of adapter.tensors) {
    if (name.includes('lora_B')) for (let i = 0; i < data.length; i++) data[i] = 0.1 * random.normal();
  }
  const here = join(dir, `a${written}`);
  await writeAdapter(here, adapter);
  change(adapter);
  await writeFile(join(here, 'adapter_model.safetensors'), Buffer.concat(encodeSafetensors(adapter.tensors)));
  await edit?.(here);
  const found: AdapterPlace = {
    id: written.toString(16).padStart(64, '0'),
    dir: here,
    golden: null,
    blend: null,
    modelHash: null,
  };
  return found;
}

const tried = (adapter: AdapterPlace) => engine.tryAdapter({ model, template: 'clean', adapter }, context);
const fill = (value: number) => (adapter: LoraAdapter) => {
  for (const [name, { data }] of adapter.tensors) if (name.includes('.layers.1.')) data.fill(value);
};

describe('an adapter that is tried', () => {
  it('leaves golden scores, which it is compared with from then on', async () => {
    const adapter = await place();
    const { golden } = await tried(adapter);
    expect(golden.template).toBe('clean');
    expect(golden.samples).toHaveLength(2);
    expect(golden.samples.every(({ yesLogit, noLogit }) => Number.isFinite(yesLogit) && Number.isFinite(noLogit))).toBe(
      true,
    );
    expect(await tried({ ...adapter, golden })).toEqual({ golden, warnings: [] });
    const wrong = { ...golden, samples: golden.samples.map((one) => ({ ...one, noLogit: one.noLogit + 1 })) };
    await expect(tried({ ...adapter, id: '9'.repeat(64), golden: wrong })).rejects.toMatchObject({
      code: 'ADAPTER_INVALID',
    });
  });

  it.each([
    ['of which a value is no number', place.bind(null, fill(Number.NaN)), /holds values that are no numbers/],
    [
      'whose every B is zero',
      () =>
        place(({ tensors }) => {
          for (const { data } of tensors.values()) data.fill(0);
        }),
      /every B is zero/,
    ],
    ['that makes activations overflow', () => place(fill(3e38)), /activations overflow/],
    [
      'that lacks a layer',
      () =>
        place(({ tensors }) => {
          for (const name of [...tensors.keys()]) if (name.includes('.layers.2.')) tensors.delete(name);
        }),
      /lacks the tensor .*layers\.2/,
    ],
    [
      'that is cut short',
      () => place(undefined, (here) => appendFile(join(here, 'adapter_model.safetensors'), '1')),
      /is damaged/,
    ],
    [
      'without its settings',
      () => place(undefined, (here) => rm(join(here, 'adapter_config.json'))),
      /adapter_config\.json is missing/,
    ],
    [
      'of another width',
      () =>
        place(({ tensors }) => {
          for (const [name, { shape }] of tensors) {
            if (name.includes('lora_A'))
              tensors.set(name, { shape: [shape[0], 8], data: new Float32Array(shape[0] * 8).fill(1) });
          }
        }),
      /is \[2,8\], the model needs \[2,96\]/,
    ],
  ])('%s is refused for good, and no path is told', async (_, make, message) => {
    const adapter = await make();
    const error = await tried(adapter).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const fault = describeFault(error);
    expect(fault).toMatchObject({ code: 'ADAPTER_INVALID', message: expect.stringMatching(message) });
    expect(fault.message).not.toContain(dir);
  });

  it('tells what of it is left out of account', async () => {
    const adapter = await place(undefined, async (here) => {
      const path = join(here, 'adapter_config.json');
      const config = JSON.parse(await readFile(path, 'utf8'));
      await writeFile(path, JSON.stringify({ ...config, lora_dtype: 'bf16' }));
    });
    for (let time = 0; time < 2; time++) {
      const { warnings } = await tried(adapter);
      expect(warnings).toEqual([
        expect.stringMatching(/^adapter .*adapter_config\.json: lora_dtype \("bf16"\).* left out/),
      ]);
      expect(warnings[0]).not.toContain(dir);
    }
  });

  it('is used with the model that it is for alone, unless it is for any', async () => {
    const adapter = await place();
    await tried({ ...adapter, modelHash: model.contentHash });
    await expect(tried({ ...adapter, modelHash: 'cd'.repeat(32) })).rejects.toMatchObject({
      code: 'ADAPTER_INVALID',
      message: expect.stringMatching(/is for another model than this node's tiny: cdcdcdcdcdcd…, not abababababab…/),
    });
    const samples = [{ noun: 'movie', history: [], target: { title: 'A' } }];
    const ask = { model, template: 'clean' as const, samples };
    const other = { ...adapter, modelHash: 'cd'.repeat(32) };
    await expect(engine.score({ ...ask, adapter: other }, context)).rejects.toMatchObject({ code: 'ADAPTER_INVALID' });
    expect((await engine.score({ ...ask, adapter }, context)).scores).toHaveLength(1);
    const { golden } = await tried(adapter);
    const wrong = { ...golden, samples: golden.samples.map((one) => ({ ...one, noLogit: one.noLogit + 1 })) };
    await expect(engine.score({ ...ask, adapter: { ...adapter, golden: wrong } }, context)).rejects.toThrow(
      /does not score here/,
    );
    expect(await readFile(join(adapter.dir, 'adapter_config.json'), 'utf8')).toContain('"r": 2');
  });
});
