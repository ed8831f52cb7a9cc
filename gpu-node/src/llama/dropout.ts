// Seeded LoRA dropout (inverted dropout on A's input, as PEFT does): an odd number for each token, column and module, whose product
// tells whether the input is kept. So a run feeds one number a token, and masks are made in the graph, the same on every provider.
import type { Tensor } from '../graph/execution.ts';
import { LINEAR_MODULES, type LinearModule } from './lora.ts';
import type { MicroBatch } from './micro-batch.ts';

const LOWEST_INT32 = -(2 ** 31);

/** A module's: odd, as all three are. */
export function maskFactor(layer: number, module: LinearModule): number {
  return scramble(layer * LINEAR_MODULES.length + LINEAR_MODULES.indexOf(module) + 1) | 1;
}

/** Below this lies the share `probability` of all 32-bit integers. */
export function dropThreshold(probability: number): number {
  return Math.min(2 ** 31 - 1, Math.round(LOWEST_INT32 + probability * 2 ** 32));
}

/**
 * An odd number for each token of a micro-batch, in the order they lie in, from the seed and what its row holds up to it. So what a
 * token's masks are depends on neither padding nor on which rows are computed together, and tokens that rows share have one mask
 * whether they are computed once or in each row.
 */
export function tokenKeys(seed: number, { rows, prefix, length, feeds }: MicroBatch): Int32Array {
  const keys = new Int32Array(prefix + rows * length);
  const chain = (from: number, tokens: Tensor | undefined, start: number, count: number, at: number) => {
    let key = from;
    for (let i = 0; i < count; i++) {
      key = scramble((key ^ Number(tokens!.data[start + i])) + STRIDE);
      keys[at + i] = key | 1;
    }
    return key;
  };
  const shared = chain(scramble(seed), feeds.prefix, 0, prefix, 0);
  for (let row = 0; row < rows; row++) chain(shared, feeds.tokens, row * length, length, prefix + row * length);
  return keys;
}

/** A number for each column of an input of so many. */
export function columnFactors(width: number): number[] {
  return Array.from({ length: width }, (_, column) => scramble(Math.imul(column + 1, STRIDE)) | 1);
}

/** 2³² over the golden ratio, odd: its multiples are spread evenly. */
const STRIDE = 0x9e3779b9;

/** MurmurHash3's finaliser: a permutation of the 32-bit integers without visible order. */
function scramble(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
