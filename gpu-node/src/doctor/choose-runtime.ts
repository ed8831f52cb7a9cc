// Chooses a provider by the reference case that comes with the package.
import { fileURLToPath } from 'node:url';
import { TallrecError } from '@tallrec/shared/errors';
import type { Runtime } from '../graph/execution.ts';
import type { LoadOptions } from '../llama/load.ts';
import {
  type ChoiceOptions,
  chooseProvider,
  failureReason,
  type ProviderChoice,
  type ProviderRequest,
} from '../runtime/choose-provider.ts';
import { compareWithReference, FLOAT16_TOLERANCES, failures, type ReferenceErrors } from './reference.ts';

export const REFERENCE_DIR = fileURLToPath(new URL('../../fixtures/reference', import.meta.url));

/** GPU providers multiply with shorter mantissas in places; a wrong kernel is off by far more. */
const PROOF_TOLERANCES: ReferenceErrors = {
  logitsMaxAbs: 1e-2,
  lossAbs: 1e-3,
  gradientsMaxRel: 1e-2,
  adamwLossesMaxAbs: 1e-2,
};

/** @throws TallrecError when the provider asked for cannot be used here */
export function chooseRuntime(request: ProviderRequest, options: ChoiceOptions = {}): Promise<ProviderChoice> {
  return chooseProvider(request, proveRuntime, options);
}

/** @throws when the runtime fails, or differs from the reference by more than float32 on any provider should */
export async function proveRuntime(runtime: Runtime): Promise<void> {
  await prove(runtime, {}, PROOF_TOLERANCES);
}

/**
 * Runs the reference case in float16: whether a device has it shows when it computes.
 * @throws TallrecError with the reason why `--compute f16` cannot be had
 */
export async function requireFloat16(runtime: Runtime): Promise<void> {
  const fix = 'Leave out --compute f16, or name another --provider.';
  if (runtime.provider === 'cpu') {
    throw new TallrecError('VALIDATION_FAILED', 'The cpu provider computes no faster in f16 than in f32.', { fix });
  }
  await prove(runtime, { compute: 'float16' }, FLOAT16_TOLERANCES).catch((cause) => {
    const reason = failureReason(cause);
    throw new TallrecError('ENGINE_FAILED', `${runtime.provider} cannot compute in f16 here: ${reason}.`, {
      fix,
      cause,
    });
  });
}

async function prove(runtime: Runtime, options: LoadOptions, tolerances: ReferenceErrors): Promise<void> {
  const errors = await compareWithReference(REFERENCE_DIR, runtime, options);
  const failed = failures(errors, tolerances);
  if (failed.length > 0) {
    throw new Error(`wrong numbers: ${failed.map((name) => `${name} ${errors[name].toExponential(1)}`).join(', ')}`);
  }
}
