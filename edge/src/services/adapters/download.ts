import type { ADAPTER_FILES } from '@tallrec/shared/wire/adapters';
import type { Deps } from '../../deps.ts';
import { places } from '../../storage/places.ts';
import { resolveAdapter } from './resolve.ts';

type AdapterFile = (typeof ADAPTER_FILES)[keyof typeof ADAPTER_FILES];

/** One of an adapter's two files, as PEFT reads them. */
export async function downloadAdapterFile(
  deps: Pick<Deps, 'db' | 'bucket'>,
  ref: string,
  file: AdapterFile,
): Promise<R2ObjectBody> {
  const { id } = await resolveAdapter(deps, ref);
  const object = await deps.bucket.get(places.adapterFile(id, file));
  if (!object) throw new Error(`${file} of the adapter ${id} is gone`);
  return object;
}
