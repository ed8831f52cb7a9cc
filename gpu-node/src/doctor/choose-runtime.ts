// Chooses a provider by the reference case that comes with the package.
import { fileURLToPath } from 'node:url';
import type { Runtime } from '../graph/execution.ts';
import {
  type ChoiceOptions,
  chooseProvider,
  type ProviderChoice,
  type ProviderRequest,
} from '../runtime/choose-provider.ts';
import { compareWithReference, failures, type ReferenceErrors } from './reference.ts';

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
  const errors = await compareWithReference(REFERENCE_DIR, runtime);
  const failed = failures(errors, PROOF_TOLERANCES);
  if (failed.length > 0) {
    throw new Error(`wrong numbers: ${failed.map((name) => `${name} ${errors[name].toExponential(1)}`).join(', ')}`);
  }
}
