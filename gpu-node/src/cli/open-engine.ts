// What a command computes with: the model that was named, its tokenizer, and an adapter where one was.
import { type WholeBlend, withFacts } from '@tallrec/shared/blend';
import { TallrecError } from '@tallrec/shared/errors';
import { differs, type Template } from '@tallrec/shared/prompt';
import type { Provenance } from '@tallrec/shared/tuning';
import { adapterId, BLEND_FILE } from '@tallrec/shared/wire/adapters';
import { readBlend } from '../blend/blend-file.ts';
import { config } from '../config.ts';
import { readItemFacts } from '../data/read-item-facts.ts';
import { type ComputePlan, type ComputeRequest, type Computing, planCompute } from '../doctor/compute-plan.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import type { LanguageModel } from '../llama/model.ts';
import { hashAdapterFiles, readAdapter } from '../llama/peft.ts';
import { loadTokenizer, type Tokenizer } from '../llama/tokenizer.ts';
import { loadModel } from '../models/load-model.ts';
import { type ModelPlace, resolveModel } from '../models/store.ts';
import type { MemoryPlan } from '../train/memory-plan.ts';
import { assertBase, readProvenance } from '../train/provenance.ts';
import { say, warn } from './progress.ts';

export interface OpenedEngine {
  place: ModelPlace;
  model: LanguageModel;
  tokenizer: Tokenizer;
  provider: string;
  precision: string;
  plan: MemoryPlan | undefined;
  /** Of the adapter, where its report tells. */
  provenance: Provenance | undefined;
}

/** Each `undefined`, or left out, where nothing is named. */
export type ComputeOptions = { [K in keyof ComputeRequest]?: ComputeRequest[K] | undefined };

export interface EngineChoice extends ComputeOptions {
  model: string;
  /** Directory of what is to be used with the model. */
  adapter?: string | undefined;
  /** Whether it may have been tuned on another checkpoint. */
  force?: boolean | undefined;
  /** States what the work takes, before anything is loaded for it. */
  planFor?: (place: ModelPlace, computing: Computing) => Promise<MemoryPlan | undefined>;
}

/** What options name of how to compute, and the environment where they name nothing. */
export function computeRequest({ provider, weights, compute, memoryBytes }: ComputeOptions): ComputeRequest {
  const preset = config();
  return {
    provider: provider ?? preset.provider,
    weights: weights ?? preset.weights,
    compute: compute ?? preset.compute,
    memoryBytes: memoryBytes ?? preset.memoryBytes,
  };
}

/** @throws TallrecError when what is asked for cannot be had on this machine */
export function planHere(choice: ComputeOptions): Promise<ComputePlan> {
  const { home, threads } = config();
  return planCompute(computeRequest(choice), { home, ...(threads ? { threads } : {}) });
}

/** @throws TallrecError when the model or the provider cannot be used, or the adapter is not of this model */
export async function openEngine({ model, adapter, force, planFor, ...choice }: EngineChoice): Promise<OpenedEngine> {
  const paths = config();
  const place = await resolveModel(model, paths);
  const provenance = await provenanceOf(adapter, place, force);
  const tokenizer = await loadTokenizer(place.dir);
  const computing = await planHere(choice);
  const { runtime, precision, reason } = computing;
  say(`Model ${place.name}; provider ${reason}`);
  const plan = await planFor?.(place, computing);
  return {
    place,
    model: await loadModel(place, computing, { home: paths.home, checkpointing: plan?.checkpointing ?? false }),
    tokenizer,
    provider: runtime.provider,
    precision,
    plan,
    provenance,
  };
}

/** @throws TallrecError where the adapter was tuned on another checkpoint, and is not forced on this one */
export async function provenanceOf(
  dir: string | undefined,
  place: ModelPlace,
  force: boolean | undefined,
): Promise<Provenance | undefined> {
  const provenance = dir === undefined ? undefined : await readProvenance(dir, warn);
  if (!dir || !provenance) return provenance;
  try {
    assertBase(provenance, place, dir);
  } catch (error) {
    if (!force || !(error instanceof TallrecError)) throw error;
    warn(`the adapter ${dir} was tuned on another checkpoint (${provenance.base.name}); it is used all the same.`);
  }
  return provenance;
}

/** The template that was asked for, else that of the adapter. */
export function templateOf(asked: Template | undefined, { provenance }: Pick<OpenedEngine, 'provenance'>): Template {
  const own = provenance?.template;
  if (asked && own && differs(asked, own)) {
    warn(
      `the adapter was tuned with the template ${own}, and ${asked} is used: its answers are not what it learned to give.`,
    );
  }
  return asked ?? own ?? 'clean';
}

export interface OpenedAdapter {
  adapter: LoraAdapter;
  id: string;
  /** Of `blend.json`, where it lies beside the adapter. */
  blend: WholeBlend | undefined;
}

export async function openAdapter(
  dir: string | undefined,
  { model, provenance }: Pick<OpenedEngine, 'model' | 'provenance'>,
): Promise<OpenedAdapter | undefined> {
  if (dir === undefined) return undefined;
  const adapter = await readAdapter(dir, model.config, { onWarning: warn });
  // Where its report is its own, its files were hashed to know that.
  const id = provenance?.adapter ?? (await adapterId(await hashAdapterFiles(dir)));
  return { adapter, id, blend: await readBlend(dir, id) };
}

/**
 * With the facts about items of this file in place of those that the adapter's blend was fit with; read before anything is computed.
 * @throws TallrecError VALIDATION_FAILED where it has no weights for them
 */
export async function withItems(
  opened: OpenedAdapter | undefined,
  items: string | undefined,
): Promise<OpenedAdapter | undefined> {
  if (items === undefined) return opened;
  const facts = await readItemFacts(items, { onWarning: warn });
  if (opened) return { ...opened, blend: withFacts(opened.blend, facts) };
  throw new TallrecError('BAD_REQUEST', '--items goes with an adapter, whose blend weighs facts about items.', {
    fix: 'Name one by --adapter.',
  });
}

/**
 * The adapter's blend.
 * @param required by `--blend` or `--order-by blend`
 * @throws TallrecError when it is required and the adapter has none
 */
export function blendOf(opened: OpenedAdapter | undefined, required: boolean | undefined): WholeBlend | undefined {
  if (opened?.blend || !required) return opened?.blend;
  const what = opened ? `The adapter has no ${BLEND_FILE}.` : 'A blend needs an adapter that has one.';
  throw new TallrecError('BAD_REQUEST', what, {
    fix: 'Tune with --valid and ten or more validation samples of both classes by users who do not train, and name that adapter by --adapter.',
  });
}
