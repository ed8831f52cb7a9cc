import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFERENCE_DIR, readReferenceCase } from '../doctor/reference-case.ts';
import { readLlamaConfig } from '../llama/config.ts';
import { loadLanguageModel } from '../llama/load.ts';
import { LINEAR_MODULES, type LoraAdapter } from '../llama/lora.ts';
import { readAdapter } from '../llama/peft.ts';
import { encodeHeader, openCheckpoint, readSafetensorsHeader, type TensorLocation } from '../llama/safetensors.ts';
import { randomAdapter, writeSeededCheckpoint } from '../llama/seeded-checkpoint.ts';
import { referenceData } from '../reference-data.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { mergeAdapter } from './merge-adapter.ts';

const runtime = createRuntime('cpu', { threads: 1 });
const rows = [
  [3, 17, 9, 22, 5, 31, 8],
  [12, 4, 39],
];

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'merge-adapter-'));
  await writeSeededCheckpoint(at('f32'), 'F32', 'F32');
  await writeSeededCheckpoint(at('f16'), 'F16', 'F16');
  await writeSeededCheckpoint(at('bf16'), 'BF16', 'BF16');
});
afterAll(() => rm(folder, { recursive: true }));

const adapter = randomAdapter({ rank: 3, targetModules: LINEAR_MODULES, rankStabilized: true });

async function logitsOf(
  dir: string,
  tokens: readonly (readonly number[])[],
  lora?: LoraAdapter,
): Promise<Float32Array> {
  const model = await loadLanguageModel(dir, runtime);
  try {
    return await model.nextTokenLogits(tokens, lora);
  } finally {
    await model.close();
  }
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** What the model does not use, as old checkpoints have it. */
const ANGLES = 'model.layers.0.self_attn.rotary_emb.inv_freq';

const bytesOf = async ({ file, byteOffset, byteLength }: TensorLocation) =>
  (await readFile(file)).subarray(byteOffset, byteOffset + byteLength);

describe('base and adapter as one', () => {
  const cases = ['gqa', 'mha', 'mistral', 'qwen2', 'qwen3'].map((name) => referenceData('golden', name));
  const usable = [REFERENCE_DIR, ...cases.filter((dir) => dir !== undefined)];

  it.each(usable)('give the logits that PyTorch gives with both: %s', async (dir) => {
    const { baseDir, adapterDir, rows: cased, expected } = await readReferenceCase(dir);
    const out = at(`reference-${usable.indexOf(dir)}`);
    const lora = await readAdapter(adapterDir, await readLlamaConfig(baseDir));
    await mergeAdapter(baseDir, lora, out);
    const got = await logitsOf(
      out,
      cased.map(({ tokens }) => tokens),
    );
    expect(largestDifference(got, expected.last_logits.flat())).toBeLessThan(1e-4);
    expect(largestDifference(got, expected.last_logits_without_adapter.flat())).toBeGreaterThan(1e-3);
  });

  it('give equal logits in f32, in whatever pieces and however the base was stored', async () => {
    for (const [base, dtype] of [
      ['f32', undefined],
      ['f16', 'f32'],
      ['bf16', 'f32'],
    ] as const) {
      const out = at(`exact-${base}`);
      const merged = await mergeAdapter(at(base), adapter, out, { dtype, chunkValues: 24 });
      expect(merged).toMatchObject({ matrices: 7 * 2, roundedTo: [] });
      const apart = await logitsOf(at(base), rows, adapter);
      expect(largestDifference(await logitsOf(out, rows), apart), base).toBeLessThan(2e-5);
    }
    const whole = await mergeAdapter(at('f32'), adapter, at('whole'));
    const stored = [...(await openCheckpoint(at('whole'))).tensors.values()];
    expect(whole.bytes).toBe(stored.reduce((sum, { byteLength }) => sum + byteLength, 0));
    expect(await readFile(at('whole', 'model.safetensors'))).toEqual(
      await readFile(at('exact-f32', 'model.safetensors')),
    );
    expect(JSON.parse(await readFile(at('exact-f16', 'config.json'), 'utf8'))).toMatchObject({
      torch_dtype: 'float32',
    });
  });

  it.each(['f16', 'bf16'] as const)(
    'keep %s, to which merged weights are rounded, and leave all else as it was',
    async (base) => {
      const { roundedTo } = await mergeAdapter(at(base), randomAdapter({}), at(`kept-${base}`));
      expect(roundedTo).toEqual([base]);
      const [before, after] = [await openCheckpoint(at(base)), await openCheckpoint(at(`kept-${base}`))];
      expect([...after.tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual(
        [...before.tensors].map(([name, { dtype, shape }]) => [name, dtype, shape]),
      );
      for (const [name, location] of before.tensors) {
        const same = (await bytesOf(location)).equals(await bytesOf(after.tensors.get(name)!));
        expect(same, name).toBe(!/[qv]_proj/.test(name));
      }
      const apart = await logitsOf(at(base), rows, randomAdapter({}));
      const size = Math.max(...apart.map(Math.abs));
      expect(largestDifference(await logitsOf(at(`kept-${base}`), rows), apart) / size).toBeLessThan(
        base === 'f16' ? 2e-3 : 2e-2,
      );
    },
  );

  it('are sharded as the base is, with the files beside it, and with tensors that are no numbers of the model', async () => {
    const { tensors } = await openCheckpoint(at('f32'));
    await mkdir(at('sharded'));
    const names = [...tensors.keys()];
    const shards = { 'model-1.safetensors': names.slice(0, 9), 'model-2.safetensors': names.slice(9) };
    const weightMap: Record<string, string> = {};
    for (const [shard, held] of Object.entries(shards)) {
      const entries = held.map((name) => [name, tensors.get(name)!] as const);
      const parts = await Promise.all(entries.map(([, location]) => bytesOf(location)));
      const extra = shard === 'model-2.safetensors';
      const header = encodeHeader([...entries, ...(extra ? [[ANGLES, { dtype: 'I64', shape: [2] }] as const] : [])]);
      await writeFile(
        at('sharded', shard),
        Buffer.concat([...header, ...parts, ...(extra ? [Buffer.alloc(16, 7)] : [])]),
      );
      for (const name of [...held, ...(extra ? [ANGLES] : [])]) weightMap[name] = shard;
    }
    const index = JSON.stringify({ metadata: { total_size: 1 }, weight_map: weightMap });
    await writeFile(at('sharded', 'model.safetensors.index.json'), index);
    await writeFile(at('sharded', 'config.json'), await readFile(at('f32', 'config.json')));
    await writeFile(at('sharded', 'tokenizer.json'), '{}');
    await writeFile(at('sharded', 'notes.txt'), 'mine');
    await mergeAdapter(at('sharded'), adapter, at('deep', 'er', 'sharded-out'));
    const out = (...path: string[]) => at('deep', 'er', 'sharded-out', ...path);
    const files = [
      'config.json',
      'model-1.safetensors',
      'model-2.safetensors',
      'model.safetensors.index.json',
      'tokenizer.json',
    ];
    expect((await readdir(out())).sort()).toEqual(files);
    const merged = JSON.parse(await readFile(out('model.safetensors.index.json'), 'utf8'));
    expect(merged.weight_map).toEqual(weightMap);
    const locations = await Promise.all(Object.keys(shards).map((shard) => readSafetensorsHeader(out(shard))));
    const held = locations.flatMap((file) => [...file.tensors.values()]);
    expect(merged.metadata.total_size).toBe(held.reduce((sum, { byteLength }) => sum + byteLength, 0));
    expect([...(await bytesOf(locations[1]!.tensors.get(ANGLES)!))]).toEqual(Array(16).fill(7));
    expect(largestDifference(await logitsOf(out(), rows), await logitsOf(at('f32'), rows, adapter))).toBeLessThan(2e-5);
  });

  it('take the place of nothing, and leave nothing behind when they are not whole', async () => {
    await mkdir(at('taken'));
    await expect(mergeAdapter(at('f32'), adapter, at('taken'))).rejects.toMatchObject({ code: 'CONFLICT' });
    const before = await readdir(folder);
    const stopped = mergeAdapter(at('f32'), adapter, at('stopped'), { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    const huge = randomAdapter({ alpha: 1e7 });
    await expect(mergeAdapter(at('f16'), huge, at('huge'))).rejects.toMatchObject({
      code: 'ADAPTER_INVALID',
      message: expect.stringMatching(/proj\.weight with the adapter is beyond what f16 holds.*--dtype f32/),
    });
    expect(await readdir(folder)).toEqual(before);
  });
});
