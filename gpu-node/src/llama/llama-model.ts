// A LLaMA in memory: makes a session when a kind of graph is first needed, and feeds it micro-batches.
import type { Runtime, Tensor } from '../graph/execution.ts';
import { adapterFeeds, dropoutFeeds } from './adapter-feeds.ts';
import type { LlamaConfig } from './config.ts';
import { gradientName } from './graphs.ts';
import { LINEAR_MODULES, type LoraAdapter } from './lora.ts';
import {
  float32s,
  int64,
  labelledPositions,
  lastPositions,
  type MicroBatch,
  marginPositions,
  type PaddingOptions,
  padRows,
} from './micro-batch.ts';
import {
  type GradientOptions,
  IGNORED_LABEL,
  type LabelledRow,
  type LanguageModel,
  type LossAndGradients,
} from './model.ts';
import { type GraphKind, type GraphNeeds, type ModelSessions, modelSessions } from './model-sessions.ts';
import type { LlamaWeights } from './weights.ts';

export interface LlamaModelOptions extends Pick<LanguageModel, 'sharePrefix'> {
  /** Keep only what goes into each layer for the backward pass: less memory in training for about a third more time. */
  checkpointing: boolean;
}

/** float16 products whose rows are not a multiple of 16 bytes are several times slower on tensor cores. */
const TENSOR_CORE_ALIGNMENT = 8;

export class LlamaModel implements LanguageModel {
  readonly config: LlamaConfig;
  readonly sharePrefix: boolean;
  readonly lossScaling: boolean;
  readonly #sessions: ModelSessions;
  readonly #padding: PaddingOptions;

  constructor(weights: LlamaWeights, runtime: Runtime, { sharePrefix, checkpointing }: LlamaModelOptions) {
    this.sharePrefix = sharePrefix;
    this.lossScaling = weights.compute === 'float16';
    this.config = weights.config;
    this.#padding = {
      sharePrefix,
      alignTo: runtime.provider === 'cuda' && this.lossScaling ? TENSOR_CORE_ALIGNMENT : 1,
    };
    this.#sessions = modelSessions(weights, runtime, { checkpointing });
  }

  async nextTokenLogits(
    rows: readonly (readonly number[])[],
    adapter: LoraAdapter | undefined,
    columns?: readonly number[],
  ): Promise<Float32Array> {
    const batch = padRows(rows, this.config, this.#padding);
    const hidden = await this.#hidden(batch, lastPositions(rows, batch), adapter);
    const vocabulary = columns ?? Array.from({ length: this.config.vocabSize }, (_, id) => id);
    const { logits } = await this.#run('logits', HEAD, { hidden, columns: int64(vocabulary) });
    return float32(logits);
  }

  async loss(
    rows: readonly LabelledRow[],
    adapter: LoraAdapter | undefined,
  ): Promise<{ nllSum: number; labelled: number }> {
    const { batch, positions, labels } = this.#labelled(rows);
    const labelled = labels.length;
    if (labelled === 0) return { nllSum: 0, labelled };
    const hidden = await this.#hidden(batch, int64(positions), adapter);
    const { losses } = await this.#run('loss', HEAD, { hidden, labels: int64(labels) });
    return { nllSum: sum(float32(losses)), labelled };
  }

  async lossAndGradients(
    rows: readonly LabelledRow[],
    adapter: LoraAdapter,
    { lossWeight, lossScale = 1, dropoutSeed, margins }: GradientOptions,
  ): Promise<LossAndGradients> {
    const { batch, ...own } = this.#labelled(rows);
    const labelled = own.labels.length;
    if (labelled === 0) return { loss: 0, gradients: zeros(adapter) };
    const added = margins ? marginPositions(margins, batch) : { positions: [], labels: [], weights: [] };
    const weights = [...own.labels.map(() => lossWeight), ...added.weights];
    const dropout = dropoutSeed !== undefined && adapter.config.dropout > 0;
    const results = await this.#run(
      'gradients',
      { ...needs(batch, adapter), dropout },
      {
        ...batch.feeds,
        positions: int64([...own.positions, ...added.positions]),
        labels: int64([...own.labels, ...added.labels]),
        loss_weights: float32s(weights.map((weight) => weight * lossScale)),
        ...adapterFeeds(adapter),
        ...(dropout ? dropoutFeeds(adapter, dropoutSeed, batch) : {}),
      },
    );
    const gradients = new Map<string, Float32Array>();
    for (const name of adapter.tensors.keys()) {
      const gradient = float32(results[gradientName(name)]);
      if (lossScale !== 1) for (let i = 0; i < gradient.length; i++) gradient[i]! /= lossScale;
      gradients.set(name, gradient);
    }
    return { loss: lossWeight * sum(float32(results.losses).subarray(0, labelled)), gradients };
  }

  close(): Promise<void> {
    return this.#sessions.close();
  }

  /** Normalised hidden states at the positions, [N, H]. */
  async #hidden(batch: MicroBatch, positions: Tensor, adapter: LoraAdapter | undefined): Promise<Tensor> {
    const feeds = { ...batch.feeds, positions, ...adapterFeeds(adapter) };
    const { hidden } = await this.#run('hidden', needs(batch, adapter), feeds);
    return hidden!;
  }

  #labelled(rows: readonly LabelledRow[]) {
    // A row's last labelled token is predicted from those before it; it and what follows are read by none.
    const tokens = rows.map(({ tokens, labels }) => {
      const last = labels.findLastIndex((label) => label !== IGNORED_LABEL);
      return last > 0 ? tokens.slice(0, last) : tokens;
    });
    const batch = padRows(tokens, this.config, this.#padding);
    return { batch, ...labelledPositions(rows, batch) };
  }

  #run(kind: GraphKind, needs: GraphNeeds, feeds: Record<string, Tensor>) {
    return this.#sessions.run(kind, needs, feeds);
  }
}

/** Of graphs from hidden states on. */
const HEAD: GraphNeeds = { modules: [], sharesPrefix: false, dropout: false };

function needs({ prefix }: MicroBatch, adapter: LoraAdapter | undefined): GraphNeeds {
  const modules = LINEAR_MODULES.filter((module) => adapter?.config.targetModules.includes(module));
  return { modules, sharesPrefix: prefix > 0, dropout: false };
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
