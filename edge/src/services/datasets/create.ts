import type { CreateDataset, Dataset, Upload } from '@tallrec/shared/wire/datasets';
import type { Deps } from '../../deps.ts';
import { findDataset, insertDataset } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { isMultipart, uploadUrls } from './upload-urls.ts';
import { toDataset } from './view.ts';

/** @param origin where clients reach the edge */
export async function createDataset(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock' | 'newId' | 'secrets'>,
  input: CreateDataset,
  origin: string,
): Promise<{ dataset: Dataset; upload: Upload }> {
  const id = deps.newId('dataset');
  const row = (await findDataset(deps.db, id)) ?? (await insertNew(deps, id, input));
  return { dataset: toDataset(row), upload: await uploadUrls(deps, row, origin) };
}

async function insertNew(deps: Pick<Deps, 'db' | 'bucket' | 'clock'>, id: string, input: CreateDataset) {
  const nowMs = deps.clock.nowMs();
  const upload = isMultipart(input.bytes) ? await deps.bucket.createMultipartUpload(places.datasetRaw(id)) : null;
  return await insertDataset(deps.db, {
    id,
    name: input.name,
    kind: input.kind,
    format: input.format,
    state: 'created',
    bytes: input.bytes,
    sha256: input.sha256 ?? null,
    sampling: input.sampling,
    uploadId: upload?.uploadId ?? null,
    stats: null,
    warnings: [],
    errorCount: 0,
    rowErrors: [],
    createdAt: nowMs,
    updatedAt: nowMs,
  });
}
