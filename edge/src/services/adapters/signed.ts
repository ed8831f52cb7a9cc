import { LIMITS } from '@tallrec/shared/limits';
import { ADAPTER_FILES } from '@tallrec/shared/wire/adapters';
import type { JobAdapter } from '@tallrec/shared/wire/link';
import type { Deps } from '../../deps.ts';
import type { AdapterRow } from '../../repo/adapters.ts';
import { places } from '../../storage/places.ts';
import { signedPath } from '../../storage/signed-path.ts';

/** An adapter as a node needs it: by its name, with paths from which it can be fetched just in time. */
export async function signedAdapter(
  deps: Pick<Deps, 'clock' | 'secrets'>,
  { id, golden, blend }: Pick<AdapterRow, 'id' | 'golden' | 'blend'>,
): Promise<JobAdapter> {
  const exp = deps.clock.nowMs() + LIMITS.jobUrlTtlMs;
  const path = (file: string) => signedPath(deps, { op: 'get', key: places.adapterFile(id, file), exp });
  const [configPath, weightsPath] = [await path(ADAPTER_FILES.config), await path(ADAPTER_FILES.weights)];
  return { id, golden, blend, configPath, weightsPath };
}
