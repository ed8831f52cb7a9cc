import { TallrecError } from '@tallrec/shared/errors';
import type { Upload } from '@tallrec/shared/wire/datasets';
import type { Deps } from '../../deps.ts';
import { uploadUrls } from './upload-urls.ts';
import { requireDataset } from './view.ts';

/** New URLs for an upload that outlasts its first ones; parts that have arrived stay. */
export async function renewUpload(
  deps: Pick<Deps, 'db' | 'clock' | 'secrets'>,
  id: string,
  origin: string,
): Promise<Upload> {
  const row = await requireDataset(deps, id);
  if (row.state === 'created') return await uploadUrls(deps, row, origin);
  throw new TallrecError('ILLEGAL_STATE', `The dataset ${id} is ${row.state}: its upload has ended.`, {
    fix: 'Create a new dataset for other bytes.',
  });
}
