// Weight formats: each computes what its own numbers would give in float32, and how far those are from PyTorch.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithReference, failures, REFERENCE_TOLERANCES } from '../doctor/reference.ts';
import { REFERENCE_DIR } from '../doctor/reference-case.ts';
import { referenceData } from '../reference-data.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { type LoadOptions, loadLanguageModel } from './load.ts';
import type { LoraAdapter } from './lora.ts';
import type { LabelledRow } from './model.ts';
import { adapterTensors } from './peft.ts';
import { blockSize, dequantize } from './quantize.ts';
import { openCheckpoint, readTensor, writeSafetensors } from './safetensors.ts';
import { normals, seededConfig, writeSeededCheckpoint } from './seeded-checkpoint.ts';
import {
  isQuantized,
  openWeightFile,
  quantizedType,
  scaleName,
  WEIGHT_FORMATS,
  type WeightFormat,
} from './weight-file.ts';
import { weightShapes } from './weights.ts';

const runtime = createRuntime('cpu', { threads: 1 });
const rows: LabelledRow[] = [
  { tokens: [3, 17, 9, 22, 5, 31, 8], labels: [-100, -100, -100, -100, -100, 31, 8] },
  { tokens: [12, 4, 39], labels: [-100, -100, 39] },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weight-file-'));
  await writeSeededCheckpoint(join(folder, 'f32'), 'F32', 'F32');
});
afterAll(() => rm(folder, { recursive: true }));

describe('a checkpoint in another weight format', () => {
  it.each(WEIGHT_FORMATS)('%s: gives what its numbers give in float32', async (format) => {
    const file = join(folder, 'cache', `${format}.safetensors`);
    const actual = await run(join(folder, 'f32'), { weights: { format, file } });
    const expected = await run(await widenedCheckpoint(format), {});
    expect(relativeDifference(actual.logits, expected.logits)).toBeLessThan(1e-5);
    expect(actual.loss).toBeCloseTo(expected.loss, 4);
    for (const [name, gradient] of expected.gradients) {
      expect(relativeDifference(actual.gradients.get(name)!, gradient), name).toBeLessThan(1e-5);
    }
  });

  it('is converted once, whole or not at all', async () => {
    const path = join(folder, 'once', 'int8.safetensors');
    const checkpoint = await openCheckpoint(join(folder, 'f32'));
    const { tensors } = await openWeightFile(seededConfig, checkpoint, 'int8', path);
    expect(tensors.get('model.layers.0.mlp.up_proj.weight')).toMatchObject({ dtype: 'I8', shape: [48, 32] });
    const { mtimeMs } = await stat(path);
    await openWeightFile(seededConfig, checkpoint, 'int8', path);
    expect((await stat(path)).mtimeMs).toBe(mtimeMs);
    expect(await readdir(join(folder, 'once'))).toEqual(['int8.safetensors']);
  });

  it('is refused when its file is damaged, with what to do', async () => {
    const file = join(folder, 'damaged.safetensors');
    await writeFile(file, 'no header');
    const load = () => loadLanguageModel(join(folder, 'f32'), runtime, { weights: { format: 'int8', file } });
    await expect(load()).rejects.toThrow(/damaged.safetensors is damaged/);
    await writeSafetensors(file, new Map([['other', { shape: [1], data: new Float32Array(1) }]]));
    await expect(load()).rejects.toThrow(/has no tensor .*Remove the file/s);
  });
});

const golden = [
  { name: 'the package’s case', dir: REFERENCE_DIR },
  { name: 'golden mha', dir: referenceData('golden', 'mha') },
];

describe('golden cases by weight format', () => {
  for (const { name, dir } of golden) {
    for (const format of WEIGHT_FORMATS) {
      it.skipIf(!dir)(`${format}: ${name}${dir ? '' : ': the reference data is not at hand'}`, async () => {
        const weights = { format, file: join(folder, `${name} ${format}.safetensors`) };
        const errors = await compareWithReference(dir!, runtime, { weights });
        expect(failures(errors, REFERENCE_TOLERANCES[format]), JSON.stringify(errors)).toEqual([]);
      });
    }
  }
});

/** An f32 checkpoint of the numbers that `format` keeps. */
async function widenedCheckpoint(format: WeightFormat): Promise<string> {
  const dir = join(folder, `f32 of ${format}`);
  await writeSeededCheckpoint(dir, 'F32', 'F32');
  const source = await openCheckpoint(dir);
  const { tensors } = await openWeightFile(
    seededConfig,
    source,
    format,
    join(folder, 'cache', `${format}.safetensors`),
  );
  const widened = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, shape] of weightShapes(seededConfig)) {
    const location = tensors.get(name)!;
    if (!isQuantized(format) || shape.length < 2) {
      widened.set(name, { shape, data: await readTensor(location) });
      continue;
    }
    const type = quantizedType(format, name);
    const packed = await readBytes(location);
    const scales = await readTensor(tensors.get(scaleName(name))!);
    widened.set(name, { shape, data: dequantize(type, { packed, scales }, blockSize(type, shape[1]!)) });
  }
  await writeSafetensors(join(dir, 'model.safetensors'), widened);
  return dir;
}

async function readBytes({ file, byteOffset, byteLength }: { file: string; byteOffset: number; byteLength: number }) {
  const bytes = await readFile(file);
  return new Uint8Array(bytes.subarray(byteOffset, byteOffset + byteLength));
}

async function run(dir: string, options: LoadOptions) {
  const model = await loadLanguageModel(dir, runtime, options);
  const adapter = randomAdapter();
  const logits = await model.nextTokenLogits(
    rows.map(({ tokens }) => tokens),
    adapter,
  );
  const { loss, gradients } = await model.lossAndGradients(rows, adapter, { lossWeight: 1 });
  await model.close();
  return { logits, loss, gradients };
}

/** Of modules of each width, B not zero. */
function randomAdapter(): LoraAdapter {
  const tensors: LoraAdapter['tensors'] = new Map();
  const targetModules = ['q_proj', 'v_proj', 'down_proj'] as const;
  const config = { rank: 2, alpha: 4, dropout: 0, targetModules, rankStabilized: false };
  for (const { name, shape } of adapterTensors(config, seededConfig)) {
    tensors.set(name, { shape, data: normals(shape[0] * shape[1], tensors.size, 0.1) });
  }
  return { config, tensors };
}

function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return expected.reduce((max, value, i) => Math.max(max, Math.abs(actual[i]! - value)), 0) / largest;
}
