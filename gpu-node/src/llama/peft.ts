// LoRA adapters as PEFT writes and reads them: adapter_config.json and adapter_model.safetensors.
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { ADAPTER_FILES, type AdapterFiles } from '@tallrec/shared/wire/adapters';
import { writeFileAtomically } from '../atomic-file.ts';
import { type AdapterSettings, readAdapterConfig } from './adapter-config.ts';
import { readAdapterTensors } from './adapter-weights.ts';
import type { LlamaConfig } from './config.ts';
import { excerpt } from './json-file.ts';
import { loraTensorName, moduleShape } from './linear-modules.ts';
import {
  type AdapterTensor,
  LINEAR_MODULES,
  type LinearModule,
  type LoraAdapter,
  type LoraConfig,
  loraScale,
} from './lora.ts';
import type { ChosenModule } from './peft-modules.ts';
import { encodeSafetensors, readTensor, type TensorLocation } from './safetensors.ts';
import { WIDEN } from './widen.ts';

export interface ReadAdapterOptions {
  /** Names the adapter in messages; its directory when left out. */
  name?: string | undefined;
  /** Told of what was left out of account. */
  onWarning?: ((message: string) => void) | undefined;
}

/**
 * Reads an adapter directory for a model. Its matrices come as one rank, scale and set of modules for all layers: where the adapter
 * has less, zeros stand, which add nothing and stay zeros in training; where it has another scale, it is in B.
 * @throws TallrecError ADAPTER_INVALID when a file is missing or damaged, a feature of PEFT is used that would change the result, a
 * tensor is missing or of the wrong shape for the model, or the adapter is empty
 */
export async function readAdapter(
  dir: string,
  model: LlamaConfig,
  { name = dir, onWarning }: ReadAdapterOptions = {},
): Promise<LoraAdapter> {
  const shown = (file: string) => join(name, file);
  const settings = await readAdapterConfig(join(dir, ADAPTER_FILES.config), shown(ADAPTER_FILES.config), model.layers);
  for (const warning of settings.warnings) onWarning?.(warning);
  const weights = { path: join(dir, ADAPTER_FILES.weights), shown: shown(ADAPTER_FILES.weights) };
  const stored = await readAdapterTensors(weights, model);
  const chosen = modulesOf(settings, stored);
  const needed = chosen.map(({ layer, module, rank, alpha }) => ({
    module,
    rank,
    scale: loraScale({ rank, alpha, rankStabilized: settings.rankStabilized }),
    matrices: matricesOf(layer, module, rank, model),
  }));
  for (const { name: tensor, shape } of needed.flatMap(({ matrices }) => matrices)) {
    const location = stored.get(tensor);
    if (!location) {
      throw invalid(
        `${weights.shown} lacks the tensor ${tensor}, which its ${ADAPTER_FILES.config} asks for.`,
        OF_THIS_MODEL,
      );
    }
    if (location.shape.join() === shape.join()) continue;
    const found = excerpt(location.shape.join());
    throw invalid(`${weights.shown}: ${tensor} is [${found}], the model needs [${shape}].`, OF_THIS_MODEL);
  }
  const asked = new Set(needed.flatMap(({ matrices }) => matrices.map((matrix) => matrix.name)));
  const stranger = [...stored.keys()].find((tensor) => !asked.has(tensor));
  if (stranger) {
    throw invalid(
      `${weights.shown} holds ${stranger}, which its ${ADAPTER_FILES.config} does not ask for.`,
      'Save the adapter again with PEFT, so that both files are of one adapter.',
    );
  }
  const config = commonConfig(settings, chosen);
  const tensors = new Map(adapterTensors(config, model).map(({ name: tensor, shape }) => [tensor, zeroTensor(shape)]));
  for (const { matrices, rank, scale } of needed) {
    const [a, b] = matrices;
    tensors.get(a.name)!.data.set(await readValues(weights.shown, a.name, stored.get(a.name)!));
    const values = await readValues(weights.shown, b.name, stored.get(b.name)!);
    const factor = scale / loraScale(config);
    if (factor !== 1) for (let i = 0; i < values.length; i++) values[i]! *= factor;
    setColumns(tensors.get(b.name)!, values, rank);
  }
  const adapter = { config, tensors };
  assertNotEmpty(adapter, name);
  return adapter;
}

const OF_THIS_MODEL = 'Use an adapter of this very model, and both of its files as PEFT saved them.';

function modulesOf({ modules, namesModules }: AdapterSettings, stored: ReadonlyMap<string, unknown>): ChosenModule[] {
  if (namesModules) return modules;
  const inFile = new Set(
    modules.filter(({ layer, module }) => stored.has(loraTensorName(layer, module, 'A'))).map(({ module }) => module),
  );
  return modules.filter(({ module }) => inFile.has(module));
}

/** What all modules are computed by: the largest rank, and the scale of the first. */
function commonConfig({ dropout, rankStabilized }: AdapterSettings, chosen: readonly ChosenModule[]): LoraConfig {
  // One whose alpha is zero adds nothing: its B is zero by the scale of the others.
  const first = chosen.find(({ alpha }) => alpha !== 0);
  const targetModules = LINEAR_MODULES.filter((module) => chosen.some((each) => each.module === module));
  const common = { dropout, targetModules };
  if (!first) return { ...common, rank: 1, alpha: 1, rankStabilized };
  const { rank, alpha } = first;
  if (chosen.every((each) => each.rank === rank && each.alpha === alpha))
    return { ...common, rank, alpha, rankStabilized };
  const most = Math.max(...chosen.map((each) => each.rank));
  return { ...common, rank: most, alpha: most * loraScale({ rank, alpha, rankStabilized }), rankStabilized: false };
}

function zeroTensor(shape: readonly [number, number]): AdapterTensor {
  return { shape, data: new Float32Array(shape[0] * shape[1]) };
}

/** Values [rows, columns] into the first columns of a wider tensor. */
function setColumns({ shape: [rows, width], data }: AdapterTensor, values: Float32Array, columns: number): void {
  for (let row = 0; row < rows; row++) data.set(values.subarray(row * columns, (row + 1) * columns), row * width);
}

async function readValues(shown: string, name: string, location: TensorLocation): Promise<Float32Array> {
  const data = await readTensor(location).catch((cause) => {
    const why = location.dtype in WIDEN ? 'cannot be read' : `is stored as ${location.dtype}`;
    throw invalid(`${shown}: ${name} ${why}.`, 'Save the adapter again in f32, f16 or bf16.', cause);
  });
  if (data.every(Number.isFinite)) return data;
  throw invalid(`${shown}: ${name} holds values that are no numbers.`, 'Train it again at a lower rate, or in f32.');
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

/** @throws TallrecError when it changes nothing */
export function assertNotEmpty(adapter: LoraAdapter, where: string): void {
  if (!isEmpty(adapter)) return;
  const zero = (['B', 'A'] as const).find((matrix) =>
    [...adapter.tensors].every(([name, { data }]) => !name.includes(`.lora_${matrix}.`) || largest(data) === 0),
  );
  const why = zero ? `every ${zero} is zero` : 'no product B A of its matrices is large enough for float32';
  throw invalid(
    `The adapter ${where} is empty: ${why}, so it changes nothing.`,
    zero === 'B' ? 'Train for more steps than one.' : 'Train it again, and check how it was saved.',
  );
}

/** Weights are about 1e-2, of which float32 keeps seven digits: what a change this small adds is lost many times over. */
const NEGLIGIBLE = 1e-12;

/** True when it changes nothing: every B is zero, as in a fresh adapter, every A, or each product too small to be kept. */
export function isEmpty({ config, tensors }: LoraAdapter): boolean {
  const factor = Math.abs(loraScale(config)) * config.rank;
  return [...tensors].every(([name, { data }]) => {
    if (!name.includes('.lora_A.')) return true;
    const b = tensors.get(name.replace('.lora_A.', '.lora_B.'));
    return b === undefined || factor * largest(data) * largest(b.data) < NEGLIGIBLE;
  });
}

function largest(values: Float32Array): number {
  let most = 0;
  for (const value of values) if (Math.abs(value) > most) most = Math.abs(value);
  return most;
}

/** Names and shapes of all tensors of an adapter, layer by layer, A before B. */
export function adapterTensors(
  config: Pick<LoraConfig, 'rank' | 'targetModules'>,
  model: LlamaConfig,
): { name: string; shape: [number, number] }[] {
  const modules = LINEAR_MODULES.filter((module) => config.targetModules.includes(module));
  return Array.from({ length: model.layers }, (_, layer) => layer).flatMap((layer) =>
    modules.flatMap((module) => matricesOf(layer, module, config.rank, model)),
  );
}

type Matrix = { name: string; shape: [number, number] };

function matricesOf(layer: number, module: LinearModule, rank: number, model: LlamaConfig): [a: Matrix, b: Matrix] {
  const [outSize, inSize] = moduleShape(model, module);
  return [
    { name: loraTensorName(layer, module, 'A'), shape: [rank, inSize] },
    { name: loraTensorName(layer, module, 'B'), shape: [outSize, rank] },
  ];
}

function invalid(message: string, fix: string, cause?: unknown): TallrecError {
  return new TallrecError('ADAPTER_INVALID', message, { fix, cause });
}
