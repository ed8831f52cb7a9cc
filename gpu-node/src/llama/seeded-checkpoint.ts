// Small seeded checkpoints stored in any of the three types, and adapters of them, for tests.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@tallrec/shared/random';
import { parseLlamaConfig } from './config.ts';
import { loraTensorName, modulePath, moduleShape } from './linear-modules.ts';
import { LINEAR_MODULES, type LoraAdapter, type LoraConfig } from './lora.ts';
import { weightShapes } from './weights.ts';

export const SEEDED_CONFIG_FILE = {
  architectures: ['LlamaForCausalLM'],
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  vocab_size: 40,
  max_position_embeddings: 24,
  rope_theta: 10000,
};
export const seededConfig = parseLlamaConfig(SEEDED_CONFIG_FILE);
export type StoredType = 'F32' | 'F16' | 'BF16';

/**
 * Seeded weights, rounded to what `precision` holds and written as `type`.
 * @param changes to the config.json
 */
export async function writeSeededCheckpoint(
  dir: string,
  type: StoredType,
  precision: StoredType,
  changes: Record<string, unknown> = {},
): Promise<void> {
  const file = { ...SEEDED_CONFIG_FILE, ...changes };
  const config = parseLlamaConfig(file);
  const { hiddenSize, vocabSize, layers } = config;
  const shapes: [string, number[]][] = [
    ['model.embed_tokens.weight', [vocabSize, hiddenSize]],
    ['lm_head.weight', [vocabSize, hiddenSize]],
    ['model.norm.weight', [hiddenSize]],
  ];
  for (let layer = 0; layer < layers; layer++) {
    for (const module of LINEAR_MODULES)
      shapes.push([`${modulePath(layer, module)}.weight`, moduleShape(config, module)]);
    for (const norm of ['input', 'post_attention'])
      shapes.push([`model.layers.${layer}.${norm}_layernorm.weight`, [hiddenSize]]);
  }
  if (config.tieWordEmbeddings) shapes.splice(1, 1);
  const known = new Set(shapes.map(([name]) => name));
  for (const [name, shape] of weightShapes(config)) if (!known.has(name)) shapes.push([name, [...shape]]);
  const header: Record<string, object> = {};
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const [index, [name, shape]] of shapes.entries()) {
    const values = normals(
      shape.reduce((a, b) => a * b, 1),
      1000 + index,
      shape.length === 1 ? 1 : 0.25,
    );
    const bytes = STORE[type](values.map(ROUND[precision]));
    header[name] = { dtype: type, shape, data_offsets: [offset, offset + bytes.length] };
    chunks.push(bytes);
    offset += bytes.length;
  }
  const text = JSON.stringify(header).padEnd(Math.ceil(JSON.stringify(header).length / 8) * 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await mkdir(dir);
  await writeFile(join(dir, 'config.json'), JSON.stringify(file));
  await writeFile(join(dir, 'model.safetensors'), Buffer.concat([length, Buffer.from(text), ...chunks]));
}

const bitsOf = (values: Float32Array) => new Uint32Array(values.buffer);
/** Keeps the 10 bits of fraction that half precision holds, without its subnormals, or the 7 of bfloat16. */
const ROUND: Record<StoredType, (value: number) => number> = {
  F32: (value) => value,
  F16: (value) => (Math.abs(value) < 2 ** -14 ? 0 : cutFraction(value, 13)),
  BF16: (value) => cutFraction(value, 16),
};
const STORE: Record<StoredType, (values: Float32Array) => Uint8Array> = {
  F32: (values) => new Uint8Array(values.buffer),
  F16: (values) =>
    new Uint8Array(
      Uint16Array.from(bitsOf(values), (bits) => {
        const sign = (bits >>> 16) & 0x8000;
        const exponent = (bits >>> 23) & 255;
        return exponent === 0 ? sign : sign | ((exponent - 112) << 10) | ((bits >>> 13) & 1023);
      }).buffer,
    ),
  BF16: (values) => new Uint8Array(Uint16Array.from(bitsOf(values), (bits) => bits >>> 16).buffer),
};

function cutFraction(value: number, bits: number): number {
  const cut = Float32Array.of(value);
  new Uint32Array(cut.buffer)[0]! &= -(2 ** bits);
  return cut[0]!;
}

/** Seeded normal numbers. */
export function normals(count: number, seed: number, deviation: number): Float32Array {
  const random = Random.seeded(seed);
  return Float32Array.from({ length: count }, () => deviation * random.normal());
}

/** An adapter of the seeded checkpoint, both of whose matrices are random. */
export function randomAdapter(settings: Partial<LoraConfig>): LoraAdapter {
  const adapterConfig: LoraConfig = {
    ...{ rank: 4, alpha: 8, dropout: 0, targetModules: ['q_proj', 'v_proj'], rankStabilized: false },
    ...settings,
  };
  const tensors: LoraAdapter['tensors'] = new Map();
  for (let layer = 0; layer < seededConfig.layers; layer++) {
    for (const module of adapterConfig.targetModules) {
      const [outSize, inSize] = moduleShape(seededConfig, module);
      for (const [matrix, shape] of [
        ['A', [adapterConfig.rank, inSize]],
        ['B', [outSize, adapterConfig.rank]],
      ] as const) {
        const data = normals(shape[0]! * shape[1]!, tensors.size, 0.1);
        tensors.set(loraTensorName(layer, module, matrix), { shape: [shape[0]!, shape[1]!], data });
      }
    }
  }
  return { config: adapterConfig, tensors };
}
