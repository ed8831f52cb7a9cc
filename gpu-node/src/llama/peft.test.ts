import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '@tallrec/shared/random';
import { adapterId } from '@tallrec/shared/wire/adapters';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referenceData } from '../reference-data.ts';
import { initAdapter } from '../train/lora-init.ts';
import { readLlamaConfig } from './config.ts';
import { loraTensorName, modulePath, moduleShape } from './linear-modules.ts';
import { LINEAR_MODULES, type LinearModule, type LoraAdapter, loraScale } from './lora.ts';
import { adapterTensors, hashAdapterFiles, readAdapter, writeAdapter } from './peft.ts';
import { encodeSafetensors, type NamedTensor, readSafetensorsHeader } from './safetensors.ts';

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
    [{ use_dora: true }, /is DoRA, not plain LoRA \(use_dora: true\).*merge_and_unload/],
    [{ rank_pattern: { q_proj: 2 } }, /q_proj\.lora_A\.weight is \[4,\d+\], the model needs \[2,/],
    [{ modules_to_save: ['lm_head'] }, /embeddings or the head \(modules_to_save: \["lm_head"\]\)/],
    [{ trainable_token_indices: [1, 2] }, /embeddings of tokens/],
    [{ layers_to_transform: [0] }, /layers\.1\.self_attn.*does not ask for/],
    [{ layers_to_transform: 'first' }, /layers_to_transform: /],
    [{ target_modules: ['q_proj', 'v_proj', 'k_proj'] }, /lacks the tensor .*k_proj.*asks for/],
    [{ target_modules: '.*(q_proj' }, /choice of modules cannot be read/],
    [{ target_modules: '(.|.)*(.|.)*(.|.)*!' }, /takes longer than/],
    [{ peft_type: 'IA3' }, /type IA3/],
    [{ task_type: 'SEQ_CLS' }, /task SEQ_CLS, which answers by a head of its own.*CAUSAL_LM/],
    [{ peft_type: 'ADALORA' }, /type ADALORA, not LORA.*merge_and_unload/],
    [{ init_lora_weights: 'pissa' }, /pissa/],
    [{ lora_alpha: 0 }, /lora_alpha is 0, .*changes nothing/],
    [{ alpha_pattern: { '.*': 0 } }, /lora_alpha is 0/],
    [
      { target_modules: ['q_proj', 'v_proj', 'lm_head'] },
      /chooses lm_head, .*not adapt.*take it out of target_modules/,
    ],
    [{ target_modules: '.*(q_proj|v_proj|embed_tokens)' }, /chooses model\.embed_tokens/],
    [{ r: 3 }, /the model needs \[3,/],
    [{ r: 'four' }, /r: /],
  ])('%j is refused', async (change, message) => {
    await expect(
      readAdapter(await changed(`bad-${JSON.stringify(change).replace(/\W/g, '')}`, change), model),
    ).rejects.toThrow(message);
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

/** As PEFT writes an adapter, with these tensors. */
async function saved(
  name: string,
  change: Record<string, unknown>,
  tensors: Map<string, NamedTensor>,
): Promise<string> {
  const place = await changed(name, change);
  await writeFile(join(place, 'adapter_model.safetensors'), encodeSafetensors(tensors, { format: 'pt' }));
  return place;
}

function random(shape: readonly number[], seed: number): NamedTensor {
  const numbers = Random.seeded(seed);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => numbers.uniform() - 0.5);
  return { shape, data };
}

const nameOf = (layer: number, module: LinearModule, matrix: 'A' | 'B') => loraTensorName(layer, module, matrix);

/** Random matrices of some modules, each of its own rank. */
function matrices(modules: readonly { layer: number; module: LinearModule; rank: number }[]): Map<string, NamedTensor> {
  return new Map(
    modules.flatMap(({ layer, module, rank }, index) => {
      const [outSize, inSize] = moduleShape(model, module);
      return [
        [nameOf(layer, module, 'A'), random([rank, inSize], 2 * index)],
        [nameOf(layer, module, 'B'), random([outSize, rank], 2 * index + 1)],
      ] as [string, NamedTensor][];
    }),
  );
}

/** scale · B A of a module, [out, in]: what an adapter adds to its weight; undefined where it adds nothing. */
function deltaOf(tensors: ReadonlyMap<string, NamedTensor>, layer: number, module: LinearModule, scale: number) {
  const [a, b] = [tensors.get(nameOf(layer, module, 'A')), tensors.get(nameOf(layer, module, 'B'))];
  if (!a || !b) return undefined;
  const [rank, inSize] = a.shape as [number, number];
  const delta = Array.from({ length: b.shape[0]! * inSize }, (_, at) => {
    const [row, column] = [Math.floor(at / inSize), at % inSize];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += b.data[row * rank + r]! * a.data[r * inSize + column]!;
    return scale * sum;
  });
  return delta.every((value) => value === 0) ? undefined : delta;
}

/** The reference adapter with its tensors changed. */
async function rewritten(
  name: string,
  change: (name: string, tensor: NamedTensor) => [string, NamedTensor],
): Promise<string> {
  const { tensors } = await readAdapter(join(reference, 'adapter'), model);
  return saved(name, {}, new Map([...tensors].map(([key, tensor]) => change(key, tensor))));
}

const times =
  (matrix: 'A' | 'B', factor: number) =>
  (name: string, { shape, data }: NamedTensor) =>
    [name, { shape, data: name.includes(`.lora_${matrix}.`) ? data.map((value) => value * factor) : data }] as [
      string,
      NamedTensor,
    ];

describe('an adapter that changes nothing', () => {
  test.each([
    ['every A zero', times('A', 0), /is empty: every A is zero, so it changes nothing/],
    ['every B zero', times('B', 0), /is empty: every B is zero, so it changes nothing/],
    ['a B below what float32 adds', times('B', 1e-30), /is empty: no product B A .*float32, so it changes nothing/],
  ])('by %s is refused', async (what, change, message) => {
    const error = { code: 'ADAPTER_INVALID', message: expect.stringMatching(message) };
    await expect(readAdapter(await rewritten(what, change), model)).rejects.toMatchObject(error);
  });

  test('in some modules alone, or but little, is read', async () => {
    await readAdapter(await rewritten('little', times('B', 1e-6)), model);
    const patterned = await readAdapter(
      await changed('patterned', { lora_alpha: 0, alpha_pattern: { v_proj: 8 } }),
      model,
    );
    const plain = await readAdapter(join(reference, 'adapter'), model);
    for (const module of ['q_proj', 'v_proj'] as const) {
      const scale = loraScale(patterned.config);
      const expected = module === 'v_proj' ? deltaOf(plain.tensors, 0, module, 8 / plain.config.rank) : undefined;
      expect(deltaOf(patterned.tensors, 0, module, scale)).toEqual(expected);
    }
  });
});

describe('tensors under the names of other tools', () => {
  const PEFT = 'base_model.model.model.';
  test.each([
    ['model.', /begins with "model\."/],
    ['', /has nothing before "layers\."/],
    ['module.base_model.model.model.', /begins with "module\.base_model/],
    ['base_model.model.base_model.model.model.', /begins with "base_model\.model\.base_model/],
    ['base_model.model.language_model.model.', /language_model/],
  ])('beginning with "%s" are told from those of another model', async (prefix, message) => {
    const dir = await rewritten(`prefix-${prefix}`, (name, tensor) => [name.replace(PEFT, prefix), tensor]);
    const words = await readAdapter(dir, model).catch((error: Error) => error.message);
    expect(words).toMatch(message);
    expect(words).toContain(`PEFT writes ${nameOf(0, 'q_proj', 'A')}`);
    expect(words).toContain(`{'${PEFT}layers.' + k.split('layers.', 1)[1]: v`);
    expect(words).not.toContain('very model');
  });

  test.each(['lora.', 'lora_', 'lora_linear_layer.'])('as %sdown and %sup are told', async (stem) => {
    const dir = await rewritten(`stem-${stem}`, (name, tensor) => [
      name.replace('lora_A', `${stem}down`).replace('lora_B', `${stem}up`),
      tensor,
    ]);
    await expect(readAdapter(dir, model)).rejects.toThrow(
      new RegExp(
        `named as diffusers does, where PEFT writes .*lora_A.*replace\\('\\.${stem.replace('.', '\\.')}down\\.', '\\.lora_A`,
      ),
    );
  });
});

describe('modules that are chosen one by one', () => {
  const all = (['q_proj', 'v_proj'] as const).flatMap((module) =>
    Array.from({ length: model.layers }, (_, layer) => ({ layer, module, rank: 4 })),
  );
  const last = model.layers - 1;
  const ofLast = all.filter(({ layer }) => layer === last);

  test.each([
    ['layers_to_transform', { layers_to_transform: [last] }],
    ['one layer as a number', { layers_to_transform: last }],
    ['layers_pattern', { layers_to_transform: [last], layers_pattern: 'layers' }],
    ['a regular expression', { target_modules: `.*\\.layers\\.(${last})\\.self_attn\\.(q_proj|v_proj)` }],
    ['a named group of Python', { target_modules: `(?i)(?P<all>.*)\\.${last}\\.SELF_ATTN\\.[qv]_proj\\Z` }],
    ['names in full', { target_modules: ofLast.map(({ layer, module }) => modulePath(layer, module)) }],
    ['exclude_modules', { exclude_modules: `.*layers\\.(?!${last}\\.).*` }],
    [
      'a list of exclude_modules',
      {
        exclude_modules: all
          .filter(({ layer }) => layer !== last)
          .map(({ layer, module }) => modulePath(layer, module)),
      },
    ],
  ])('by %s add nothing in the other layers, and zeros stay zeros', async (name, change) => {
    const tensors = matrices(ofLast);
    const adapter = await readAdapter(await saved(`one-${name.replaceAll(' ', '-')}`, change, tensors), model);
    const scale = loraScale(adapter.config);
    for (const { layer, module } of all) {
      expect(deltaOf(adapter.tensors, layer, module, scale)).toEqual(deltaOf(tensors, layer, module, scale));
    }
    expect([...adapter.tensors.keys()]).toEqual(
      [...adapterTensors(adapter.config, model)].map(({ name: each }) => each),
    );
    const zeros = [...adapter.tensors].filter(([each]) => !tensors.has(each));
    expect(zeros).toHaveLength(adapter.tensors.size - tensors.size);
    expect(zeros.every(([, { data }]) => data.every((value) => value === 0))).toBe(true);
  });

  test.each([false, true])('with ranks and alphas of their own, rank-stabilised: %s', async (stabilised) => {
    const ranks = { q_proj: 2, v_proj: 4 };
    const modules = all.map((each) => ({ ...each, rank: each.layer === last ? 3 : ranks[each.module] }));
    const tensors = matrices(modules);
    const change = {
      r: 4,
      lora_alpha: 8,
      use_rslora: stabilised,
      rank_pattern: { [`model\\.layers\\.${last}\\..*`]: 3, q_proj: 2 },
      alpha_pattern: { [`layers.${last}.self_attn.v_proj`]: 5 },
    };
    const adapter = await readAdapter(await saved(`ranks-${stabilised}`, change, tensors), model);
    for (const { layer, module, rank } of modules) {
      const alpha = layer === last && module === 'v_proj' ? 5 : 8;
      const want = deltaOf(tensors, layer, module, alpha / (stabilised ? Math.sqrt(rank) : rank))!;
      const got = deltaOf(adapter.tensors, layer, module, loraScale(adapter.config))!;
      const off = want.map((value, at) => Math.abs(value - got[at]!));
      expect(Math.max(...off)).toBeLessThan(1e-6);
    }
    await writeAdapter(join(dir, `ranks-again-${stabilised}`), adapter);
    const again = await readAdapter(join(dir, `ranks-again-${stabilised}`), model);
    expect(again.tensors).toEqual(adapter.tensors);
    expect(again.config.alpha / again.config.rank).toBeCloseTo(loraScale(adapter.config), 12);
  });

  test('all of them are meant by all-linear', async () => {
    const modules = LINEAR_MODULES.flatMap((module) => all.slice(0, model.layers).map((each) => ({ ...each, module })));
    const adapter = await readAdapter(
      await saved('linear', { target_modules: 'all-linear' }, matrices(modules)),
      model,
    );
    expect(adapter.config.targetModules).toEqual(LINEAR_MODULES);
  });
});

describe('an adapter as others leave it', () => {
  const original = () => readAdapter(join(reference, 'adapter'), model);

  test.each(['default', 'my.adapter'])('with the name %s in its keys', async (adapterName) => {
    const adapter = await original();
    const renamed = new Map(
      [...adapter.tensors].map(([name, tensor]) => [name.replace(/weight$/, `${adapterName}.weight`), tensor]),
    );
    expect((await readAdapter(await saved(`named-${adapterName}`, {}, renamed), model)).tensors).toEqual(
      adapter.tensors,
    );
    const both = new Map([...renamed, ...adapter.tensors]);
    await expect(readAdapter(await saved(`both-${adapterName}`, {}, both), model)).rejects.toThrow(
      `several adapters: ${adapterName}, (without a name).`,
    );
    const named = new Map(
      [...adapter.tensors].map(([name, tensor]) => [name.replace(/weight$/, 'other.weight'), tensor]),
    );
    const two = await saved(`two-${adapterName}`, {}, new Map([...renamed, ...named]));
    await expect(readAdapter(two, model)).rejects.toThrow(`several adapters: ${adapterName}, other.`);
  });

  test.each([
    { fan_in_fan_out: true },
    { bias: 'lora_only' },
    { modules_to_save: [], merge_weights: false, enable_lora: null },
  ])('with %j, which means nothing for a LLaMA', async (change) => {
    const warnings: string[] = [];
    const place = await changed(`means-nothing-${Object.keys(change)}`, change);
    const adapter = await readAdapter(place, model, { onWarning: (warning) => warnings.push(warning) });
    expect(adapter.tensors).toEqual((await original()).tensors);
    expect(warnings).toEqual([]);
  });

  test('with settings of another trainer, which are named', async () => {
    const warnings: string[] = [];
    const place = await changed('trainer', { lorap_emb_lr: 1e-6, lorap_lr_ratio: null, something_new: 'x' });
    const adapter = await readAdapter(place, model, { onWarning: (warning) => warnings.push(warning) });
    expect(adapter.tensors).toEqual((await original()).tensors);
    expect(warnings).toEqual([
      expect.stringMatching(/lorap_emb_lr \(0.000001\)/),
      expect.stringMatching(/something_new \("x"\)/),
    ]);
  });

  test.each([
    ['base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector', /of DoRA.*merge_and_unload/],
    ['base_model.model.model.embed_tokens.weight', /of embeddings.*merge_and_unload/],
    ['base_model.model.lm_head.lora_A.weight', /of the head/],
    ['base_model.model.lm_head.modules_to_save.default.weight', /of the head/],
    ['base_model.model.model.norm.modules_to_save.weight', /of a whole module/],
    ['base_model.model.model.layers.0.self_attn.q_proj.bias', /a bias/],
    ['base_model.model.model.layers.9.self_attn.q_proj.lora_A.weight', /no LoRA tensor of this model of \d+ layers/],
  ])('with %s is refused in words', async (name, message) => {
    const { tensors } = await original();
    const place = await saved(
      `stranger-${name}`,
      {},
      new Map<string, NamedTensor>([...tensors, [name, random([4, 4], 1)]]),
    );
    await expect(readAdapter(place, model)).rejects.toThrow(message);
  });

  test('as a pickle says how to convert it, and as a Git LFS pointer how to fetch it', async () => {
    const place = await changed('pickle', {});
    const weights = join(place, 'adapter_model.safetensors');
    await writeFile(weights, 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 25616\n');
    await expect(readAdapter(place, model)).rejects.toThrow(
      /adapter_model\.safetensors is a Git LFS pointer.*git lfs pull/,
    );
    await rm(weights);
    await writeFile(join(place, 'adapter_model.bin'), 'PK');
    await expect(readAdapter(place, model)).rejects.toThrow(
      /adapter_model\.bin is a pickle.*python -c "import torch;.*save_file/,
    );
  });

  test('is called by the name that was asked for, wherever it lies', async () => {
    const place = await changed('secret-place', { r: 3 });
    const named = readAdapter(place, model, { name: 'adapter 0123' });
    await expect(named).rejects.toThrow(/^adapter 0123\/adapter_model\.safetensors: /);
    await writeFile(join(place, 'adapter_model.safetensors'), 'none');
    await expect(readAdapter(place, model, { name: 'adapter 0123' })).rejects.toThrow(
      /^adapter 0123\/adapter_model\.safetensors is damaged/,
    );
  });
});

describe('adapters as they are found', () => {
  const place = (...path: string[]) => referenceData('cases', ...path);
  const movies = fileURLToPath(new URL('../../models/tallrec-movies', import.meta.url));
  const readHere = async (...path: string[]) => readAdapter(place(...path)!, await readLlamaConfig(movies));

  test.skipIf(!place('12-layers-to-transform')).each(['a', 'regex'])('of two layers, by %s', async (choice) => {
    const whole = await readHere('12-layers-to-transform', 'reference');
    const adapter = await readHere('12-layers-to-transform', choice);
    expect(adapter.config).toEqual(whole.config);
    for (const [name, { data }] of adapter.tensors) {
      if (/layers\.[01]\./.test(name)) expect(data.every((value) => value === 0)).toBe(true);
      else expect(data).toEqual(whole.tensors.get(name)!.data);
    }
  });

  test.skipIf(!place('11-default-in-keys')).each(['11-default-in-keys', '14-ms-swift-extra-fields'])(
    'as %s',
    async (name) => {
      expect(await readHere(name)).toEqual(await readHere('00-good-adapter'));
    },
  );

  test.skipIf(!place('10-old-peft-adapter-bin'))('as a pickle, or without its weights', async () => {
    await expect(readHere('10-old-peft-adapter-bin')).rejects.toThrow(/is a pickle/);
    await expect(readHere('51-bad-adapters', 'lfs')).rejects.toThrow(/Git LFS pointer/);
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
