// Seeded LoRA dropout (inverted dropout on A's input, as PEFT does): random bits once a micro-batch, a mask per module from them.
import type { Graph } from '../graph/graph.ts';
import { GreaterOrEqual, Mul } from '../graph/operators.ts';
import type { Value } from '../graph/value.ts';
import { LINEAR_MODULES, type LinearModule } from './lora.ts';
import type { Place } from './micro-batch.ts';

const LOWEST_INT32 = -(2 ** 31);

/**
 * Where a module's input is kept, bool of the shape of `bits`. An odd factor permutes the 32-bit integers, so each module's
 * products are as uniform as the bits and differ from every other module's.
 * @param bits int32 [N, in], uniform
 * @param threshold int32 scalar: products below it are dropped
 */
export function keepMask(graph: Graph, bits: Value, threshold: Value, layer: number, module: LinearModule): Value {
  const factor = scramble(layer * LINEAR_MODULES.length + LINEAR_MODULES.indexOf(module) + 1) | 1;
  return GreaterOrEqual(Mul(bits, graph.constant('int32', [factor], [])), threshold);
}

/** Below this lies the share `probability` of all 32-bit integers. */
export function dropThreshold(probability: number): number {
  return Math.min(2 ** 31 - 1, Math.round(LOWEST_INT32 + probability * 2 ** 32));
}

/**
 * Uniform bits for each token and column, [tokens, width]; a token's depend on the seed, its row and its position, so padding
 * changes none. A token that rows share has one place, so one mask for them all.
 */
export function dropoutBits(seed: number, tokens: readonly Place[], width: number): Int32Array {
  const bits = new Int32Array(tokens.length * width);
  tokens.forEach(({ row, position }, token) => {
    let state = scramble(scramble(scramble(seed) ^ row) ^ position);
    for (let column = 0; column < width; column++) {
      state = (state + 0x9e3779b9) | 0;
      bits[token * width + column] = scramble(state);
    }
  });
  return bits;
}

/** MurmurHash3's finaliser: a permutation of the 32-bit integers without visible order. */
function scramble(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
