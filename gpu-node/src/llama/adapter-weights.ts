// adapter_model.safetensors of PEFT's LoRA: which matrix each tensor is, and in words what else an adapter may hold.
import { open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { PICKLE_FILE, PICKLE_FIX } from '@tallrec/shared/wire/adapters';
import { MERGE_FIX } from './adapter-config.ts';
import type { LlamaConfig } from './config.ts';
import { foreignContent, SIGNATURE_BYTES } from './file-signature.ts';
import { foreignName } from './foreign-names.ts';
import { excerpt } from './json-file.ts';
import { loraTensorName } from './linear-modules.ts';
import { LINEAR_MODULES } from './lora.ts';
import { readSafetensorsHeader, type TensorLocation } from './safetensors.ts';

/** A raw state dict, as `torch.save(model.state_dict())` and the like leave it, has the adapter's name behind the matrix. */
const ADAPTER_NAME = /\.lora_(A|B)\.(.+)\.weight$/;

/** Tensors beside LoRA's two matrices, in words. */
const STRANGERS: readonly (readonly [RegExp, string])[] = [
  [/\.lora_magnitude_vector/, 'of DoRA'],
  [/embed_tokens|lora_embedding_|trainable_tokens/, 'of embeddings'],
  [/lm_head|\.score\.|classifier/, 'of the head'],
  [/modules_to_save/, 'of a whole module'],
  [/bias$/, 'a bias'],
];

export interface WeightsFile {
  path: string;
  /** Names the file in messages. */
  shown: string;
}

/**
 * @returns where the matrices lie, by PEFT's names without that of the adapter
 * @throws TallrecError ADAPTER_INVALID when the file is missing, damaged or no safetensors, or holds what is no LoRA matrix of the model
 */
export async function readAdapterTensors(file: WeightsFile, model: LlamaConfig): Promise<Map<string, TensorLocation>> {
  await assertSafetensors(file);
  const { tensors } = await readSafetensorsHeader(file.path).catch((cause) => {
    const words = cause instanceof TallrecError ? cause.message : `${file.path} cannot be read.`;
    throw invalid(words.replaceAll(file.path, file.shown), 'Save the adapter again.', cause);
  });
  const adapters = new Set<string>();
  let [hasUnnamed, hasRepeated] = [false, false];
  const stored = new Map<string, TensorLocation>();
  const known = new Set(
    Array.from({ length: model.layers }, (_, layer) => layer).flatMap((layer) =>
      LINEAR_MODULES.flatMap((module) => [loraTensorName(layer, module, 'A'), loraTensorName(layer, module, 'B')]),
    ),
  );
  for (const [name, location] of tensors) {
    const adapter = ADAPTER_NAME.exec(name);
    if (adapter) adapters.add(adapter[2]!);
    else hasUnnamed = true;
    const plain = name.replace(ADAPTER_NAME, '.lora_$1.weight');
    if (!known.has(plain)) throw strangerIn(file, name, model);
    hasRepeated ||= stored.has(plain);
    stored.set(plain, location);
  }
  if (hasRepeated && hasUnnamed) adapters.add('(without a name)');
  if (adapters.size > 1) {
    const names = excerpt([...adapters].join(', '));
    throw invalid(`${file.shown} holds several adapters: ${names}.`, 'Save one of them with PEFT (selected_adapters).');
  }
  return stored;
}

function strangerIn(file: WeightsFile, name: string, model: LlamaConfig): TallrecError {
  const what = STRANGERS.find(([pattern]) => pattern.test(name))?.[1];
  if (what)
    return invalid(`${file.shown} holds ${excerpt(name)}, ${what}, which is no LoRA tensor of this model.`, MERGE_FIX);
  const foreign = foreignName(name, model);
  if (foreign) return invalid(`${file.shown}: the tensor ${excerpt(name)} ${foreign.problem}.`, foreign.fix);
  const layer = /\.layers\.(\d+)\./.exec(name)?.[1];
  const few = layer !== undefined && Number(layer) >= model.layers ? ` of ${model.layers} layers` : '';
  return invalid(
    `${file.shown} holds ${excerpt(name)}, which is no LoRA tensor of this model${few}.`,
    'Use an adapter of this very model.',
  );
}

async function assertSafetensors({ path, shown }: WeightsFile): Promise<void> {
  if (await isFile(path)) {
    const foreign = foreignContent(await beginningOf(path));
    if (foreign) throw invalid(`${shown} ${foreign}.`, 'Or save the adapter again with PEFT.');
    return;
  }
  if (!(await isFile(join(dirname(path), PICKLE_FILE)))) return;
  throw invalid(
    `${join(dirname(shown), PICKLE_FILE)} is a pickle, which is not read here, and ${shown} is missing.`,
    PICKLE_FIX,
  );
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}

/** Empty where it cannot be read, which reading it says better. */
async function beginningOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SIGNATURE_BYTES), 0, SIGNATURE_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return Buffer.alloc(0);
  } finally {
    await file.close();
  }
}

function invalid(message: string, fix: string, cause?: unknown): TallrecError {
  return new TallrecError('ADAPTER_INVALID', message, { fix, cause });
}
