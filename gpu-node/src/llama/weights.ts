// A model's weights in a graph, by where they belong in the model; how they are held is another matter (`WeightTensors`).
import type { Tape } from '../autodiff/tape.ts';
import type { Graph, Value } from '../graph/graph.ts';
import type { LlamaConfig } from './config.ts';
import { modulePath, moduleShape } from './linear-modules.ts';
import { LINEAR_MODULES, type LinearModule } from './lora.ts';

/** Tensors by their names in a checkpoint: constants that stay in a file, or inputs that are trained. */
export interface WeightTensors {
  /** Whether narrow matrices are widened once, when a session is made; else each time they are used. */
  readonly widened: boolean;
  /** x · Wᵀ for the matrix W [out, in], in the type of x [N, in]. */
  linear(tape: Tape, name: string, x: Value): Value;
  /** Rows of a matrix [R, H] at `indices` int64 [N], float32 [N, H]. */
  rows(tape: Tape, name: string, indices: Value): Value;
  /** float32 [H] */
  vector(graph: Graph, name: string): Value;
}

/**
 * What matrices are multiplied in and activations are held in. In float16 the residual stream, norms and losses stay float32, as in
 * torch's autocast, and so do all weights that are trained.
 */
export type ComputeType = 'float32' | 'float16';

export class LlamaWeights {
  readonly config: LlamaConfig;
  readonly compute: ComputeType;
  readonly widened: boolean;
  readonly #tensors: WeightTensors;

  constructor(config: LlamaConfig, tensors: WeightTensors, compute: ComputeType = 'float32') {
    this.config = config;
    this.compute = compute;
    this.widened = tensors.widened;
    this.#tensors = tensors;
  }

  /** A module's base output [N, out] from `x` [N, in], both of the type that is computed in. */
  linear(tape: Tape, x: Value, layer: number, module: LinearModule): Value {
    const product = this.#tensors.linear(tape, moduleWeight(layer, module), x);
    if (!this.config.biases.includes(module)) return product;
    const bias = this.#tensors.vector(x.graph, moduleBias(layer, module));
    return tape.apply('Bias', { x: product, bias: tape.cast(bias, product.type) }, {});
  }

  norm(graph: Graph, layer: number, which: LayerNorm | HeadNorm): Value {
    return this.#tensors.vector(graph, normWeight(layer, which));
  }

  finalNorm(graph: Graph): Value {
    return this.#tensors.vector(graph, FINAL_NORM);
  }

  /** float32 [N, H] for token ids int64 [N]. */
  embed(tape: Tape, tokens: Value): Value {
    return this.#tensors.rows(tape, EMBEDDINGS, tokens);
  }

  /** Logits float32 [N, V] from `hidden` float32 [N, H]. */
  head(tape: Tape, hidden: Value): Value {
    const x = tape.cast(hidden, this.compute);
    return tape.cast(this.#tensors.linear(tape, headName(this.config), x), hidden.type);
  }

  /** The head's rows of chosen `columns` of the vocabulary, float32 [K, H]. */
  headRows(tape: Tape, columns: Value): Value {
    return this.#tensors.rows(tape, headName(this.config), columns);
  }
}

export const EMBEDDINGS = 'model.embed_tokens.weight';
export const HEAD = 'lm_head.weight';
const FINAL_NORM = 'model.norm.weight';
const LAYER_NORMS = ['input_layernorm', 'post_attention_layernorm'] as const;
type LayerNorm = (typeof LAYER_NORMS)[number];
/** Of each head's queries or keys. */
const HEAD_NORMS = ['self_attn.q_norm', 'self_attn.k_norm'] as const;
export type HeadNorm = (typeof HEAD_NORMS)[number];

function moduleWeight(layer: number, module: LinearModule): string {
  return `${modulePath(layer, module)}.weight`;
}

function moduleBias(layer: number, module: LinearModule): string {
  return `${modulePath(layer, module)}.bias`;
}

function normWeight(layer: number, which: LayerNorm | HeadNorm): string {
  return `model.layers.${layer}.${which}.weight`;
}

function headName({ tieWordEmbeddings }: LlamaConfig): string {
  return tieWordEmbeddings ? EMBEDDINGS : HEAD;
}

/** Whether rows of this tensor are looked up one by one. */
export function isRowTable(name: string): boolean {
  return name === EMBEDDINGS || name === HEAD;
}

/** Every tensor of the model with its shape, in the order of the forward pass; a head tied to the embeddings is named once. */
export function weightShapes(config: LlamaConfig): Map<string, readonly number[]> {
  const { hiddenSize, vocabSize, layers, headDim, biases, queryKeyNorm } = config;
  const shapes = new Map<string, readonly number[]>([[EMBEDDINGS, [vocabSize, hiddenSize]]]);
  for (let layer = 0; layer < layers; layer++) {
    for (const module of LINEAR_MODULES) shapes.set(moduleWeight(layer, module), moduleShape(config, module));
    for (const module of biases) shapes.set(moduleBias(layer, module), [moduleShape(config, module)[0]]);
    for (const which of queryKeyNorm ? HEAD_NORMS : []) shapes.set(normWeight(layer, which), [headDim]);
    for (const which of LAYER_NORMS) shapes.set(normWeight(layer, which), [hiddenSize]);
  }
  shapes.set(FINAL_NORM, [hiddenSize]);
  shapes.set(headName(config), [vocabSize, hiddenSize]);
  return shapes;
}
