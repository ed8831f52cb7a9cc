// Reference cases: a checkpoint, an adapter, and what PyTorch, transformers and peft compute from them (float32).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';
import type { LabelledRow } from '../llama/model.ts';

/** The case that comes with the package. */
export const REFERENCE_DIR = fileURLToPath(new URL('../../fixtures/reference', import.meta.url));

const numbers = z.array(z.number());
const matrix = z.array(numbers);

const expectedFile = z.object({
  input_ids: z.array(z.array(z.int().nonnegative())).nonempty(),
  labels: z.array(z.array(z.int())).nonempty(),
  lengths: z.array(z.int().positive()).nonempty(),
  loss: z.number(),
  last_logits: matrix,
  last_logits_without_adapter: matrix,
  grads: z.record(z.string(), numbers),
  adamw: z.object({
    lr: z.number(),
    betas: z.tuple([z.number(), z.number()]),
    eps: z.number(),
    weight_decay: z.number(),
    clip_norm: z.number(),
    warmup_steps: z.int(),
    total_steps: z.int(),
    losses: numbers.nonempty(),
  }),
});
type Expected = z.infer<typeof expectedFile>;

export interface ReferenceCase {
  baseDir: string;
  adapterDir: string;
  rows: LabelledRow[];
  expected: Expected;
}

/**
 * @param dir holds `base/`, `adapter/` and `expected.json`
 * @throws TallrecError when `expected.json` is missing or of another form
 */
export async function readReferenceCase(dir: string): Promise<ReferenceCase> {
  const path = join(dir, 'expected.json');
  const fix = 'Name a directory with base/, adapter/ and expected.json.';
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new TallrecError('BAD_REQUEST', `${path} cannot be read as JSON.`, { fix, cause });
  }
  const parsed = expectedFile.safeParse(json);
  if (!parsed.success) {
    const { path: at, message } = parsed.error.issues[0]!;
    throw new TallrecError('BAD_REQUEST', `${path}: ${at.join('.')}: ${message}.`, { fix });
  }
  const { input_ids, labels, lengths } = parsed.data;
  const rows = lengths.map((length, r) => ({
    tokens: (input_ids[r] ?? []).slice(0, length),
    labels: (labels[r] ?? []).slice(0, length),
  }));
  return { baseDir: join(dir, 'base'), adapterDir: join(dir, 'adapter'), rows, expected: parsed.data };
}
