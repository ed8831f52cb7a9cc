import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '@tallrec/shared/random';
import { adapterId } from '@tallrec/shared/wire/adapters';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { initAdapter } from '../train/lora-init.ts';
import { readLlamaConfig } from './config.ts';
import type { LoraAdapter } from './lora.ts';
import { hashAdapterFiles, readAdapter, writeAdapter } from './peft.ts';
import { readSafetensorsHeader } from './safetensors.ts';

const reference = fileURLToPath(new URL('../../fixtures/reference', import.meta.url));
const model = await readLlamaConfig(join(reference, 'base'));
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'peft-'));
});
afterAll(() => rm(dir, { recursive: true }));

const read = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

async function changed(name: string, change: Record<string, unknown>): Promise<string> {
  const place = join(dir, name);
  await mkdir(place, { recursive: true });
  const config = await read(join(reference, 'adapter', 'adapter_config.json'));
  await writeFile(join(place, 'adapter_config.json'), JSON.stringify({ ...config, ...change }));
  await writeFile(
    join(place, 'adapter_model.safetensors'),
    await readFile(join(reference, 'adapter', 'adapter_model.safetensors')),
  );
  return place;
}

describe('an adapter that PEFT wrote', () => {
  test('is read, and written again is the same: fields, names, shapes, metadata and bytes', async () => {
    const adapter = await readAdapter(join(reference, 'adapter'), model);
    const files = await writeAdapter(join(dir, 'again'), adapter);
    expect(await read(join(dir, 'again', 'adapter_config.json'))).toEqual(
      await read(join(reference, 'adapter', 'adapter_config.json')),
    );
    const [theirs, ours] = await Promise.all(
      [join(reference, 'adapter'), join(dir, 'again')].map((place) =>
        readSafetensorsHeader(join(place, 'adapter_model.safetensors')),
      ),
    );
    expect(ours!.metadata).toEqual(theirs!.metadata);
    expect([...ours!.tensors].map(([name, { shape, dtype }]) => [name, shape, dtype])).toEqual(
      [...theirs!.tensors].map(([name, { shape, dtype }]) => [name, shape, dtype]),
    );
    expect((await readAdapter(join(dir, 'again'), model)).tensors).toEqual(adapter.tensors);
    expect(await hashAdapterFiles(join(dir, 'again'))).toEqual(files);
    expect(await adapterId(files)).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    [{ use_dora: true }, /use_dora = true/],
    [{ rank_pattern: { q_proj: 2 } }, /rank_pattern/],
    [{ modules_to_save: ['lm_head'] }, /modules_to_save/],
    [{ layers_to_transform: [0] }, /layers_to_transform/],
    [{ something_new: 'x' }, /something_new = "x"/],
    [{ bias: 'all' }, /trains biases/],
    [{ peft_type: 'IA3' }, /type IA3/],
    [{ init_lora_weights: 'pissa' }, /pissa/],
    [{ r: 3 }, /the model needs \[3,/],
    [{ r: 'four' }, /r: /],
  ])('%j is refused', async (change, message) => {
    await expect(readAdapter(await changed(`bad-${Object.keys(change)}`, change), model)).rejects.toThrow(message);
  });

  test('belongs to its model', async () => {
    await expect(readAdapter(join(reference, 'adapter'), { ...model, layers: model.layers + 1 })).rejects.toThrow(
      /lacks the tensor/,
    );
    await expect(readAdapter(join(reference, 'adapter'), { ...model, layers: 1 })).rejects.toThrow(
      /no LoRA tensor of this model/,
    );
    await expect(readAdapter(join(dir, 'nowhere'), model)).rejects.toThrow(/adapter_config\.json is missing/);
  });
});

describe('a fresh adapter', () => {
  const config: LoraAdapter['config'] = {
    rank: 4,
    alpha: 8,
    dropout: 0.05,
    targetModules: ['q_proj', 'k_proj', 'down_proj'],
    rankStabilized: true,
  };

  test('has A in ±1/√in and B zero, so it is refused as empty', async () => {
    const adapter = initAdapter(config, model, Random.seeded(1));
    expect(adapter.tensors.size).toBe(2 * 3 * model.layers);
    for (const [name, { shape, data }] of adapter.tensors) {
      if (name.endsWith('lora_B.weight')) expect(data.every((value) => value === 0)).toBe(true);
      else {
        const bound = 1 / Math.sqrt(shape[1]);
        const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
        const variance = data.reduce((sum, value) => sum + value ** 2, 0) / data.length;
        expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(bound);
        expect(Math.abs(mean)).toBeLessThan((4 * bound) / Math.sqrt(3 * data.length));
        expect(variance / (bound ** 2 / 3)).toBeGreaterThan(0.7);
      }
    }
    await expect(writeAdapter(join(dir, 'empty'), adapter)).rejects.toThrow(/empty: every B is zero/);
  });

  test('any modules and a stabilised rank come back', async () => {
    const adapter = initAdapter(config, model, Random.seeded(1));
    [...adapter.tensors.values()].at(-1)!.data[0] = 0.5;
    await writeAdapter(join(dir, 'fresh'), adapter, 'some-model');
    expect(await readAdapter(join(dir, 'fresh'), model)).toEqual(adapter);
    expect(await read(join(dir, 'fresh', 'adapter_config.json'))).toMatchObject({
      base_model_name_or_path: 'some-model',
      target_modules: ['q_proj', 'k_proj', 'down_proj'],
      use_rslora: true,
    });
  });
});
