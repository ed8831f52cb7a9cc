// A checkpoint is read whole or refused, in words that say what is there and what to do.
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { readCheckpoint } from './checkpoint.ts';
import { loadLanguageModel } from './load.ts';
import { openCheckpoint, readTensor, writeSafetensors } from './safetensors.ts';
import { normals, writeSeededCheckpoint } from './seeded-checkpoint.ts';
import type { Weights } from './trainable-model.ts';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true }));

const path = () => join(folder, `${count++}`);

/** A seeded checkpoint whose tensors were changed. */
async function checkpoint(
  change: (weights: Weights) => void = () => {},
  config: Record<string, unknown> = {},
): Promise<string> {
  const dir = path();
  await writeSeededCheckpoint(dir, 'F32', 'F32', config);
  const weights: Weights = new Map();
  for (const [name, location] of (await openCheckpoint(dir)).tensors) {
    weights.set(name, { shape: location.shape, data: await readTensor(location) });
  }
  change(weights);
  await writeSafetensors(join(dir, 'model.safetensors'), weights);
  return dir;
}

const vector = (length: number) => ({ shape: [length], data: normals(length, 1, 0.1) });
const EMBEDDINGS = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';

describe('every tensor of a checkpoint', () => {
  it.each([
    ['a bias without attention_bias', 'model.layers.0.self_attn.q_proj.bias', /"attention_bias": true in config/],
    ['a bias of the MLP', 'model.layers.1.mlp.up_proj.bias', /"mlp_bias": true in config/],
    ['a norm of Qwen3', 'model.layers.0.self_attn.q_norm.weight', /Qwen3 normalises queries and keys/],
    ['a layer too many', 'model.layers.2.input_layernorm.weight', /"num_hidden_layers": 2: download/],
    ['an adapter’s matrix', 'model.layers.0.self_attn.q_proj.lora_A.default.weight', /adapter was saved within/],
    ['what quantisation adds', 'model.layers.0.mlp.up_proj.weight_scale', /quantised beforehand/],
    ['what nobody knows', 'score.weight', /config\.json belongs to these weights/],
  ])('is used or refused by name: %s', async (_, name, fix) => {
    const dir = await checkpoint((weights) => weights.set(name, vector(32)));
    await expect(readCheckpoint(dir)).rejects.toThrow(`does not use: ${name}.`);
    await expect(readCheckpoint(dir)).rejects.toThrow(fix);
    await expect(loadLanguageModel(dir, createRuntime('cpu', { threads: 1 }))).rejects.toThrow('does not use');
  });

  it('is told by three names and a number where there are many', async () => {
    const dir = await checkpoint((weights) => {
      for (let i = 0; i < 5; i++) weights.set(`extra.${i}`, vector(2));
    });
    await expect(readCheckpoint(dir)).rejects.toThrow('extra.0, extra.1, extra.2 and 2 more.');
  });

  it('says nothing where it follows from config.json', async () => {
    const dir = await checkpoint((weights) => {
      weights.set('model.layers.0.self_attn.rotary_emb.inv_freq', vector(4));
      weights.set('model.rotary_emb.inv_freq', vector(4));
    });
    expect((await readCheckpoint(dir)).warnings).toEqual([]);
  });

  it.each([
    [HEAD, /lacks the tensor lm_head\.weight\. If the model's head is its embeddings, set "tie_word_embeddings": true/],
    ['model.norm.weight', /lacks the tensor model\.norm\.weight\. Check that config\.json belongs/],
  ])('is missed: %s', async (name, message) => {
    await expect(readCheckpoint(await checkpoint((weights) => weights.delete(name)))).rejects.toThrow(message);
  });

  it('is missed under the name that another program gave it', async () => {
    const dir = await checkpoint((weights) => {
      for (const [name, tensor] of [...weights]) {
        weights.delete(name);
        weights.set(`module.${name}`, tensor);
      }
    });
    await expect(readCheckpoint(dir)).rejects.toThrow(
      /lacks the tensor model\.embed_tokens\.weight, and has module\.model\.embed_tokens\.weight in its place/,
    );
  });
});

describe('a head beside embeddings that it is tied to', () => {
  const tied = { tie_word_embeddings: true };
  const logits = async (dir: string) => {
    const model = await loadLanguageModel(dir, createRuntime('cpu', { threads: 1 }));
    const result = [...(await model.nextTokenLogits([[3, 17, 9]], undefined))];
    await model.close();
    return result;
  };

  it('is passed over where it equals them', async () => {
    const dir = await checkpoint((weights) => weights.set(HEAD, weights.get(EMBEDDINGS)!), tied);
    const { config, warnings } = await readCheckpoint(dir);
    expect(config.tieWordEmbeddings).toBe(true);
    expect(warnings).toEqual([]);
  });

  it('is used where it differs, as transformers 5 does, and told', async () => {
    const own = await checkpoint();
    const dir = path();
    await cp(own, dir, { recursive: true });
    const config = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8'));
    await writeFile(join(dir, 'config.json'), JSON.stringify({ ...config, ...tied }));
    const { warnings } = await readCheckpoint(dir);
    expect(warnings).toEqual([expect.stringMatching(/lm_head\.weight of its own.*transformers 5.*transformers 4/)]);
    expect(await logits(dir)).toEqual(await logits(own));
  });

  it('serves as both where it alone was saved', async () => {
    const dir = await checkpoint((weights) => {
      weights.set(HEAD, weights.get(EMBEDDINGS)!);
      weights.delete(EMBEDDINGS);
    }, tied);
    expect(await logits(dir)).toEqual(await logits(await checkpoint(undefined, tied)));
  });
});

describe('weights that are not read', () => {
  it.each([
    ['pytorch_model.bin', /PyTorch weights \(\.bin\).*\(pytorch_model\.bin\)\. Convert them: python -c/],
    ['pytorch_model-00001-of-00002.bin', /PyTorch weights \(\.bin\).*save_pretrained/],
    ['consolidated.00.pth', /PyTorch weights \(\.pth\).*Hugging Face format/],
    ['model.Q4_K_M.gguf', /llama\.cpp \(\.gguf\)/],
    ['adapter_model.safetensors', /an adapter, not a model.*base_model_name_or_path/],
    ['model-00001-of-00002.safetensors', /no model\.safetensors\.index\.json/],
    ['consolidated.safetensors', /of other names \(consolidated\.safetensors\)/],
  ])('are named: %s', async (name, message) => {
    const dir = await checkpoint();
    await rm(join(dir, 'model.safetensors'));
    await writeFile(join(dir, name), 'anything');
    await expect(readCheckpoint(dir)).rejects.toThrow(message);
  });

  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 269060552\n';
  it.each([
    ['model.safetensors', pointer, /Git LFS pointer, not the file of 269060552 bytes.*git lfs pull/],
    ['config.json', pointer, /config\.json is a Git LFS pointer.*git lfs pull/],
    ['model.safetensors', '<!DOCTYPE html><html><body>Sign in</body></html>', /is a web page/],
    ['model.safetensors', 'PK\u0003\u0004\u0000\u0000archive/data.pkl', /is a PyTorch file/],
    ['model.safetensors', 'GGUF\u0003\u0000\u0000\u0000', /is a GGUF file/],
  ])('are told by how they begin: %s %j', async (name, content, message) => {
    const dir = await checkpoint();
    await writeFile(join(dir, name), content);
    await expect(readCheckpoint(dir)).rejects.toThrow(message);
  });
});

describe('a checkpoint in parts', () => {
  const sharded = async () => {
    const dir = await checkpoint();
    const { tensors } = await openCheckpoint(dir);
    const weights: Weights[] = [new Map(), new Map(), new Map()];
    const weight_map: Record<string, string> = {};
    for (const [index, [name, location]] of [...tensors].entries()) {
      weights[index % 3]!.set(name, { shape: location.shape, data: await readTensor(location) });
      weight_map[name] = `model-0000${(index % 3) + 1}-of-00003.safetensors`;
    }
    await rm(join(dir, 'model.safetensors'));
    for (const [index, part] of weights.entries())
      await writeSafetensors(join(dir, `model-0000${index + 1}-of-00003.safetensors`), part);
    await writeFile(join(dir, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map }));
    return { dir, weight_map };
  };

  it('lacks some of them', async () => {
    const { dir } = await sharded();
    await rm(join(dir, 'model-00001-of-00003.safetensors'));
    await rm(join(dir, 'model-00003-of-00003.safetensors'));
    await expect(readCheckpoint(dir)).rejects.toThrow(
      /lacks 2 of its 3 weight files: model-00001-of-00003\.safetensors, model-00003-of-00003\.safetensors\. Download/,
    );
  });

  it('has a part of which nothing came but the link', async () => {
    const { dir } = await sharded();
    await rename(join(dir, 'model-00002-of-00003.safetensors'), join(dir, 'gone'));
    await symlink(join(dir, 'nowhere'), join(dir, 'model-00002-of-00003.safetensors'));
    await expect(readCheckpoint(dir)).rejects.toThrow(/lacks 1 of its 3 weight files/);
  });

  it('has tensors that its index does not name: they are there all the same', async () => {
    const { dir, weight_map } = await sharded();
    delete weight_map['model.norm.weight'];
    await writeFile(join(dir, 'model.safetensors.index.json'), JSON.stringify({ weight_map }));
    expect((await readCheckpoint(dir)).checkpoint.tensors.has('model.norm.weight')).toBe(true);
    const part = join(dir, 'model-00001-of-00003.safetensors');
    const extra: Weights = new Map([['model.layers.0.self_attn.k_proj.bias', vector(16)]]);
    for (const [name, location] of (await openCheckpoint(dir)).tensors) {
      if (location.file.endsWith('1-of-00003.safetensors'))
        extra.set(name, { shape: location.shape, data: await readTensor(location) });
    }
    await writeSafetensors(part, extra);
    await expect(readCheckpoint(dir)).rejects.toThrow(/does not use: model\.layers\.0\.self_attn\.k_proj\.bias/);
  });
});

it('that is no directory has no config.json', async () => {
  const dir = path();
  await mkdir(dir);
  await expect(readCheckpoint(dir)).rejects.toThrow(/config\.json is missing|holds neither/);
});
