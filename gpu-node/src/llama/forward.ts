// LLaMA's forward pass (Touvron et al., 2023) with what Mistral and Qwen add to it, in the order of Hugging Face's LlamaForCausalLM,
// MistralForCausalLM, Qwen2ForCausalLM and Qwen3ForCausalLM, up to the head.
import type { HeadLayout } from '../autodiff/signatures.ts';
import type { Tape } from '../autodiff/tape.ts';
import type { ElementType } from '../graph/element-type.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { Concat, Reshape } from '../graph/operators.ts';
import type { LinearModule } from './lora.ts';
import type { LoraInputs } from './lora-inputs.ts';
import { rotaryInputs } from './rope.ts';
import type { HeadNorm, LlamaWeights } from './weights.ts';

/** Tokens that all sequences of a micro-batch begin with, sequences, further tokens of each, and the positions that are read. */
const [PREFIX, BATCH, LENGTH] = ['P', 'B', 'T'];
export const POSITIONS = 'N';

/** What a `MicroBatch` feeds to a graph, and what it is asked about. */
export interface TokenInputs {
  /** int64 [P]; undefined where nothing is shared. */
  prefix: Value | undefined;
  /** int64 [B, T] */
  tokens: Value;
  /** Each token's place in its sequence, int64 [P+B·T]. */
  positionIds: Value;
  /** Indices of the tokens whose hidden states are wanted, int64 [N]. */
  positions: Value;
}

export function tokenInputs(graph: Graph, { sharesPrefix }: { sharesPrefix: boolean }): TokenInputs {
  return {
    prefix: sharesPrefix ? graph.input('prefix', 'int64', [PREFIX]) : undefined,
    tokens: graph.input('tokens', 'int64', [BATCH, LENGTH]),
    positionIds: graph.input('position_ids', 'int64', [tokenCount(sharesPrefix)]),
    positions: graph.input('positions', 'int64', [POSITIONS]),
  };
}

/** The name of the number of tokens, which is that of rows of activations. */
export function tokenCount(sharesPrefix: boolean): string {
  return `${sharesPrefix ? `${PREFIX}+` : ''}${BATCH}·${LENGTH}`;
}

const AFTER_ATTENTION: ReadonlySet<LinearModule> = new Set(['o_proj', 'gate_proj', 'up_proj', 'down_proj']);

/**
 * Normalised hidden states of chosen tokens. Sequences are padded on the right; under causal attention no token sees padding.
 * Shapes below are those without a shared prefix; with one there are P more rows, before the others.
 * @returns [N, H]
 */
export function hiddenStates(
  tape: Tape,
  weights: LlamaWeights,
  lora: LoraInputs,
  { prefix, tokens, positionIds, positions }: TokenInputs,
): Value {
  const { graph } = tokens;
  const { layers, rmsNormEps: epsilon, heads, kvHeads, headDim, queryKeyNorm, slidingWindows } = weights.config;
  const layout: HeadLayout = { prefix: prefix && PREFIX, batch: BATCH, length: LENGTH, heads, kvHeads, headDim };
  const angles = { positions: positionIds, ...rotaryInputs(graph, weights.config) };
  const lastLayer = layers - 1;

  const linear = (x: Value, layer: number, module: LinearModule) => {
    const base = weights.linear(tape, x, layer, module);
    const selected = layer === lastLayer && AFTER_ATTENTION.has(module);
    return lora.add(tape, base, x, layer, module, selected ? positions : undefined);
  };
  const rmsNorm = (x: Value, weight: Value, to: ElementType) => tape.apply('RMSNorm', { x, weight }, { epsilon, to });
  /** What is added to the residual stream is widened. */
  const addTo = (x: Value, branch: Value) => tape.apply('Add', { a: x, b: tape.cast(branch, x.type) }, {});
  const headNorm = (x: Value, layer: number, which: HeadNorm) =>
    queryKeyNorm ? rmsNorm(tape.cast(x, 'float32'), weights.norm(graph, layer, which), weights.compute) : x;
  const rotate = (x: Value) => tape.apply('RotaryEmbedding', { x, ...angles }, {});
  const select = (x: Value) => tape.apply('Gather', { table: x, indices: positions }, {});

  const rows = Reshape(tokens, [tokenCount(false)]);
  let x = weights.embed(tape, prefix ? Concat([prefix, rows], 0, tokenCount(true)) : rows); // [B·T, H]
  for (let layer = 0; layer < layers; layer++) {
    tape.checkpoint(x);
    const normed = rmsNorm(x, weights.norm(graph, layer, 'input_layernorm'), weights.compute);
    const q = rotate(headNorm(linear(normed, layer, 'q_proj'), layer, 'self_attn.q_norm')); // [B·T, heads · D]
    const k = rotate(headNorm(linear(normed, layer, 'k_proj'), layer, 'self_attn.k_norm')); // [B·T, kvHeads · D]
    const v = linear(normed, layer, 'v_proj');
    const window = slidingWindows[layer];
    let attended = tape.apply('CausalAttention', { q, k, v }, { ...layout, window }); // [B·T, heads · D]
    // What follows the last attention is needed at the chosen positions alone.
    if (layer === lastLayer) [x, attended] = [select(x), select(attended)]; // [N, ...]
    x = addTo(x, linear(attended, layer, 'o_proj'));

    const normedAgain = rmsNorm(x, weights.norm(graph, layer, 'post_attention_layernorm'), weights.compute);
    const gate = linear(normedAgain, layer, 'gate_proj'); // [B·T, I]
    const up = linear(normedAgain, layer, 'up_proj');
    x = addTo(x, linear(tape.apply('SwiGLU', { gate, up }, {}), layer, 'down_proj'));
  }
  tape.checkpoint(x);
  return rmsNorm(x, weights.finalNorm(graph), x.type);
}
