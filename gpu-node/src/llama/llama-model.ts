// A LLaMA in memory: makes a session when a kind of graph is first needed, and feeds it micro-batches.
import type { Runtime, Session, Tensor } from '../graph/execution.ts';
import type { Graph } from '../graph/graph.ts';
import { adapterFeeds, dropoutFeeds, scalar } from './adapter-feeds.ts';
import type { LlamaConfig } from './config.ts';
import { type GraphOptions, gradientGraph, gradientName, hiddenGraph, logitsGraph, lossGraph } from './graphs.ts';
import { LINEAR_MODULES, type LoraAdapter } from './lora.ts';
import { int64, labelledPositions, lastPositions, type MicroBatch, padRows } from './micro-batch.ts';
import {
  type GradientOptions,
  IGNORED_LABEL,
  type LabelledRow,
  type LanguageModel,
  type LossAndGradients,
} from './model.ts';
import type { LlamaWeights } from './weights.ts';

/** Enough for angles and masks, too little for a matrix that is to stay as it is stored. */
const SMALL_CONSTANT_BYTES = 1 << 20;

/** Each kind of work and how its graph is made. */
const GRAPHS = {
  hidden: hiddenGraph,
  logits: logitsGraph,
  loss: lossGraph,
  gradients: (weights, options) => gradientGraph(weights, { ...options, dropout: false }),
  'gradients with dropout': (weights, options) => gradientGraph(weights, { ...options, dropout: true }),
} satisfies Record<string, (weights: LlamaWeights, options: GraphOptions & { checkpointing: boolean }) => Graph>;
type Kind = keyof typeof GRAPHS;

export interface LlamaModelOptions extends Pick<LanguageModel, 'sharePrefix'> {
  /** Keep only what goes into each layer for the backward pass: less memory in training for about a third more time. */
  checkpointing: boolean;
}

export class LlamaModel implements LanguageModel {
  readonly config: LlamaConfig;
  readonly sharePrefix: boolean;
  readonly lossScaling: boolean;
  readonly #weights: LlamaWeights;
  readonly #runtime: Runtime;
  readonly #checkpointing: boolean;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(weights: LlamaWeights, runtime: Runtime, { sharePrefix, checkpointing }: LlamaModelOptions) {
    this.#checkpointing = checkpointing;
    this.sharePrefix = sharePrefix;
    this.lossScaling = weights.compute === 'float16';
    this.config = weights.config;
    this.#weights = weights;
    this.#runtime = runtime;
  }

  async nextTokenLogits(
    rows: readonly (readonly number[])[],
    adapter: LoraAdapter | undefined,
    columns?: readonly number[],
  ): Promise<Float32Array> {
    const batch = padRows(rows, this.config, this);
    const hidden = await this.#hidden(batch, lastPositions(rows, batch), adapter);
    const vocabulary = columns ?? Array.from({ length: this.config.vocabSize }, (_, id) => id);
    const { logits } = await this.#run('logits', HEAD, { hidden, columns: int64(vocabulary) });
    return float32(logits);
  }

  async loss(
    rows: readonly LabelledRow[],
    adapter: LoraAdapter | undefined,
  ): Promise<{ nllSum: number; labelled: number }> {
    const { batch, positions, labels, labelled } = this.#labelled(rows);
    if (labelled === 0) return { nllSum: 0, labelled };
    const hidden = await this.#hidden(batch, positions, adapter);
    const { losses } = await this.#run('loss', HEAD, { hidden, labels });
    return { nllSum: sum(float32(losses)), labelled };
  }

  async lossAndGradients(
    rows: readonly LabelledRow[],
    adapter: LoraAdapter,
    { lossWeight, lossScale = 1, dropoutSeed }: GradientOptions,
  ): Promise<LossAndGradients> {
    const { batch, positions, labels, labelled } = this.#labelled(rows);
    if (labelled === 0) return { loss: 0, gradients: zeros(adapter) };
    const dropout = dropoutSeed !== undefined && adapter.config.dropout > 0;
    const kind = dropout ? 'gradients with dropout' : 'gradients';
    const results = await this.#run(kind, variant(batch, adapter), {
      ...batch.feeds,
      ...{ positions, labels, loss_weight: scalar(lossWeight * lossScale) },
      ...adapterFeeds(adapter),
      ...(dropout ? dropoutFeeds(this.config, adapter, dropoutSeed, batch) : {}),
    });
    const gradients = new Map<string, Float32Array>();
    for (const name of adapter.tensors.keys()) {
      const gradient = float32(results[gradientName(name)]);
      gradients.set(name, lossScale === 1 ? gradient : gradient.map((value) => value / lossScale));
    }
    return { loss: lossWeight * sum(float32(results.losses)), gradients };
  }

  async close(): Promise<void> {
    const sessions = await Promise.allSettled(this.#sessions.values());
    this.#sessions.clear();
    for (const session of sessions) if (session.status === 'fulfilled') await session.value.release();
  }

  /** Normalised hidden states at the positions, [N, H]. */
  async #hidden(batch: MicroBatch, positions: Tensor, adapter: LoraAdapter | undefined): Promise<Tensor> {
    const feeds = { ...batch.feeds, positions, ...adapterFeeds(adapter) };
    const { hidden } = await this.#run('hidden', variant(batch, adapter), feeds);
    return hidden!;
  }

  #labelled(rows: readonly LabelledRow[]) {
    // A row's last labelled token is predicted from those before it; it and what follows are read by none.
    const tokens = rows.map(({ tokens, labels }) => {
      const last = labels.findLastIndex((label) => label !== IGNORED_LABEL);
      return last > 0 ? tokens.slice(0, last) : tokens;
    });
    const batch = padRows(tokens, this.config, this);
    return { batch, ...labelledPositions(rows, batch) };
  }

  async #run(kind: Kind, variant: GraphVariant, feeds: Record<string, Tensor>) {
    return (await this.#session(kind, variant)).run(feeds);
  }

  #session(kind: Kind, variant: GraphVariant): Promise<Session> {
    const key = [kind, variant.sharesPrefix, ...variant.modules].join(' ');
    let session = this.#sessions.get(key);
    if (!session) {
      const { widened } = this.#weights;
      session = this.#runtime.createSession(
        GRAPHS[kind](this.#weights, {
          extensions: this.#runtime.extensions,
          checkpointing: this.#checkpointing,
          ...variant,
        }),
        {
          foldConstantsUpToBytes: widened ? Number.MAX_SAFE_INTEGER : SMALL_CONSTANT_BYTES,
          // Widened matrices are copies anyway; gradients would need a second one in another order, for 6 % of the time.
          repackMatrices: widened && !kind.startsWith('gradients'),
        },
      );
      session.catch(() => this.#sessions.delete(key));
      this.#sessions.set(key, session);
    }
    return session;
  }
}

type GraphVariant = Pick<GraphOptions, 'modules' | 'sharesPrefix'>;

/** Graphs from hidden states on. */
const HEAD: GraphVariant = { modules: [], sharesPrefix: false };

function variant({ prefix }: MicroBatch, adapter: LoraAdapter | undefined): GraphVariant {
  const modules = LINEAR_MODULES.filter((module) => adapter?.config.targetModules.includes(module));
  return { modules, sharesPrefix: prefix > 0 };
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
