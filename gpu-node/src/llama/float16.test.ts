// Computing in float16 on a provider that has it, tried on the CPU's: near to float32 as far as eleven bits allow, and with its limits.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFERENCE_DIR, type ReferenceCase, readReferenceCase } from '../doctor/reference-case.ts';
import type { Runtime } from '../graph/execution.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { type LoadOptions, loadLanguageModel } from './load.ts';
import type { GradientOptions } from './model.ts';
import { readAdapter } from './peft.ts';

const runtime = createRuntime('cpu', { threads: 1 });
/** With what the CUDA provider has and the CPU's has too. */
const likeCuda: Runtime = { ...runtime, extensions: [...runtime.extensions, 'RotaryFloat16', 'Int4Blocks'] };

let folder: string;
let reference: ReferenceCase;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'float16-'));
  reference = await readReferenceCase(REFERENCE_DIR);
});
afterAll(() => rm(folder, { recursive: true }));

/** All gradients of the reference case, one after the other. */
async function gradients(load: LoadOptions, options: Partial<GradientOptions> = {}, on = runtime): Promise<number[]> {
  const model = await loadLanguageModel(reference.baseDir, on, load);
  const adapter = await readAdapter(reference.adapterDir, model.config);
  const given = { ...adapter, config: { ...adapter.config, dropout: 0.2 } };
  const result = await model.lossAndGradients(reference.rows, given, { lossWeight: 0.1, ...options });
  await model.close();
  return [...result.gradients.values()].flatMap((gradient) => [...gradient]);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

const FLOAT16: LoadOptions = { compute: 'float16' };
const weights = (format: 'f16' | 'int8' | 'int4') => ({ format, file: join(folder, `${format}.safetensors`) });

describe('gradients in float16', () => {
  it.each([
    ['of weights as they are stored', {}, {}],
    ['of weights in a file of f16', { weights: 'f16' }, {}],
    ['with each layer computed again', { checkpointing: true }, {}],
    ['under dropout', {}, { dropoutSeed: 3 }],
    ['of int8 weights', { weights: 'int8' }, {}],
    ['of int4 weights', { weights: 'int4' }, {}],
  ] as const)(
    'have the direction of those in float32: %s',
    async (_, {
      weights: format,
      ...load
    }: {
      weights?: 'f16' | 'int8' | 'int4';
      checkpointing?: boolean;
    }, options) => {
      const given: LoadOptions = { ...load, ...(format ? { weights: weights(format) } : {}) };
      const exact = await gradients(given, options);
      const narrow = await gradients({ ...given, ...FLOAT16 }, { lossScale: 2 ** 16, ...options });
      const rotated = await gradients({ ...given, ...FLOAT16 }, { lossScale: 2 ** 16, ...options }, likeCuda);
      expect(rotated).not.toEqual(narrow);
      const largest = Math.max(...exact.map(Math.abs));
      for (const rounded of [narrow, rotated]) {
        expect(rounded).not.toEqual(exact);
        expect(cosine(rounded, exact)).toBeGreaterThan(0.9999);
        rounded.forEach((value, i) => {
          expect(Math.abs(value - exact[i]!) / largest).toBeLessThan(1e-2);
        });
      }
    },
  );

  it('vanish where they are small, but for a scale of the loss', async () => {
    const small = { lossWeight: 1e-8 };
    const exact = await gradients({}, small);
    expect((await gradients(FLOAT16, small)).every((value) => value === 0)).toBe(true);
    expect(cosine(await gradients(FLOAT16, { ...small, lossScale: 2 ** 16 }), exact)).toBeGreaterThan(0.9999);
  });

  it('are no numbers where the scale is too large', async () => {
    const overflowed = await gradients(FLOAT16, { lossScale: 2 ** 24 });
    expect(overflowed.some((value) => !Number.isFinite(value))).toBe(true);
  });

  it('are not to be had with matrices in eight bits', async () => {
    const int8File = join(folder, 'int8-compute.safetensors');
    await expect(gradients({ ...FLOAT16, int8File })).rejects.toThrow('Computing in int8 takes');
  });
});
