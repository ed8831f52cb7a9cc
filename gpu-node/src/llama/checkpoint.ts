// A checkpoint as a whole: every tensor of its files is used, is known to say nothing, or is refused by name.
import { open } from 'node:fs/promises';
import { TallrecError } from '@tallrec/shared/errors';
import { type LlamaConfig, readLlamaConfig } from './config.ts';
import { excerpt } from './json-file.ts';
import { type Checkpoint, openCheckpoint, type TensorLocation } from './safetensors.ts';
import { checkedLocations } from './stored-tensors.ts';
import { EMBEDDINGS, HEAD, weightShapes } from './weights.ts';

export interface WholeCheckpoint {
  config: LlamaConfig;
  checkpoint: Checkpoint;
  /** What a user should know of it, in sentences. */
  warnings: string[];
}

/**
 * Reads the headers of a checkpoint directory and holds them against its config.json.
 * @throws TallrecError when a file is missing or damaged, or a tensor is missing, of another shape or type than config.json asks for,
 * or not used by what it describes
 */
export async function readCheckpoint(dir: string): Promise<WholeCheckpoint> {
  const [stated, files] = await Promise.all([readLlamaConfig(dir), openCheckpoint(dir)]);
  const whole = await withItsHead(stated, files);
  checkedLocations(whole.config, whole.checkpoint);
  assertAllUsed(whole.config, whole.checkpoint);
  return whole;
}

/**
 * A head saved beside embeddings that config.json ties it to: transformers 5 uses it where it differs from them, 4 never did. Where it
 * alone was saved it serves as both.
 */
async function withItsHead(config: LlamaConfig, checkpoint: Checkpoint): Promise<WholeCheckpoint> {
  const { tensors } = checkpoint;
  const [embeddings, head] = [tensors.get(EMBEDDINGS), tensors.get(HEAD)];
  const asStated = { config, checkpoint, warnings: [] };
  if (!config.tieWordEmbeddings || !head) return asStated;
  if (!embeddings) {
    const named = new Map(tensors).set(EMBEDDINGS, head);
    named.delete(HEAD);
    return { ...asStated, checkpoint: { ...checkpoint, tensors: named } };
  }
  if (await sameBytes(embeddings, head)) return asStated;
  return {
    config: { ...config, tieWordEmbeddings: false },
    checkpoint,
    warnings: [
      `${checkpoint.dir} has a ${HEAD} of its own, although config.json says "tie_word_embeddings": true: it is used, as transformers 5 does; transformers 4 takes the embeddings instead.`,
    ],
  };
}

const COMPARED_BYTES = 8 * 1024 * 1024;

async function sameBytes(a: TensorLocation, b: TensorLocation): Promise<boolean> {
  if (a.dtype !== b.dtype || a.byteLength !== b.byteLength) return false;
  const files = await Promise.all([open(a.file), open(b.file)]);
  try {
    for (let done = 0; done < a.byteLength; done += COMPARED_BYTES) {
      const length = Math.min(COMPARED_BYTES, a.byteLength - done);
      const [first, second] = await Promise.all(
        [a, b].map(async ({ byteOffset }, i) => {
          return (await files[i]!.read(Buffer.alloc(length), 0, length, byteOffset + done)).buffer;
        }),
      );
      if (!first!.equals(second!)) return false;
    }
    return true;
  } finally {
    for (const file of files) await file.close();
  }
}

/** Angles that follow from config.json; older versions of transformers saved them. */
const HARMLESS = /(^|\.)rotary_emb\.inv_freq$/;
const SHOWN = 3;

function assertAllUsed(config: LlamaConfig, { dir, tensors }: Checkpoint): void {
  const used = new Set(weightShapes(config).keys());
  if (config.tieWordEmbeddings) used.add(HEAD);
  const unused = [...tensors.keys()].filter((name) => !used.has(name) && !HARMLESS.test(name));
  if (unused.length === 0) return;
  const names = unused.slice(0, SHOWN).map(excerpt).join(', ');
  const rest = unused.length > SHOWN ? ` and ${unused.length - SHOWN} more` : '';
  throw new TallrecError(
    'MODEL_UNSUPPORTED',
    `${dir} holds tensors that the model of its config.json does not use: ${names}${rest}.`,
    { fix: whatTheyMayBe(unused[0]!, config) },
  );
}

function whatTheyMayBe(name: string, { layers, modelType }: LlamaConfig): string {
  const layer = /^model\.layers\.(\d+)\./.exec(name)?.[1];
  if (layer !== undefined && Number(layer) >= layers)
    return `config.json says "num_hidden_layers": ${layers}: download config.json and the weights together.`;
  if (/_proj\.bias$/.test(name)) {
    const setting = name.includes('.mlp.') ? 'mlp_bias' : 'attention_bias';
    return modelType === 'llama' || (modelType === 'qwen3' && setting === 'attention_bias')
      ? `If the model was trained with biases, set "${setting}": true in config.json; else save it without them.`
      : `A ${modelType} has no such biases: check that config.json belongs to these weights.`;
  }
  if (/\.[qk]_norm\.weight$/.test(name))
    return 'Qwen3 normalises queries and keys: check that config.json belongs to these weights.';
  if (/\.lora_|\.modules_to_save\./.test(name))
    return 'An adapter was saved within its base model: save the two apart, or merge them first (merge_and_unload of PEFT).';
  if (/(weight_scale|qweight|qzeros|scales|absmax|quant_map|g_idx)/.test(name))
    return 'The weights were quantised beforehand: use the checkpoint in f32, f16 or bf16.';
  return 'Check that config.json belongs to these weights, or save the model again by save_pretrained of transformers.';
}
