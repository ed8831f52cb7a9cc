import { LIMITS } from '@tallrec/shared/limits';
import type { Grant } from '@tallrec/shared/signing';
import { ADAPTER_FILES } from '@tallrec/shared/wire/adapters';
import type { JobAdapter } from '@tallrec/shared/wire/link';
import type { Deps } from '../../deps.ts';
import type { AdapterRow } from '../../repo/adapters.ts';
import { places, signedPath } from '../../storage/places.ts';

/**
 * An adapter as a node needs it: by its name, with paths from which it can be fetched just in time.
 * @param run of a job, whose fence guards the paths; without one they hold for a request's time
 */
export async function signedAdapter(
  deps: Pick<Deps, 'clock' | 'signing'>,
  { id, workspace, golden, blend }: Pick<AdapterRow, 'id' | 'workspace' | 'golden' | 'blend'>,
  run?: { job: string; fence: number },
): Promise<JobAdapter> {
  const exp = deps.clock.nowMs() + LIMITS.requestUrlTtlMs;
  const path = (file: string) => {
    const key = places.adapterFile(workspace, id, file);
    const grant: Grant = run ? { op: 'get-input', key, job: run.job, fence: run.fence } : { op: 'get', key, exp };
    return signedPath(deps, grant);
  };
  const [configPath, weightsPath] = await Promise.all([path(ADAPTER_FILES.config), path(ADAPTER_FILES.weights)]);
  return { id, golden, blend, configPath, weightsPath };
}
