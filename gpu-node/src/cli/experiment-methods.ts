// The methods of an experiment's command, from its options.

import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import type { Template } from '@tallrec/shared/prompt';
import { hyperParametersSchema } from '@tallrec/shared/tuning';
import { sentenceEncoder } from '../baselines/sentence-encoder.ts';
import { config } from '../config.ts';
import { readInstructions } from '../data/read-rows.ts';
import type { WeightFormat } from '../llama/weight-file.ts';
import { SharedLanguageModel } from '../methods/language-model.ts';
import type { Method } from '../methods/method.ts';
import { METHOD_NAMES, type MethodName, methodNames, methodsFrom, whatIsLacking } from '../methods/registry.ts';
import { sha256File } from '../models/content-hash.ts';
import type { Compute } from '../models/converted-weights.ts';
import { resolveModel } from '../models/store.ts';
import type { ProviderRequest } from '../runtime/choose-provider.ts';
import { computeRequest, openEngine, planHere } from './open-engine.ts';
import { say, warn } from './progress.ts';
import { hyperParametersOf, type RecipeOptions } from './recipe-options.ts';

export interface MethodOptions extends RecipeOptions {
  methods?: string[];
  model?: string;
  instructions?: string;
  encoder?: string;
  template: Template;
  provider?: ProviderRequest;
  weights?: WeightFormat;
  compute?: Compute;
  learningRates?: number[];
  examples: number;
  contextTokens: number;
  remoteModel?: string;
  remoteUrl?: string;
  priceInput?: number;
  priceOutput?: number;
  concurrency: number;
}

export interface ExperimentMethods {
  methods: Method[];
  languageModel: SharedLanguageModel | undefined;
}

/**
 * @param usual what is run when no methods are named, as far as the options allow it
 * @param cacheDir where tuned adapters are kept
 * @throws TallrecError when a method that was named lacks what it needs
 */
export async function experimentMethods(
  options: MethodOptions,
  usual: readonly string[],
  cacheDir: string,
): Promise<ExperimentMethods> {
  const named = options.methods ?? usual;
  const names = methodNames(named);
  const languageModel = await sharedLanguageModel(options, cacheDir);
  const remote = remoteOptions(options, names);
  const conventional = await conventionalMethods(await conventionalOptions(options, names));
  const atHand = methodsFrom({ languageModel, remote, conventional });
  const lacking = names.filter((name) => !atHand.some((method) => method.name === name));
  const demanded = lacking.find((name) => options.methods?.includes(name));
  if (demanded) throw new TallrecError('BAD_REQUEST', `${whatIsLacking(demanded)}.`);
  for (const name of lacking) say(`Left out: ${whatIsLacking(name)}.`);
  return { methods: atHand.filter(({ name }) => names.some((wanted) => wanted === name)), languageModel };
}

async function conventionalMethods(options: Awaited<ReturnType<typeof conventionalOptions>>): Promise<Method[]> {
  if (!options) return [];
  const { conventionalMethods } = await import('../baselines/conventional-methods.ts');
  return conventionalMethods(options);
}

/** What the conventional methods are made of; undefined where none of them is asked for, and TensorFlow.js is not loaded. */
export async function conventionalOptions({ encoder }: MethodOptions, names: readonly string[]) {
  if (!METHOD_NAMES.some(({ name, kind }) => kind === 'conventional' && names.includes(name))) return undefined;
  const cacheDir = join(config().home, 'cache', 'sentences');
  const { openTensorflow } = await import('../baselines/tensorflow.ts');
  const { backend } = await openTensorflow();
  if (encoder === undefined) return { cacheDir, backend };
  const encoderHash = await sentenceEncoder(encoder, cacheDir).contentHash();
  return { encoderDir: encoder, encoderHash, cacheDir, backend };
}

async function sharedLanguageModel(options: MethodOptions, cacheDir: string): Promise<SharedLanguageModel | undefined> {
  const { model, instructions, template, examples, contextTokens } = options;
  if (model === undefined) return undefined;
  const place = await resolveModel(model, config());
  const hyperParameters = hyperParametersSchema.parse(hyperParametersOf(options));
  const { provider: wanted, weights, compute = 'f32' } = computeRequest(options);
  // What is kept is known by what it was computed on, which only a trial tells where nobody has said it.
  const provider = wanted === 'auto' ? (await planHere({ weights, compute })).runtime.provider : wanted;
  return new SharedLanguageModel({
    name: place.name,
    contentHash: place.contentHash,
    computing: { provider, weights: weights ?? 'as stored', compute },
    template,
    hyperParameters,
    learningRates: options.learningRates ?? [hyperParameters.learningRate],
    instructions:
      instructions === undefined
        ? undefined
        : { rows: await readInstructions(instructions, { onWarning: warn }), sha256: await sha256File(instructions) },
    adaptersDir: join(cacheDir, 'adapters'),
    examples,
    contextTokens,
    load: () => openEngine({ model, provider, compute, weights }),
  });
}

function remoteOptions(options: MethodOptions, names: readonly MethodName[]) {
  const { remoteModel, remoteUrl, priceInput, priceOutput, examples, concurrency } = options;
  if (remoteModel === undefined || !names.includes('in-context-remote')) return undefined;
  const apiKey = config().openAiKey;
  if (apiKey === undefined) {
    throw new TallrecError('UNAUTHENTICATED', 'in-context-remote needs a key.', {
      fix: "Set OPENAI_API_KEY to the endpoint's key (any word where it wants none).",
    });
  }
  return {
    model: remoteModel,
    baseUrl: remoteUrl,
    apiKey,
    inputPricePerMillion: priceInput,
    outputPricePerMillion: priceOutput,
    examples,
    concurrency,
  };
}
