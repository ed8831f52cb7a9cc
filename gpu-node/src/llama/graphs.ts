// The graphs a language model runs: hidden states, what two heads make of them, and the gradients of the whole.
import { Tape } from '../autodiff/tape.ts';
import { type Extension, Graph, type Value } from '../graph/graph.ts';
import { Gemm } from '../graph/operators.ts';
import { hiddenStates, POSITIONS, tokenCount, tokenInputs } from './forward.ts';
import type { LinearModule } from './lora.ts';
import { LoraInputs } from './lora-inputs.ts';
import type { LlamaWeights } from './weights.ts';

export interface GraphOptions {
  extensions: readonly Extension[];
  /** Modules that the adapters fed to the graph change. */
  modules: readonly LinearModule[];
  /** Whether the micro-batches hold tokens that all rows begin with. */
  sharesPrefix: boolean;
}

/** `hidden` [N, H]: normalised states of a micro-batch's tokens at `positions`. */
export function hiddenGraph(weights: LlamaWeights, options: GraphOptions): Graph {
  const { graph, hidden } = body(weights, options);
  graph.output('hidden', hidden);
  return graph;
}

/** `logits` [N, K] of the vocabulary `columns` int64 [K] from `hidden` [N, H]. */
export function logitsGraph(weights: LlamaWeights, { extensions }: GraphOptions): Graph {
  const graph = new Graph(extensions);
  const rows = weights.headRows(new Tape(), graph.input('columns', 'int64', ['K']));
  graph.output('logits', Gemm(hiddenInput(graph, weights), rows, undefined, { transB: true }));
  return graph;
}

/** `losses` [N]: negative log-likelihood of `labels` int64 [N] from `hidden` [N, H]. */
export function lossGraph(weights: LlamaWeights, { extensions }: GraphOptions): Graph {
  const graph = new Graph(extensions);
  graph.output('losses', crossEntropy(new Tape(), weights, hiddenInput(graph, weights)));
  return graph;
}

export interface GradientGraphOptions extends GraphOptions {
  dropout: boolean;
  /** Keeps only what goes into each layer for the backward pass, and computes the layer again there. */
  checkpointing: boolean;
}

export const gradientName = (tensor: string): string => `gradient:${tensor}`;

/**
 * `losses` [N] of `labels` int64 [N] at the `positions`, and the gradient of Σ `loss_weights` [N] · losses by every LoRA tensor, under
 * `gradientName`.
 */
export function gradientGraph(weights: LlamaWeights, options: GradientGraphOptions): Graph {
  const { graph, tape, hidden, lora } = body(weights, options, options);
  const losses = crossEntropy(tape, weights, hidden);
  const lossWeights = graph.input('loss_weights', 'float32', [POSITIONS]);
  const gradients = tape.gradients(losses, lossWeights, [...lora.tensors.values()]);
  graph.output('losses', losses);
  for (const [tensor, gradient] of gradients) graph.output(gradientName(tensor.name), gradient);
  return graph;
}

function body(
  weights: LlamaWeights,
  { extensions, modules, sharesPrefix }: GraphOptions,
  { dropout, checkpointing } = { dropout: false, checkpointing: false },
) {
  const graph = new Graph(extensions);
  const tape = new Tape({ checkpointing });
  const inputs = tokenInputs(graph, { sharesPrefix });
  const lora = new LoraInputs(graph, weights.config, modules, dropout ? tokenCount(sharesPrefix) : undefined);
  return { graph, tape, lora, hidden: hiddenStates(tape, weights, lora, inputs) };
}

function hiddenInput(graph: Graph, { config }: LlamaWeights): Value {
  return graph.input('hidden', 'float32', [POSITIONS, config.hiddenSize]);
}

function crossEntropy(tape: Tape, weights: LlamaWeights, hidden: Value): Value {
  const { graph } = hidden;
  const labels = graph.input('labels', 'int64', [POSITIONS]);
  const logits = weights.head(tape, hidden); // [N, V]
  tape.checkpoint(logits);
  return tape.apply('CrossEntropy', { logits, labels }, {});
}
