// Decides once what a model is computed with: the provider, what its matrices are multiplied in, from weights of what format, and within
// how much memory. Nothing is trusted before it has reproduced the reference case on this very machine, in the formats that will run.
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import type { Provider } from '../graph/execution.ts';
import type { WeightFormat } from '../llama/weight-file.ts';
import { checkpointContentHash } from '../models/content-hash.ts';
import { type Compute, computeType, convertedWeights, precisionOf, weightsFor } from '../models/converted-weights.ts';
import type { ComputeChoice } from '../models/load-model.ts';
import {
  type ChoiceOptions,
  chooseProvider,
  failureReason,
  type ProviderAttempt,
  type ProviderRequest,
} from '../runtime/choose-provider.ts';
import { memoryLimitBytes } from './memory-limit.ts';
import {
  compareWithReference,
  FLOAT16_TOLERANCES,
  failures,
  REFERENCE_TOLERANCES,
  type ReferenceErrors,
  type ReferenceOptions,
} from './reference.ts';
import { REFERENCE_DIR } from './reference-case.ts';

export interface ComputeRequest {
  provider: ProviderRequest;
  /** Of the frozen weights; as stored when left out, f16 where that is computed in. */
  weights?: WeightFormat | undefined;
  /** The fastest that the provider is proven in, of those that keep the scores, when left out. */
  compute?: Compute | undefined;
  /** Asked of the machine when left out. */
  memoryBytes?: number | undefined;
}

export interface Computing extends ComputeChoice {
  /** As reports name it. */
  precision: string;
  /** What plans keep to; undefined for a GPU that does not tell. */
  memoryBytes: number | undefined;
}

export interface ComputePlan extends Computing {
  /** One sentence for logs and health reports. */
  reason: string;
  attempts: ProviderAttempt[];
  /** How far the reference case came out from PyTorch's numbers, and how far it may. */
  proof: { errors: ReferenceErrors; tolerances: ReferenceErrors; durationMs: number };
}

export interface ComputePlanOptions extends ChoiceOptions {
  /** Where converted weights are kept. */
  home: string;
  /** Milliseconds that only grow. */
  clock?: () => number;
}

/**
 * Of the reference case, where nobody asked for the provider: the CPU takes some ten milliseconds, and so do the calls of a GPU; a GPU that is
 * emulated on the CPU takes seconds.
 */
const SLOWEST_STEP_MS = 1000;

/** What is computed in when nobody says: the first that is proven. */
const USUAL_COMPUTES: Record<Provider, readonly Compute[]> = {
  cpu: ['f32'],
  // Many adapters lack f16, and none was at hand to prove it on.
  webgpu: ['f32'],
  cuda: ['f16', 'f32'],
};

/**
 * GPUs multiply with shorter mantissas in places; a wrong kernel is off by far more. The CPU keeps to what it is tested by.
 */
const GPU_TOLERANCES: ReferenceErrors = {
  logitsMaxAbs: 1e-2,
  lossAbs: 1e-3,
  gradientsMaxRel: 1e-2,
  adamwLossesMaxAbs: 1e-2,
};

/** @throws TallrecError when what was asked for cannot be had here, with the reason */
export async function planCompute(
  request: ComputeRequest,
  { home, clock = () => performance.now(), ...options }: ComputePlanOptions,
): Promise<ComputePlan> {
  const { compute: wanted, weights } = request;
  if (wanted === 'f16' && request.provider === 'cpu') {
    throw new TallrecError('VALIDATION_FAILED', 'The cpu provider computes no faster in f16 than in f32.', {
      fix: 'Leave out --compute f16, or name another --provider.',
    });
  }
  let proven: { compute: Compute; proof: ComputePlan['proof'] } | undefined;
  let refusedFirst: string | undefined;
  const { runtime, attempts, reason } = await chooseProvider(
    request.provider,
    async (candidate) => {
      refusedFirst = undefined;
      const computes = wanted ? [wanted] : USUAL_COMPUTES[candidate.provider];
      const isOpen = request.provider === 'auto' && candidate.provider === 'webgpu';
      const limits = { clock, slowestStepMs: isOpen ? SLOWEST_STEP_MS : Number.POSITIVE_INFINITY };
      for (const [at, compute] of computes.entries()) {
        try {
          proven = {
            compute,
            proof: await prove({ runtime: candidate, weights: weightsFor(compute, weights), compute }, home, limits),
          };
          return;
        } catch (error) {
          if (at === computes.length - 1) throw error;
          refusedFirst = `${compute} was refused: ${failureReason(error)}`;
        }
      }
    },
    { ...options, fix: wanted && `Leave out --compute ${wanted}, or name another --provider.` },
  );
  const { compute, proof } = proven!;
  const format = weightsFor(compute, weights);
  return {
    runtime,
    attempts,
    reason: refusedFirst ? `${reason} (${refusedFirst}.)` : reason,
    weights: format,
    compute,
    precision: precisionOf(format, compute),
    memoryBytes: request.memoryBytes ?? memoryLimitBytes(runtime.provider),
    proof,
  };
}

/** The first of what is computed in when nobody says. */
export function usualCompute(provider: Provider): Compute {
  return USUAL_COMPUTES[provider][0]!;
}

/** @throws when the runtime fails, is too slow, or differs from PyTorch by more than these formats should */
async function prove(
  computing: ComputeChoice,
  home: string,
  { clock, slowestStepMs }: { clock: () => number; slowestStepMs: number },
): Promise<ComputePlan['proof']> {
  const startedAt = clock();
  const tolerances = tolerancesFor(computing.runtime.provider, computing);
  let stepAt: number | undefined;
  const afterStep = () => {
    const now = clock();
    // What the first one compiles is no measure.
    if (stepAt !== undefined && now - stepAt > slowestStepMs) {
      const seconds = ((now - stepAt) / 1000).toFixed(1);
      throw new Error(`a step of the reference case takes ${seconds} s, as on a GPU that is emulated`);
    }
    stepAt = now;
  };
  const errors = await compareAs(REFERENCE_DIR, computing, home, { afterStep });
  const failed = failures(errors, tolerances);
  if (failed.length > 0) {
    throw new Error(`wrong numbers: ${failed.map((name) => `${name} ${errors[name].toExponential(1)}`).join(', ')}`);
  }
  return { errors, tolerances, durationMs: clock() - startedAt };
}

/**
 * How far a reference case comes out that is run as a model would be, but for products in eight bits: those of a model this small are no
 * measure of a real one's, and that they are exact is checked when one is loaded.
 */
export async function compareAs(
  dir: string,
  { runtime, weights, compute }: ComputeChoice,
  home: string,
  { afterStep }: Pick<ReferenceOptions, 'afterStep'> = {},
): Promise<ReferenceErrors> {
  const options: ReferenceOptions = { compute: computeType(compute), ...(afterStep ? { afterStep } : {}) };
  if (!weights) return compareWithReference(dir, runtime, options);
  // The case's base is converted as any checkpoint is.
  const contentHash = await checkpointContentHash(join(dir, 'base'), join(home, 'hashes'));
  return compareWithReference(dir, runtime, { ...options, weights: convertedWeights(home, { contentHash }, weights) });
}

/** How far from the reference case what is computed in these formats may be. */
function tolerancesFor(
  provider: Provider,
  { weights, compute }: Pick<ComputeChoice, 'weights' | 'compute'>,
): ReferenceErrors {
  const ofProducts =
    compute === 'f16' ? FLOAT16_TOLERANCES : provider === 'cpu' ? REFERENCE_TOLERANCES.f32 : GPU_TOLERANCES;
  if (weights === undefined || weights === 'f32') return ofProducts;
  // Weights that are rounded and products that are: each moves the numbers by its own.
  const ofWeights = REFERENCE_TOLERANCES[weights];
  const names = Object.keys(ofWeights) as (keyof ReferenceErrors)[];
  return Object.fromEntries(
    names.map((name) => [name, ofWeights[name] + ofProducts[name]]),
  ) as unknown as ReferenceErrors;
}
