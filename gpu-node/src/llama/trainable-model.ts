// A small model all of whose weights are trained: embeddings, norms, every matrix and bias, and the head, tied or not.
import type { Random } from '@tallrec/shared/random';
import { Tape } from '../autodiff/tape.ts';
import type { Runtime, Session, Tensor } from '../graph/execution.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { Expand } from '../graph/operators.ts';
import { scalar } from './adapter-feeds.ts';
import type { LlamaConfig } from './config.ts';
import { hiddenStates, POSITIONS, tokenInputs } from './forward.ts';
import { gradientName } from './graphs.ts';
import { LoraInputs } from './lora-inputs.ts';
import { int64, labelledPositions, padRows } from './micro-batch.ts';
import type { LabelledRow, LossAndGradients } from './model.ts';
import { type NamedTensor, openCheckpoint, readTensor } from './safetensors.ts';
import { checkedLocations } from './stored-tensors.ts';
import { TrainedTensors } from './trained-tensors.ts';
import { LlamaWeights, weightShapes } from './weights.ts';

/** float32 tensors by their names in a checkpoint; `writeSafetensors` makes a checkpoint's `model.safetensors` of them. */
export type Weights = Map<string, NamedTensor>;

const INITIAL_DEVIATION = 0.02;

/**
 * Weights to start from: normal with deviation .02, those that write into the residual stream smaller by √(2 · layers), so that its
 * size does not grow with depth (Radford et al., 2019); norms of one, biases of zero.
 */
export function initialWeights(config: LlamaConfig, random: Random): Weights {
  const residual = INITIAL_DEVIATION / Math.sqrt(2 * config.layers);
  const weights: Weights = new Map();
  for (const [name, shape] of weightShapes(config)) {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const deviation = /\.(o_proj|down_proj)\./.test(name) ? residual : INITIAL_DEVIATION;
    if (shape.length > 1) for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
    else if (!name.endsWith('.bias')) data.fill(1);
    weights.set(name, { shape, data });
  }
  return weights;
}

/** @throws TallrecError when the checkpoint is damaged or is not what `config` asks for */
export async function readWeights(config: LlamaConfig, dir: string): Promise<Weights> {
  const weights: Weights = new Map();
  for (const [name, location] of checkedLocations(config, await openCheckpoint(dir))) {
    weights.set(name, { shape: location.shape, data: await readTensor(location) });
  }
  return weights;
}

export class TrainableModel {
  readonly config: LlamaConfig;
  /** Changed in place by an optimizer; each run takes them as they are. */
  readonly weights: Weights;
  readonly #runtime: Runtime;
  readonly #checkpointing: boolean;
  readonly #sessions = new Map<string, Promise<Session>>();

  /** @param checkpointing gradient checkpointing per layer: less memory in training for about a third more time */
  constructor(config: LlamaConfig, weights: Weights, runtime: Runtime, { checkpointing = false } = {}) {
    this.config = config;
    this.weights = weights;
    this.#checkpointing = checkpointing;
    this.#runtime = runtime;
  }

  /** Σ nll over the labelled positions of the rows, and how many those are. */
  async loss(rows: readonly LabelledRow[]): Promise<{ nllSum: number; labelled: number }> {
    const { labelled, feeds } = this.#feeds(rows);
    if (labelled === 0) return { nllSum: 0, labelled };
    const session = await this.#session('loss', () => lossGraph(this.config, this.#runtime));
    return { nllSum: total((await session.run(feeds)).losses), labelled };
  }

  /**
   * Σ lossWeight · nll over the labelled positions, and its gradient by every weight, by checkpoint name.
   * @param lossWeight 1 / (labelled positions of the whole batch) gives the mean
   */
  async lossAndGradients(rows: readonly LabelledRow[], lossWeight: number): Promise<LossAndGradients> {
    const { labelled, feeds } = this.#feeds(rows);
    const gradients = new Map<string, Float32Array>();
    if (labelled === 0) {
      for (const [name, { data }] of this.weights) gradients.set(name, new Float32Array(data.length));
      return { loss: 0, gradients };
    }
    const session = await this.#session('gradients', () =>
      gradientGraph(this.config, this.#runtime, this.#checkpointing),
    );
    const results = await session.run({ ...feeds, loss_weight: scalar(lossWeight) });
    for (const name of this.weights.keys()) gradients.set(name, float32(results[gradientName(name)]));
    return { loss: lossWeight * total(results.losses), gradients };
  }

  async close(): Promise<void> {
    const sessions = await Promise.allSettled(this.#sessions.values());
    this.#sessions.clear();
    for (const session of sessions) if (session.status === 'fulfilled') await session.value.release();
  }

  #feeds(rows: readonly LabelledRow[]) {
    const batch = padRows(
      rows.map(({ tokens }) => tokens),
      this.config,
      { sharePrefix: false },
    );
    const { positions, labels } = labelledPositions(rows, batch);
    const feeds: Record<string, Tensor> = { ...batch.feeds, positions: int64(positions), labels: int64(labels) };
    for (const [name, { shape, data }] of this.weights) feeds[name] = { type: 'float32', dims: shape, data };
    return { labelled: labels.length, feeds };
  }

  #session(kind: string, graph: () => Graph): Promise<Session> {
    let session = this.#sessions.get(kind);
    if (!session) {
      session = this.#runtime.createSession(graph(), { foldConstantsUpToBytes: 0, repackMatrices: false });
      session.catch(() => this.#sessions.delete(kind));
      this.#sessions.set(kind, session);
    }
    return session;
  }
}

/** `losses` [N] of `labels` int64 [N] at `positions` int64 [N]. */
function lossGraph(config: LlamaConfig, { extensions }: Runtime): Graph {
  const graph = new Graph(extensions);
  graph.output('losses', losses(graph, new Tape(), config, new TrainedTensors(graph, config)));
  return graph;
}

/** The losses, and the gradient of Σ `loss_weight` · losses by each weight. */
function gradientGraph(config: LlamaConfig, { extensions }: Runtime, checkpointing: boolean): Graph {
  const graph = new Graph(extensions);
  const tape = new Tape({ checkpointing });
  const trained = new TrainedTensors(graph, config);
  const output = losses(graph, tape, config, trained);
  graph.output('losses', output);
  const seed = Expand(graph.input('loss_weight', 'float32', []), output.shape);
  for (const [weight, gradient] of tape.gradients(output, seed, [...trained.inputs.values()])) {
    graph.output(gradientName(weight.name), gradient);
  }
  return graph;
}

function losses(graph: Graph, tape: Tape, config: LlamaConfig, trained: TrainedTensors): Value {
  const inputs = tokenInputs(graph, { sharesPrefix: false });
  const labels = graph.input('labels', 'int64', [POSITIONS]);
  const weights = new LlamaWeights(config, trained);
  const noAdapter = new LoraInputs(graph, config, []);
  const hidden = hiddenStates(tape, weights, noAdapter, inputs); // [N, H]
  const logits = weights.head(tape, hidden); // [N, V]
  tape.checkpoint(logits);
  return tape.apply('CrossEntropy', { logits, labels }, {});
}

function float32(tensor: Tensor | undefined): Float32Array {
  if (tensor?.type !== 'float32') throw new Error('the session returned no float32 tensor');
  return tensor.data;
}

function total(losses: Tensor | undefined): number {
  return float32(losses).reduce((sum, loss) => sum + loss, 0);
}
