// What a command computes with: the model that was named, its tokenizer, and an adapter where one was.
import type { Blend } from '@tallrec/shared/blend';
import { TallrecError } from '@tallrec/shared/errors';
import type { Template } from '@tallrec/shared/prompt';
import { adapterId, BLEND_FILE } from '@tallrec/shared/wire/adapters';
import { config } from '../config.ts';
import { chooseRuntime, requireFloat16 } from '../doctor/choose-runtime.ts';
import type { Runtime } from '../graph/execution.ts';
import { loadLanguageModel } from '../llama/load.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import type { LanguageModel } from '../llama/model.ts';
import { hashAdapterFiles, readAdapter } from '../llama/peft.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import { loadTokenizer, type Tokenizer } from '../llama/tokenizer.ts';
import type { WeightFormat } from '../llama/weight-file.ts';
import {
  type Compute,
  computedWeights,
  computeType,
  convertedWeights,
  precisionOf,
  weightsFor,
} from '../models/converted-weights.ts';
import { type ModelPlace, resolveModel } from '../models/store.ts';
import type { ProviderRequest } from '../runtime/choose-provider.ts';
import { readBlend } from '../train/blend-file.ts';
import type { MemoryPlan } from '../train/memory-plan.ts';
import { say } from './progress.ts';

export interface OpenedEngine {
  place: ModelPlace;
  model: LanguageModel;
  tokenizer: Tokenizer;
  provider: string;
  precision: string;
  plan: MemoryPlan | undefined;
}

export interface EngineChoice {
  model: string;
  provider?: ProviderRequest;
  weights?: WeightFormat;
  compute?: Compute;
  /** States what the work takes, before anything is loaded for it. */
  planFor?: (place: ModelPlace, runtime: Runtime) => Promise<MemoryPlan | undefined>;
}

/** @throws TallrecError when the model or the provider cannot be used */
export async function openEngine({
  model,
  provider,
  weights,
  compute = 'f32',
  planFor,
}: EngineChoice): Promise<OpenedEngine> {
  const { provider: providerPreset, weights: weightsPreset, threads, ...paths } = config();
  const format = weightsFor(compute, weights ?? weightsPreset);
  const place = await resolveModel(model, paths);
  const tokenizer = await loadTokenizer(place.dir);
  const { runtime, reason } = await chooseRuntime(provider ?? providerPreset, threads ? { threads } : {});
  say(`Model ${place.name}; provider ${reason}`);
  if (compute === 'f16') await requireFloat16(runtime);
  const plan = await planFor?.(place, runtime);
  return {
    place,
    model: await loadLanguageModel(place.dir, runtime, {
      weights: convertedWeights(paths.home, place, format),
      int8File: computedWeights(paths.home, place, compute),
      compute: computeType(compute),
      checkpointing: plan?.checkpointing ?? false,
    }),
    tokenizer,
    provider: runtime.provider,
    precision: precisionOf(format, compute),
    plan,
  };
}

/** Prompts for scoring: cut to what was asked for, and to what the model can take. */
export function promptRows({ model, tokenizer }: OpenedEngine, template: Template, cutoff: number): PromptRows {
  return new PromptRows(tokenizer, { template, cutoffTokens: Math.min(cutoff, model.config.maxPositionEmbeddings) });
}

export interface OpenedAdapter {
  adapter: LoraAdapter;
  id: string;
  /** Of `blend.json`, where it lies beside the adapter. */
  blend: Blend | undefined;
}

export async function openAdapter(dir: string | undefined, model: LanguageModel): Promise<OpenedAdapter | undefined> {
  if (dir === undefined) return undefined;
  const adapter = await readAdapter(dir, model.config);
  const id = await adapterId(await hashAdapterFiles(dir));
  return { adapter, id, blend: await readBlend(dir, id) };
}

/**
 * The blend that `--blend` asks for.
 * @throws TallrecError when the adapter has none
 */
export function blendOf(opened: OpenedAdapter | undefined): Blend {
  if (opened?.blend) return opened.blend;
  const what = opened ? `The adapter has no ${BLEND_FILE}.` : '--blend needs an adapter that has one.';
  throw new TallrecError('BAD_REQUEST', what, {
    fix: 'Tune with --valid and ten or more validation samples of both classes, and name that adapter by --adapter.',
  });
}
