import { TallrecError } from '@tallrec/shared/errors';
import { ADAPTER_FILES } from '@tallrec/shared/wire/adapters';
import type { Deps } from '../../deps.ts';
import { deleteAdapterRow, findAdapter, findJobWithAdapter } from '../../repo/adapters.ts';
import { places } from '../../storage/places.ts';

/** @throws TallrecError NOT_FOUND, or CONFLICT while an alias points at it or a job needs it */
export async function deleteAdapter(deps: Pick<Deps, 'db' | 'bucket'>, id: string): Promise<void> {
  const job = await findJobWithAdapter(deps.db, id);
  if (job) {
    throw new TallrecError('CONFLICT', `${job} needs this adapter.`, { fix: 'Wait for it to end, or cancel it.' });
  }
  if (!(await deleteAdapterRow(deps.db, id))) {
    const row = await findAdapter(deps.db, id);
    if (!row) throw new TallrecError('NOT_FOUND', `There is no adapter ${id}.`);
    throw new TallrecError('CONFLICT', `The alias ${row.aliases.join(', ')} points at this adapter.`, {
      fix: 'Point the alias at another adapter, or delete it, first.',
    });
  }
  await deps.bucket.delete(Object.values(ADAPTER_FILES).map((file) => places.adapterFile(id, file)));
}
