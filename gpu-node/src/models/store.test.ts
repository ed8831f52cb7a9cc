import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTinyModel } from '../tiny-model.ts';
import { checkpointContentHash } from './content-hash.ts';
import { importModel, listModels, resolveModel } from './store.ts';

const addedAt = new Date('2026-01-02T03:04:05Z');
let dir: string;
let checkpoint: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'store-'));
  checkpoint = join(dir, 'my-llama');
  await writeTinyModel(checkpoint, { corpus: ['a few words'] });
});
afterAll(() => rm(dir, { recursive: true }));

const store = (name: string) => ({ home: join(dir, name), modelsDir: join(dir, name, 'models') });

describe('the model store', () => {
  test.each([false, true])('imports a checkpoint (copy: %s) and finds it by name', async (copy) => {
    const paths = store(`home-${copy}`);
    const model = await importModel(checkpoint, paths, { copy, addedAt });
    expect(model).toMatchObject({ name: 'my-llama', layers: 4, source: checkpoint });
    expect(await listModels(paths)).toEqual([model]);
    const place = await resolveModel('my-llama', paths);
    expect(place).toEqual({ name: 'my-llama', dir: model.dir, contentHash: model.contentHash });
    expect(await resolveModel(checkpoint, paths)).toEqual({ ...place, dir: checkpoint });
    expect((await readdir(paths.modelsDir)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('a name with a slash, and importing again, replace nothing else', async () => {
    const paths = store('slash');
    await importModel(checkpoint, paths, { name: 'org/one', addedAt });
    await importModel(checkpoint, paths, { name: 'two', addedAt });
    await importModel(checkpoint, paths, { name: 'org/one', addedAt });
    expect((await listModels(paths)).map(({ name }) => name)).toEqual(['org/one', 'two']);
  });

  test('a model whose files changed is not used by its name', async () => {
    const paths = store('changed');
    const { dir: place } = await importModel(checkpoint, paths, { copy: true, addedAt });
    const config = join(place, 'config.json');
    await writeFile(config, (await readFile(config, 'utf8')).replace('10000', '10001'));
    await expect(resolveModel('my-llama', paths)).rejects.toThrow(/have changed since it was added.*Add it again/);
  });

  test('what cannot be used is not added', async () => {
    const paths = store('bad');
    const broken = join(dir, 'broken');
    await cp(checkpoint, broken, { recursive: true });
    await writeFile(
      join(broken, 'model.safetensors'),
      (await readFile(join(broken, 'model.safetensors'))).subarray(0, 5000),
    );
    await expect(importModel(broken, paths, { addedAt })).rejects.toThrow(/damaged/);
    await expect(importModel(join(dir, 'nowhere'), paths, { addedAt })).rejects.toThrow(/no directory/);
    await expect(importModel(checkpoint, paths, { name: '../evil', addedAt })).rejects.toThrow(/no name for a model/);
    expect(await listModels(paths)).toEqual([]);
    await expect(resolveModel('unknown', paths)).rejects.toThrow(/neither a directory nor a name.*models pull/);
  });
});

describe('what is known at import', () => {
  const changed = async (name: string, file: string, change: (json: Record<string, unknown>) => unknown) => {
    const copy = join(dir, name);
    await cp(checkpoint, copy, { recursive: true });
    const json = JSON.parse(await readFile(join(copy, file), 'utf8'));
    const content = change(json);
    await writeFile(join(copy, file), typeof content === 'string' ? content : JSON.stringify(content));
    return copy;
  };
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 2104556\n';

  test.each([
    [
      'eos',
      'config.json',
      (json: object) => ({ ...json, eos_token_id: -1 }),
      /eos_token_id is -1, which is no token\. Set/,
    ],
    ['lfs', 'tokenizer.json', () => pointer, /tokenizer\.json is a Git LFS pointer.*of 2104556 bytes.*git lfs pull/],
    ['bits', 'config.json', (json: object) => ({ ...json, quantization_config: { bits: 4 } }), /quantised beforehand/],
    [
      'layers',
      'config.json',
      (json: object) => ({ ...json, num_hidden_layers: 3 }),
      /does not use: model\.layers\.3\./,
    ],
    [
      'tokens',
      'tokenizer.json',
      (json: object) => ({ ...json, added_tokens: [{ id: 5000, content: 'Babe (1995)', special: false }] }),
      /tokens up to 5000, the model of config\.json takes \d+/,
    ],
  ])('refuses what the first scoring would: %s', async (name, file, change, message) => {
    const source = await changed(name, file, change);
    await expect(importModel(source, store(`home-${name}`), { addedAt })).rejects.toThrow(message);
  });

  const bos = {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 0 } }],
    special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } },
  };
  test.each([
    ['no class, no BOS', null, {}, 0],
    ['4 begins with BOS', null, { tokenizer_class: 'LlamaTokenizer' }, /4 begins a text with <s>.*5 without it/],
    ['4 begins with BOS as the model', null, { tokenizer_class: undefined }, /4 begins a text with <s>/],
    ['neither does', null, { tokenizer_class: 'LlamaTokenizer', add_bos_token: false }, 0],
    ['both do', bos, { tokenizer_class: 'LlamaTokenizerFast', add_bos_token: true }, 0],
    [
      '5 alone does',
      bos,
      { tokenizer_class: 'LlamaTokenizerFast', add_bos_token: false },
      /4 begins a text without it.*5 with <s>/,
    ],
    ['a setting that neither reads', bos, { tokenizer_class: 'PreTrainedTokenizerFast', add_bos_token: false }, 0],
    ['a class that 5 builds anew', null, { tokenizer_class: 'GPT2Tokenizer' }, /5 parts words as GPT-2 does/],
  ])('says where transformers 4 and 5 make other tokens: %s', async (name, post_processor, settings, expected) => {
    const source = await changed(name, 'tokenizer.json', (json) => ({ ...json, post_processor }));
    const file = join(source, 'tokenizer_config.json');
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...settings }));
    const warnings: string[] = [];
    const onWarning = (warning: string) => warnings.push(warning);
    await importModel(source, store('warned'), { name: 'warned', addedAt, onWarning });
    if (expected === 0) expect(warnings).toEqual([]);
    else expect(warnings).toEqual([expect.stringMatching(expected as RegExp)]);
  });
});

describe('the content hash', () => {
  test('is that of the content, not of the place', async () => {
    const copy = join(dir, 'copy');
    await cp(checkpoint, copy, { recursive: true });
    const cache = join(dir, 'hashes');
    const hash = await checkpointContentHash(checkpoint, cache);
    expect(await checkpointContentHash(copy, cache)).toBe(hash);
    expect(await checkpointContentHash(checkpoint, cache)).toBe(hash);
    expect(await readdir(cache)).toHaveLength(2);
    await writeFile(join(copy, 'tokenizer_config.json'), '{}');
    expect(await checkpointContentHash(copy, cache)).not.toBe(hash);
  });
});
