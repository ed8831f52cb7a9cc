// What all methods on a local language model share: the loaded model, opened when first needed, and the scores it gave last.
import { createHash } from 'node:crypto';
import type { WholeBlend } from '@tallrec/shared/blend';
import type { Template } from '@tallrec/shared/prompt';
import type { InstructionRow, Sample } from '@tallrec/shared/sample';
import type { HyperParameters } from '@tallrec/shared/tuning';
import { LRUCache } from 'lru-cache';
import { type AnswerLogits, answerLogits } from '../llama/answer-logits.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import type { LanguageModel } from '../llama/model.ts';
import { hashTensors } from '../llama/peft.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import type { Tokenizer } from '../llama/tokenizer.ts';
import type { FittedMethod } from './method.ts';

export interface LoadedModel {
  model: LanguageModel;
  tokenizer: Tokenizer;
  provider: string;
  precision: string;
}

export interface LanguageModelOptions {
  name: string;
  contentHash: string;
  /** How the model is to be computed, as far as that changes its scores: part of every result's content hash. */
  computing: Readonly<Record<string, string>>;
  template: Template;
  /** Recipe of both stages; the rate of the second is chosen among `learningRates`. */
  hyperParameters: HyperParameters;
  learningRates: readonly number[];
  /** Of the first stage; methods that need it are not there without it. */
  instructions?: { rows: readonly InstructionRow[]; sha256: string } | undefined;
  /** Where tuned adapters are kept, and their checkpoints while they are tuned. */
  adaptersDir: string;
  /** In-context examples at most. */
  examples: number;
  /** Longest prompt with its examples, in tokens; never more than the model takes. */
  contextTokens: number;
  load: () => Promise<LoadedModel>;
}

const REMEMBERED_SCORINGS = 4;

/** One model for all methods of a run. */
export class SharedLanguageModel {
  readonly options: LanguageModelOptions;
  /** Whether an estimate of time holds the first stage already. */
  alpacaCounted = false;
  #loading: Promise<LoadedModel> | undefined;
  /** TALLRec and its blend score the same rows by the same adapter. */
  readonly #scorings = new LRUCache<string, Scoring>({ max: REMEMBERED_SCORINGS });

  constructor(options: LanguageModelOptions) {
    this.options = options;
  }

  load(): Promise<LoadedModel> {
    this.#loading ??= this.options.load();
    return this.#loading;
  }

  /** What every method of this model has among its settings. */
  get settings(): Record<string, unknown> {
    const { contentHash, computing, template, hyperParameters } = this.options;
    return { model: contentHash, ...computing, template, cutoffTokens: hyperParameters.cutoffTokens };
  }

  async promptRows(): Promise<PromptRows> {
    const { model, tokenizer } = await this.load();
    const { template, hyperParameters } = this.options;
    const cutoffTokens = Math.min(hyperParameters.cutoffTokens, model.config.maxPositionEmbeddings);
    return new PromptRows(tokenizer, { template, cutoffTokens });
  }

  /** @param adapter undefined for the model as it is */
  async answers(
    samples: readonly Sample[],
    { rows, adapter, microBatchTokens = this.options.hyperParameters.microBatchTokens, ...options }: AnswerOptions,
  ): Promise<Scoring> {
    const prompts = samples.map((sample) => rows.prompt(sample));
    const key = createHash('sha256')
      .update(JSON.stringify([adapter ? hashTensors(adapter) : null, prompts]))
      .digest('hex');
    const known = this.#scorings.get(key);
    if (known) return known;
    const { model } = await this.load();
    const startedAt = performance.now();
    const answers = await answerLogits(model, prompts, rows.answerTokens, { adapter, microBatchTokens, ...options });
    const tokens = prompts.reduce((sum, prompt) => sum + prompt.length, 0);
    this.#scorings.set(key, { answers, tokens, earlierMs: performance.now() - startedAt });
    return { answers, tokens, earlierMs: 0 };
  }

  async close(): Promise<void> {
    const loaded = await this.#loading?.catch(() => undefined);
    this.#loading = undefined;
    await loaded?.model.close();
  }
}

interface Scoring {
  answers: AnswerLogits[];
  /** Of the prompts. */
  tokens: number;
  /** What it took, where it was known already. */
  earlierMs: number;
}

interface AnswerOptions {
  rows: PromptRows;
  adapter?: LoraAdapter | undefined;
  microBatchTokens?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface ScoringMethodOptions {
  chosen: FittedMethod['chosen'];
  rows: PromptRows;
  adapter?: LoraAdapter | undefined;
  microBatchTokens?: number | undefined;
  /** Read in fitting. */
  tokens?: number | undefined;
  earlierMs?: number | undefined;
  /** What `scoreOf` goes by. */
  blend?: WholeBlend | undefined;
  /** By default the logit of "Yes" minus that of "No". */
  scoreOf?: ((sample: Sample, answer: AnswerLogits) => number) | undefined;
  /** Whether the scores stand for probabilities. */
  logOdds?: boolean;
}

/** A fitted method that scores by the answers' logits. */
export function scoringMethod(shared: SharedLanguageModel, options: ScoringMethodOptions): FittedMethod {
  const {
    chosen,
    rows,
    adapter,
    microBatchTokens,
    tokens = 0,
    earlierMs = 0,
    blend,
    scoreOf = yesMinusNo,
    logOdds = true,
  } = options;
  let read = tokens;
  let earlierScoreMs = 0;
  return {
    logOdds,
    identity: JSON.stringify([adapter ? hashTensors(adapter) : null, blend ?? null, logOdds]),
    chosen,
    earlierMs,
    get tokens() {
      return read;
    },
    get earlierScoreMs() {
      return earlierScoreMs;
    },
    score: async (samples, options = {}) => {
      const scoring = await shared.answers(samples, { rows, adapter, microBatchTokens, ...options });
      read += scoring.tokens;
      earlierScoreMs += scoring.earlierMs;
      return samples.map((sample, index) => scoreOf(sample, scoring.answers[index]!));
    },
  };
}

function yesMinusNo(_: Sample, { yesLogit, noLogit }: AnswerLogits): number {
  return yesLogit - noLogit;
}
