// LLaMA's forward pass (Touvron et al., 2023), in the order of Hugging Face's LlamaForCausalLM, up to the head.
import type { HeadLayout } from '../autodiff/signatures.ts';
import type { Tape } from '../autodiff/tape.ts';
import { Reshape } from '../graph/operators.ts';
import type { Value } from '../graph/value.ts';
import type { LinearModule } from './lora.ts';
import type { LoraInputs } from './lora-inputs.ts';
import { rotaryInputs } from './rope.ts';
import type { LlamaWeights } from './weights.ts';

/** Sequences of a micro-batch, their padded length, their tokens laid end to end, and the positions that are read. */
export const [BATCH, LENGTH, TOKENS, POSITIONS] = ['B', 'T', 'B·T', 'N'];

const AFTER_ATTENTION: ReadonlySet<LinearModule> = new Set(['o_proj', 'gate_proj', 'up_proj', 'down_proj']);

/**
 * Normalised hidden states of chosen tokens. Sequences are padded on the right; under causal attention no token sees padding.
 * @param tokens int64 [B, T]
 * @param positions int64 [N], indices into the B·T tokens
 * @returns [N, H]
 */
export function hiddenStates(
  tape: Tape,
  weights: LlamaWeights,
  lora: LoraInputs,
  tokens: Value,
  positions: Value,
): Value {
  const { graph } = tokens;
  const { layers, rmsNormEps: epsilon, ...config } = weights.config;
  const layout: HeadLayout = { batch: BATCH, length: LENGTH, ...config };
  const angles = rotaryInputs(graph, weights.config, LENGTH);

  const lastLayer = layers - 1;

  const linear = (x: Value, layer: number, module: LinearModule) => {
    const base = weights.linear(tape, x, layer, module);
    const selected = layer === lastLayer && AFTER_ATTENTION.has(module);
    return lora.add(tape, base, x, layer, module, selected ? positions : undefined);
  };
  const rmsNorm = (x: Value, weight: Value) => tape.apply('RMSNorm', { x, weight }, { epsilon });
  const rotate = (x: Value) => tape.apply('RotaryEmbedding', { x, ...angles }, layout);
  const select = (x: Value) => tape.apply('Gather', { table: x, indices: positions }, {});

  let x = weights.embed(tape, Reshape(tokens, [TOKENS])); // [B·T, H]
  for (let layer = 0; layer < layers; layer++) {
    const normed = rmsNorm(x, weights.norm(graph, layer, 'input_layernorm'));
    const q = rotate(linear(normed, layer, 'q_proj')); // [B·T, heads · D]
    const k = rotate(linear(normed, layer, 'k_proj')); // [B·T, kvHeads · D]
    const v = linear(normed, layer, 'v_proj');
    let attended = tape.apply('CausalAttention', { q, k, v }, layout); // [B·T, heads · D]
    // What follows the last attention is needed at the chosen positions alone.
    if (layer === lastLayer) [x, attended] = [select(x), select(attended)]; // [N, ...]
    x = tape.apply('Add', { a: x, b: linear(attended, layer, 'o_proj') }, {});

    const normedAgain = rmsNorm(x, weights.norm(graph, layer, 'post_attention_layernorm'));
    const gate = linear(normedAgain, layer, 'gate_proj'); // [B·T, I]
    const up = linear(normedAgain, layer, 'up_proj');
    x = tape.apply('Add', { a: x, b: linear(tape.apply('SwiGLU', { gate, up }, {}), layer, 'down_proj') }, {});
  }
  return rmsNorm(x, weights.finalNorm(graph));
}
