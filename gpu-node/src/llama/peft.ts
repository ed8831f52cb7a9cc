// LoRA adapters as PEFT writes and reads them: adapter_config.json and adapter_model.safetensors.
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { ADAPTER_FILES, type AdapterFiles } from '@tallrec/shared/wire/adapters';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';
import type { LlamaConfig } from './config.ts';
import { excerpt, excerptOf, JSON_FILE_LIMITS_BYTES, readJsonFile } from './json-file.ts';
import { loraTensorName, moduleShape } from './linear-modules.ts';
import { type AdapterTensor, LINEAR_MODULES, type LoraAdapter, type LoraConfig } from './lora.ts';
import { encodeSafetensors, readSafetensorsHeader, readTensor, type TensorLocation } from './safetensors.ts';
import { WIDEN } from './widen.ts';

/** Fields that change nothing of what the adapter computes: provenance, and how it was initialised. */
const HARMLESS_FIELDS = new Set([
  'auto_mapping',
  'base_model_name_or_path',
  'corda_config',
  'ensure_weight_tying',
  'eva_config',
  'inference_mode',
  'layers_pattern',
  'loftq_config',
  'lora_ga_config',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
  'target_modules',
  'task_type',
]);

const adapterConfigSchema = z.looseObject({
  peft_type: z.string(),
  r: z.int().positive(),
  lora_alpha: z.number(),
  lora_dropout: z.number().min(0).max(1).default(0),
  use_rslora: z.boolean().default(false),
  bias: z.string().default('none'),
  init_lora_weights: z.union([z.boolean(), z.string()]).default(true),
});
/** PiSSA, OLoRA, CorDA, LoftQ and LoRA-GA leave a changed base model behind; these do not. */
const PLAIN_INITS = new Set<boolean | string>([true, false, 'gaussian', 'orthogonal', 'eva']);
const READ_FIELDS = new Set(Object.keys(adapterConfigSchema.shape));

/**
 * Reads an adapter directory for a model.
 * @throws TallrecError when a file is missing or damaged, a feature of PEFT is used that would change the result, a tensor is
 * missing or of the wrong shape for the model, or the adapter is empty
 */
export async function readAdapter(dir: string, model: LlamaConfig): Promise<LoraAdapter> {
  const settings = await readAdapterConfig(join(dir, ADAPTER_FILES.config));
  const path = join(dir, ADAPTER_FILES.weights);
  const { tensors: locations } = await readSafetensorsHeader(path).catch((cause) => {
    throw invalid(
      cause instanceof TallrecError ? cause.message : `${path} cannot be read.`,
      'Save the adapter again.',
      cause,
    );
  });
  const targetModules = LINEAR_MODULES.filter((module) => locations.has(loraTensorName(0, module, 'A')));
  const config: LoraConfig = { ...settings, targetModules };
  const tensors = new Map<string, AdapterTensor>();
  for (const { name, shape } of adapterTensors(config, model)) {
    const location = locations.get(name);
    if (!location) throw invalid(`${path} lacks the tensor ${name}.`, 'Use an adapter of this very model.');
    if (location.shape.join() !== shape.join()) {
      throw invalid(
        `${path}: ${name} is [${excerpt(location.shape.join())}], the model needs [${shape}].`,
        'Use an adapter of this very model.',
      );
    }
    tensors.set(name, { shape, data: await readValues(path, name, location) });
  }
  const stranger = [...locations.keys()].find((name) => !tensors.has(name));
  if (stranger)
    throw invalid(
      `${path} holds ${excerpt(stranger)}, which is no LoRA tensor of this model.`,
      'Use an adapter of this very model.',
    );
  const adapter = { config, tensors };
  assertNotEmpty(adapter, dir);
  return adapter;
}

async function readValues(path: string, name: string, location: TensorLocation): Promise<Float32Array> {
  const data = await readTensor(location).catch((cause) => {
    const why = location.dtype in WIDEN ? 'cannot be read' : `is stored as ${location.dtype}`;
    throw invalid(`${path}: ${name} ${why}.`, 'Save the adapter again in f32, f16 or bf16.', cause);
  });
  if (data.every(Number.isFinite)) return data;
  throw invalid(`${path}: ${name} holds values that are no numbers.`, 'Train it again at a lower rate, or in f32.');
}

async function readAdapterConfig(path: string): Promise<Omit<LoraConfig, 'targetModules'>> {
  const file = await readJsonFile(path, JSON_FILE_LIMITS_BYTES.adapterConfig);
  if ('fault' in file) throw invalid(`${path} ${file.fault}.`, 'Name a directory in the PEFT format.', file.cause);
  const parsed = adapterConfigSchema.safeParse(file.json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw invalid(
      `${path}: ${excerpt(issue.path.join('.')) || 'document'}: ${issue.message}.`,
      'Save the adapter again with PEFT.',
    );
  }
  const { peft_type, bias, r, lora_alpha, lora_dropout, use_rslora } = parsed.data;
  if (peft_type !== 'LORA')
    throw invalid(`${path} is of the type ${excerpt(peft_type)}.`, 'Only LoRA adapters can be used.');
  if (!PLAIN_INITS.has(parsed.data.init_lora_weights)) {
    throw invalid(
      `${path}: init_lora_weights ${excerptOf(parsed.data.init_lora_weights)} changed the base weights too.`,
      'Convert it to a plain LoRA adapter first (path_initial_model_for_weight_conversion of PEFT).',
    );
  }
  if (bias !== 'none')
    throw invalid(`${path} trains biases ("bias": "${excerpt(bias)}").`, 'Train with "bias": "none".');
  for (const [field, value] of Object.entries(parsed.data)) {
    if (READ_FIELDS.has(field) || HARMLESS_FIELDS.has(field) || isUnset(value)) continue;
    throw invalid(
      `${path} sets ${excerpt(field)} = ${excerptOf(value)}, which this engine does not compute.`,
      'Train a plain LoRA adapter.',
    );
  }
  if (!Number.isFinite(Math.fround(lora_alpha)))
    throw invalid(`${path}: lora_alpha ${lora_alpha} is beyond float32.`, 'Save the adapter again with PEFT.');
  return { rank: r, alpha: lora_alpha, dropout: lora_dropout, rankStabilized: use_rslora };
}

function isUnset(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/**
 * Writes an adapter so that `peft` reads it; the directory is made, each file appears whole or not at all.
 * @param baseModel what the adapter was trained on
 * @returns the adapter's files by their hashes
 * @throws TallrecError when the adapter is empty
 */
export async function writeAdapter(
  dir: string,
  adapter: LoraAdapter,
  baseModel: string | null = null,
): Promise<AdapterFiles> {
  assertNotEmpty(adapter, dir);
  await mkdir(dir, { recursive: true });
  const weights = encodeSafetensors(adapter.tensors, { format: 'pt' });
  const config = [`${JSON.stringify(adapterConfigFile(adapter.config, baseModel), null, 2)}\n`];
  await writeFileAtomically(join(dir, ADAPTER_FILES.weights), weights);
  await writeFileAtomically(join(dir, ADAPTER_FILES.config), config);
  return {
    configSha256: sha256(config),
    weightsSha256: sha256(weights),
    weightsBytes: weights.reduce((sum, chunk) => sum + chunk.byteLength, 0),
  };
}

/** The hashes of an adapter directory's files as they are; `adapterId` of shared makes one name of them. */
export async function hashAdapterFiles(dir: string): Promise<AdapterFiles> {
  const weights = await readFile(join(dir, ADAPTER_FILES.weights));
  const configSha256 = sha256([await readFile(join(dir, ADAPTER_FILES.config))]);
  return { configSha256, weightsSha256: sha256([weights]), weightsBytes: weights.length };
}

function sha256(chunks: Iterable<Uint8Array | string>): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** The fields and order of PEFT 0.21's LoraConfig. */
export function adapterConfigFile(config: LoraConfig, baseModel: string | null): Record<string, unknown> {
  return {
    alora_invocation_tokens: null,
    alpha_pattern: {},
    arrow_config: null,
    auto_mapping: null,
    base_model_name_or_path: baseModel,
    bias: 'none',
    corda_config: null,
    ensure_weight_tying: false,
    eva_config: null,
    exclude_modules: null,
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    kasa_config: null,
    layer_replication: null,
    layers_pattern: null,
    layers_to_transform: null,
    loftq_config: {},
    lora_alpha: config.alpha,
    lora_bias: false,
    lora_dropout: config.dropout,
    lora_ga_config: null,
    megatron_config: null,
    megatron_core: 'megatron.core',
    modules_to_save: null,
    monteclora_config: null,
    peft_type: 'LORA',
    peft_version: '0.21.0',
    qalora_group_size: 16,
    r: config.rank,
    rank_pattern: {},
    revision: null,
    target_modules: [...config.targetModules],
    target_parameters: null,
    task_type: 'CAUSAL_LM',
    trainable_token_indices: null,
    use_bdlora: null,
    use_dora: false,
    use_qalora: false,
    use_rslora: config.rankStabilized,
    velora_config: null,
  };
}

/** SHA-256 over an adapter's tensors, the same however it was saved. */
export function hashTensors({ tensors }: LoraAdapter): string {
  return sha256(encodeSafetensors(tensors));
}

/** @throws TallrecError when every B is zero: such an adapter changes nothing */
export function assertNotEmpty(adapter: LoraAdapter, where: string): void {
  if (!isEmpty(adapter)) return;
  throw invalid(
    `The adapter ${where} is empty: every B is zero, so it changes nothing.`,
    'Train for more steps than one.',
  );
}

/** True when every B is zero, as in a fresh adapter. */
export function isEmpty({ tensors }: LoraAdapter): boolean {
  return [...tensors].every(([name, { data }]) => name.includes('.lora_A.') || data.every((value) => value === 0));
}

/** Names and shapes of all tensors of an adapter, layer by layer, A before B. */
export function adapterTensors(
  config: Pick<LoraConfig, 'rank' | 'targetModules'>,
  model: LlamaConfig,
): { name: string; shape: [number, number] }[] {
  const modules = LINEAR_MODULES.filter((module) => config.targetModules.includes(module));
  return Array.from({ length: model.layers }, (_, layer) => layer).flatMap((layer) =>
    modules.flatMap((module) => {
      const [outSize, inSize] = moduleShape(model, module);
      return [
        { name: loraTensorName(layer, module, 'A'), shape: [config.rank, inSize] as [number, number] },
        { name: loraTensorName(layer, module, 'B'), shape: [outSize, config.rank] as [number, number] },
      ];
    }),
  );
}

function invalid(message: string, fix: string, cause?: unknown): TallrecError {
  return new TallrecError('ADAPTER_INVALID', message, { fix, cause });
}
