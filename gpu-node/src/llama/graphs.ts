// The graphs a language model runs: logits of the next token, losses of labelled positions, and their gradients.
import { Tape } from '../autodiff/tape.ts';
import { type Extension, Graph } from '../graph/graph.ts';
import { Expand, Gemm } from '../graph/operators.ts';
import type { Value } from '../graph/value.ts';
import { BATCH, hiddenStates, LENGTH, POSITIONS, TOKENS } from './forward.ts';
import type { LinearModule } from './lora.ts';
import { LoraInputs } from './lora-inputs.ts';
import type { LlamaWeights } from './weights.ts';

export interface GraphOptions {
  extensions: readonly Extension[];
  /** Modules that the adapters fed to the graph change. */
  modules: readonly LinearModule[];
}

/** `logits` [N, K] of the vocabulary `columns` int64 [K] after each of the `positions`. */
export function logitsGraph(weights: LlamaWeights, options: GraphOptions): Graph {
  const { graph, hidden } = begin(weights, options);
  const columns = graph.input('columns', 'int64', ['K']);
  graph.output('logits', Gemm(hidden, weights.headRows(graph, columns), undefined, { transB: true }));
  return graph;
}

/** `losses` [N]: negative log-likelihood of each of `labels` int64 [N] at the `positions`. */
export function lossGraph(weights: LlamaWeights, options: GraphOptions): Graph {
  const { graph, tape, hidden } = begin(weights, options);
  graph.output('losses', crossEntropy(tape, weights, hidden));
  return graph;
}

export const gradientName = (tensor: string): string => `gradient:${tensor}`;

/** `losses` as above, and the gradient of Σ `loss_weight` · losses by every LoRA tensor, under `gradientName`. */
export function gradientGraph(weights: LlamaWeights, options: GraphOptions & { dropout: boolean }): Graph {
  const { graph, tape, hidden, lora } = begin(weights, options, options.dropout);
  const losses = crossEntropy(tape, weights, hidden);
  const lossWeight = graph.input('loss_weight', 'float32', []);
  const gradients = tape.gradients(losses, Expand(lossWeight, losses.shape), [...lora.tensors.values()]);
  graph.output('losses', losses);
  for (const [tensor, gradient] of gradients) graph.output(gradientName(tensor.name), gradient);
  return graph;
}

function begin(weights: LlamaWeights, { extensions, modules }: GraphOptions, dropout = false) {
  const graph = new Graph(extensions);
  const tape = new Tape();
  const tokens = graph.input('tokens', 'int64', [BATCH, LENGTH]);
  const positions = graph.input('positions', 'int64', [POSITIONS]);
  const lora = new LoraInputs(graph, weights.config, modules, dropout ? TOKENS : undefined);
  return { graph, tape, lora, hidden: hiddenStates(tape, weights, lora, tokens, positions) };
}

function crossEntropy(tape: Tape, weights: LlamaWeights, hidden: Value): Value {
  const { graph } = hidden;
  const labels = graph.input('labels', 'int64', [POSITIONS]);
  const logits = tape.apply('Linear', { x: hidden, weight: weights.head(graph) }, {}); // [N, V]
  return tape.apply('CrossEntropy', { logits, labels }, {});
}
