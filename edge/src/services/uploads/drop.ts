// Uploads that nobody goes on with, or whose subject is deleted: bytes before rows, so that what breaks off is found and finished.
import type { Deps } from '../../deps.ts';
import { deleteUpload, listUploadsOf, setDropping, type UploadRow } from '../../repo/uploads.ts';
import { abortMultipart } from '../../storage/r2.ts';

type DropDeps = Pick<Deps, 'db' | 'bucket' | 'clock'>;

/** Drops an upload with all that has arrived of it. */
export async function dropUpload(deps: DropDeps, { id, key, uploadId }: UploadRow): Promise<void> {
  await setDropping(deps.db, id, deps.clock.nowMs());
  if (uploadId !== null) await abortMultipart(deps.bucket, key, uploadId);
  await deps.bucket.delete(key);
  await deleteUpload(deps.db, id);
}

/**
 * Drops the uploads of a dataset, a job or an import.
 * @param keeps the places of those that stay
 */
export async function dropUploadsOf(
  deps: DropDeps,
  workspace: string,
  subject: string,
  keeps: (key: string) => boolean = () => false,
): Promise<void> {
  for (const row of await listUploadsOf(deps.db, workspace, subject)) if (!keeps(row.key)) await dropUpload(deps, row);
}
