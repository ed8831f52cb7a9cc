// What a command computes with: the model that was named, its tokenizer, and an adapter where one was.
import type { Template } from '@tallrec/shared/prompt';
import { adapterId } from '@tallrec/shared/wire/adapters';
import { config } from '../config.ts';
import { chooseRuntime } from '../doctor/choose-runtime.ts';
import { loadLanguageModel } from '../llama/load.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import type { LanguageModel } from '../llama/model.ts';
import { hashAdapterFiles, readAdapter } from '../llama/peft.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import { loadTokenizer, type Tokenizer } from '../llama/tokenizer.ts';
import type { WeightFormat } from '../llama/weight-file.ts';
import { convertedWeights, precisionOf } from '../models/converted-weights.ts';
import { type ModelPlace, resolveModel } from '../models/store.ts';
import type { ProviderRequest } from '../runtime/choose-provider.ts';
import { say } from './progress.ts';

export interface OpenedEngine {
  place: ModelPlace;
  model: LanguageModel;
  tokenizer: Tokenizer;
  provider: string;
  precision: string;
}

export interface EngineChoice {
  model: string;
  provider?: ProviderRequest;
  weights?: WeightFormat;
}

/** @throws TallrecError when the model or the provider cannot be used */
export async function openEngine({ model, provider, weights }: EngineChoice): Promise<OpenedEngine> {
  const { provider: providerPreset, weights: weightsPreset, threads, ...paths } = config();
  const format = weights ?? weightsPreset;
  const place = await resolveModel(model, paths);
  const tokenizer = await loadTokenizer(place.dir);
  const { runtime, reason } = await chooseRuntime(provider ?? providerPreset, threads ? { threads } : {});
  say(`Model ${place.name}; provider ${reason}`);
  return {
    place,
    model: await loadLanguageModel(place.dir, runtime, { weights: convertedWeights(paths.home, place, format) }),
    tokenizer,
    provider: runtime.provider,
    precision: precisionOf(format),
  };
}

/** Prompts for scoring: cut to what was asked for, and to what the model can take. */
export function promptRows({ model, tokenizer }: OpenedEngine, template: Template, cutoff: number): PromptRows {
  return new PromptRows(tokenizer, { template, cutoffTokens: Math.min(cutoff, model.config.maxPositionEmbeddings) });
}

export interface OpenedAdapter {
  adapter: LoraAdapter;
  id: string;
}

export async function openAdapter(dir: string | undefined, model: LanguageModel): Promise<OpenedAdapter | undefined> {
  if (dir === undefined) return undefined;
  return { adapter: await readAdapter(dir, model.config), id: await adapterId(await hashAdapterFiles(dir)) };
}
