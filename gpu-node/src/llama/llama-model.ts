// A LLaMA in memory: makes a session when a kind of graph is first needed, and feeds it micro-batches.
import type { Runtime, Session, Tensor } from '../graph/execution.ts';
import type { Graph } from '../graph/graph.ts';
import { adapterFeeds, dropoutFeeds, scalar } from './adapter-feeds.ts';
import type { LlamaConfig } from './config.ts';
import { type GraphOptions, gradientGraph, gradientName, logitsGraph, lossGraph } from './graphs.ts';
import { LINEAR_MODULES, type LoraAdapter } from './lora.ts';
import { int64, labelledPositions, lastPositions, padRows } from './micro-batch.ts';
import type { GradientOptions, LabelledRow, LanguageModel, LossAndGradients } from './model.ts';
import type { LlamaWeights } from './weights.ts';

/** Larger constants stay as they are stored, if they are not to be widened. */
const SMALL_CONSTANT_BYTES = 1 << 20;

export class LlamaModel implements LanguageModel {
  readonly config: LlamaConfig;
  readonly #weights: LlamaWeights;
  readonly #runtime: Runtime;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(weights: LlamaWeights, runtime: Runtime) {
    this.config = weights.config;
    this.#weights = weights;
    this.#runtime = runtime;
  }

  async nextTokenLogits(
    rows: readonly (readonly number[])[],
    adapter: LoraAdapter | undefined,
    columns?: readonly number[],
  ): Promise<Float32Array> {
    const { tokens, length } = padRows(rows, this.config);
    const session = await this.#session('logits', adapter, (options) => logitsGraph(this.#weights, options));
    const { logits } = await session.run({
      tokens,
      positions: lastPositions(rows, length),
      columns: int64(columns ?? Array.from({ length: this.config.vocabSize }, (_, column) => column)),
      ...adapterFeeds(adapter),
    });
    return float32(logits);
  }

  async loss(
    rows: readonly LabelledRow[],
    adapter: LoraAdapter | undefined,
  ): Promise<{ nllSum: number; labelled: number }> {
    const { feeds, count } = this.#labelled(rows);
    if (count === 0) return { nllSum: 0, labelled: 0 };
    const session = await this.#session('loss', adapter, (options) => lossGraph(this.#weights, options));
    const { losses } = await session.run({ ...feeds, ...adapterFeeds(adapter) });
    return { nllSum: sum(float32(losses)), labelled: count };
  }

  async lossAndGradients(
    rows: readonly LabelledRow[],
    adapter: LoraAdapter,
    { lossWeight, dropoutSeed }: GradientOptions,
  ): Promise<LossAndGradients> {
    const { feeds, count, batch } = this.#labelled(rows);
    if (count === 0) return { loss: 0, gradients: zeros(adapter) };
    const dropout = dropoutSeed !== undefined && adapter.config.dropout > 0;
    const kind = dropout ? 'gradients with dropout' : 'gradients';
    const session = await this.#session(kind, adapter, (options) =>
      gradientGraph(this.#weights, { ...options, dropout }),
    );
    const results = await session.run({
      ...feeds,
      loss_weight: scalar(lossWeight),
      ...adapterFeeds(adapter),
      ...(dropout ? dropoutFeeds(this.config, adapter, dropoutSeed, batch) : {}),
    });
    const gradients = new Map<string, Float32Array>();
    for (const name of adapter.tensors.keys()) gradients.set(name, float32(results[gradientName(name)]));
    return { loss: lossWeight * sum(float32(results.losses)), gradients };
  }

  async close(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await (await session).release();
  }

  #labelled(rows: readonly LabelledRow[]) {
    const batch = padRows(
      rows.map(({ tokens }) => tokens),
      this.config,
    );
    const { count, positions, labels } = labelledPositions(rows, batch.length);
    return { feeds: { tokens: batch.tokens, positions, labels }, count, batch };
  }

  #session(kind: string, adapter: LoraAdapter | undefined, build: (options: GraphOptions) => Graph): Promise<Session> {
    const modules = LINEAR_MODULES.filter((module) => adapter?.config.targetModules.includes(module));
    const key = [kind, ...modules].join(' ');
    let session = this.#sessions.get(key);
    if (!session) {
      const graph = build({ extensions: this.#runtime.extensions, modules });
      const foldConstantsUpToBytes = this.#weights.widened ? Number.MAX_SAFE_INTEGER : SMALL_CONSTANT_BYTES;
      session = this.#runtime.createSession(graph, { foldConstantsUpToBytes });
      session.catch(() => this.#sessions.delete(key));
      this.#sessions.set(key, session);
    }
    return session;
  }
}

function float32(tensor: Tensor | undefined): Float32Array {
  if (tensor?.type !== 'float32') throw new Error('the session returned no float32 tensor');
  return tensor.data;
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function zeros({ tensors }: LoraAdapter): Map<string, Float32Array> {
  return new Map([...tensors].map(([name, { data }]) => [name, new Float32Array(data.length)]));
}
