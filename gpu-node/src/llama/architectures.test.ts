// What Mistral and Qwen add to LLaMA, against a forward pass written out in plain numbers.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasExactInt8Products } from '../graph/integer-products.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { type LlamaConfig, readLlamaConfig } from './config.ts';
import { type LoadOptions, loadLanguageModel } from './load.ts';
import { LINEAR_MODULES } from './lora.ts';
import { adapterTensors } from './peft.ts';
import { inverseFrequencies } from './rope.ts';
import { openCheckpoint, readTensor } from './safetensors.ts';
import { normals, writeSeededCheckpoint } from './seeded-checkpoint.ts';

vi.setConfig({ testTimeout: 120_000 });

const runtime = createRuntime('cpu', { threads: 1 });
const exactInt8 = await hasExactInt8Products(runtime);

const cases: [name: string, changes: Record<string, unknown>][] = [
  ['LLaMA with biases everywhere', { attention_bias: true, mlp_bias: true }],
  ['LLaMA with divided frequencies', { rope_scaling: { rope_type: 'linear', factor: 3 } }],
  [
    'Qwen2 with YaRN',
    { architectures: ['Qwen2ForCausalLM'], rope_scaling: { rope_type: 'yarn', factor: 4, attention_factor: 1.2 } },
  ],
  ['Mistral with a window', { architectures: ['MistralForCausalLM'], head_dim: 10, sliding_window: 4 }],
  ['Qwen2, tied', { architectures: ['Qwen2ForCausalLM'], tie_word_embeddings: true }],
  [
    'Qwen2 with a window in its second layer',
    {
      architectures: ['Qwen2ForCausalLM'],
      use_sliding_window: true,
      sliding_window: 3,
      layer_types: ['full_attention', 'sliding_attention'],
    },
  ],
  ['Qwen3', { architectures: ['Qwen3ForCausalLM'], head_dim: 12 }],
  [
    'Qwen3 with biases and windows from the second layer on',
    {
      architectures: ['Qwen3ForCausalLM'],
      attention_bias: true,
      tie_word_embeddings: true,
      use_sliding_window: true,
      sliding_window: 5,
      max_window_layers: 1,
    },
  ],
];
const rows = [
  [3, 17, 9, 22, 5, 31, 8, 12, 1, 0, 39, 4],
  [3, 17, 9, 4, 30, 31, 7],
  [3, 17, 9, 4],
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'architectures-'));
});
afterAll(async () => await rm(folder, { recursive: true }));

describe.each(cases)('%s', (name, changes) => {
  const dir = () => join(folder, name);
  let expected: number[];
  beforeAll(async () => {
    await writeSeededCheckpoint(dir(), 'F32', 'F16', changes);
    const forward = await plainForward(dir());
    expected = rows.flatMap((row) => forward(row));
  });

  async function logits(options: LoadOptions): Promise<number[]> {
    const model = await loadLanguageModel(dir(), runtime, options);
    const all = [...(await model.nextTokenLogits(rows, undefined))];
    await model.close();
    return all;
  }

  it('has the logits of the plain forward pass, with what rows share computed once or not', async () => {
    for (const sharePrefix of [true, false]) {
      (await logits({ sharePrefix })).forEach((logit, i) => {
        expect(Math.abs(logit - expected[i]!), `logit ${i}`).toBeLessThan(1e-4);
      });
    }
  });

  it('has them in float16 and from eight-bit weights as near as those allow', async () => {
    const int8 = { format: 'int8', file: join(folder, `${name}.int8`) } as const;
    const options: LoadOptions[] = [{ compute: 'float16' }, { weights: int8 }];
    if (exactInt8) options.push({ int8File: join(folder, `${name}.int8-compute`) });
    for (const option of options) {
      const rounded = await logits(option);
      expect(rounded).not.toEqual(expected);
      expect(correlation(rounded, expected)).toBeGreaterThan(0.995);
    }
  });

  it('has the same gradients of an adapter when each layer is computed again', async () => {
    const config = await readLlamaConfig(dir());
    const lora = { rank: 2, alpha: 4, dropout: 0, targetModules: LINEAR_MODULES, rankStabilized: false };
    const tensors = new Map(
      adapterTensors(lora, config).map(({ name: tensor, shape }, seed) => {
        return [tensor, { shape, data: normals(shape[0] * shape[1], seed, 0.1) }];
      }),
    );
    const labelled = rows.map((tokens) => ({ tokens, labels: tokens.map((token, i) => (i < 3 ? -100 : token)) }));
    const [plain, again] = await Promise.all(
      [false, true].map(async (checkpointing) => {
        const model = await loadLanguageModel(dir(), runtime, { checkpointing });
        const result = await model.lossAndGradients(labelled, { config: lora, tensors }, { lossWeight: 0.1 });
        await model.close();
        return result;
      }),
    );
    for (const [tensor, gradient] of plain!.gradients) {
      const largest = Math.max(...gradient.map(Math.abs));
      expect(largest, tensor).toBeGreaterThan(0);
      gradient.forEach((value, i) => {
        expect(Math.abs(value - again!.gradients.get(tensor)![i]!) / largest, tensor).toBeLessThan(1e-4);
      });
    }
  });
});

function correlation(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

type Vector = number[];

/** Logits after a row, as transformers' classes say them, a token at a time. */
async function plainForward(dir: string): Promise<(tokens: readonly number[]) => Vector> {
  const config = await readLlamaConfig(dir);
  const weights = new Map<string, Float32Array>();
  for (const [name, location] of (await openCheckpoint(dir)).tensors) weights.set(name, await readTensor(location));
  const { hiddenSize, layers, heads, kvHeads, headDim, rmsNormEps, vocabSize, tieWordEmbeddings } = config;
  const tensor = (name: string) => weights.get(name)!;
  const row = (name: string, at: number): Vector => [...tensor(name).slice(at * hiddenSize, (at + 1) * hiddenSize)];
  const linear = (x: Vector, name: string): Vector => {
    const weight = tensor(`${name}.weight`);
    const bias = weights.get(`${name}.bias`);
    return Array.from({ length: weight.length / x.length }, (_, o) =>
      x.reduce((sum, value, i) => sum + value * weight[o * x.length + i]!, bias?.[o] ?? 0),
    );
  };
  const norm = (x: Vector, name: string): Vector => {
    const factor = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + rmsNormEps);
    return x.map((value, i) => value * factor * tensor(`${name}.weight`)[i]!);
  };
  const headsOf = (x: Vector, name: string, position: number): Vector[] =>
    Array.from({ length: x.length / headDim }, (_, h) => x.slice(h * headDim, (h + 1) * headDim)).map((head) =>
      rotate(weights.has(`${name}.weight`) ? norm(head, name) : head, position, config),
    );
  const add = (a: Vector, b: Vector) => a.map((value, i) => value + b[i]!);

  return (tokens) => {
    const keys: Vector[][][] = Array.from({ length: layers }, () => []);
    const values: Vector[][] = Array.from({ length: layers }, () => []);
    let x: Vector = [];
    for (const [position, token] of tokens.entries()) {
      x = row('model.embed_tokens.weight', token);
      for (let layer = 0; layer < layers; layer++) {
        const at = (name: string) => `model.layers.${layer}.${name}`;
        const normed = norm(x, at('input_layernorm'));
        const queries = headsOf(linear(normed, at('self_attn.q_proj')), at('self_attn.q_norm'), position);
        keys[layer]!.push(headsOf(linear(normed, at('self_attn.k_proj')), at('self_attn.k_norm'), position));
        values[layer]!.push(linear(normed, at('self_attn.v_proj')));
        const oldest = Math.max(0, position + 1 - (config.slidingWindows[layer] ?? tokens.length));
        const attended = queries.flatMap((query, head) => {
          const group = Math.floor((head * kvHeads) / heads);
          const scores = keys[layer]!.slice(oldest).map((key) =>
            Math.exp(query.reduce((sum, value, d) => sum + value * key[group]![d]!, 0) / Math.sqrt(headDim)),
          );
          const total = scores.reduce((a, b) => a + b);
          return Array.from({ length: headDim }, (_, d) =>
            scores.reduce((sum, s, i) => sum + (s / total) * values[layer]![oldest + i]![group * headDim + d]!, 0),
          );
        });
        x = add(x, linear(attended, at('self_attn.o_proj')));
        const again = norm(x, at('post_attention_layernorm'));
        const gate = linear(again, at('mlp.gate_proj')).map((value) => value / (1 + Math.exp(-value)));
        const up = linear(again, at('mlp.up_proj'));
        x = add(
          x,
          linear(
            gate.map((value, i) => value * up[i]!),
            at('mlp.down_proj'),
          ),
        );
      }
    }
    const head = tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
    const last = norm(x, 'model.norm');
    return Array.from({ length: vocabSize }, (_, id) => row(head, id).reduce((sum, w, i) => sum + w * last[i]!, 0));
  };
}

function rotate(head: Vector, position: number, config: LlamaConfig): Vector {
  const half = head.length / 2;
  const scale = config.ropeScaling?.type === 'yarn' ? config.ropeScaling.attentionFactor : 1;
  const angles = inverseFrequencies(config).map((frequency) => position * frequency);
  return head.map((value, i) => {
    const angle = angles[i % half]!;
    const other = i < half ? -head[i + half]! : head[i - half]!;
    return scale * (value * Math.cos(angle) + other * Math.sin(angle));
  });
}
