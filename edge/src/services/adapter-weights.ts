// adapter_model.safetensors as it was sent: whether it is what its name says, told from its header.
import { TallrecError } from '@tallrec/shared/errors';
import { parseJson } from '@tallrec/shared/json';
import { ADAPTER_FILES, PICKLE_FIX } from '@tallrec/shared/wire/adapters';
import { z } from 'zod';

const LENGTH_BYTES = 8;
/** Of the largest adapters, with all modules of a hundred layers, it has a few hundred thousand. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;
const LFS_POINTER = 'version https://git-lfs.github.com/spec/';
const FIRST_BYTES = LFS_POINTER.length;

const tensorSchema = z.looseObject({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const headerSchema = z.record(z.string(), z.unknown());

/**
 * Values and shapes are for a node to check, which has the model.
 * @throws TallrecError ADAPTER_INVALID where the file is none of safetensors, is not whole, or holds no LoRA tensors
 */
export async function requireAdapterWeights(bucket: R2Bucket, key: string, bytes: number): Promise<void> {
  const first = await read(bucket, key, 0, Math.min(FIRST_BYTES, bytes));
  const beginning = new TextDecoder('latin1').decode(first);
  if (beginning.startsWith(LFS_POINTER)) {
    throw invalid('is a Git LFS pointer, not the weights themselves', 'Fetch them ("git lfs pull") and send those.');
  }
  if (beginning.startsWith('PK') || first[0] === 0x80) {
    throw invalid('is a pickle as torch.save writes it', PICKLE_FIX);
  }
  if (first.length < LENGTH_BYTES) throw invalid(`has ${bytes} bytes, too few for safetensors`);
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || LENGTH_BYTES + length > bytes) throw invalid('is no safetensors file, or cut short');
  const text = new TextDecoder().decode(await read(bucket, key, LENGTH_BYTES, length));
  const header = headerSchema.safeParse(parseJson(text));
  if (!header.success) throw invalid('is no safetensors file: its header is not JSON');
  const { __metadata__: _, ...tensors } = header.data;
  let end = 0;
  for (const [name, value] of Object.entries(tensors)) {
    const tensor = tensorSchema.safeParse(value);
    if (!tensor.success) throw invalid(`is damaged: its header says nothing sound of ${name.slice(0, 100)}`);
    end = Math.max(end, tensor.data.data_offsets[1]);
  }
  if (LENGTH_BYTES + length + end !== bytes) {
    throw invalid(`has ${bytes} bytes, and its tensors end at ${LENGTH_BYTES + length + end}`);
  }
  if (!Object.keys(tensors).some((name) => name.includes('.lora_A.'))) throw invalid('holds no LoRA tensors');
}

async function read(bucket: R2Bucket, key: string, offset: number, length: number): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array();
  const object = await bucket.get(key, { range: { offset, length } });
  return object ? new Uint8Array(await object.arrayBuffer()) : new Uint8Array();
}

function invalid(problem: string, fix = 'Save the adapter again with save_pretrained of PEFT.'): TallrecError {
  return new TallrecError('ADAPTER_INVALID', `${ADAPTER_FILES.weights} ${problem}.`, { fix });
}
