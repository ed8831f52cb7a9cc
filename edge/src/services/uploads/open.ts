// The first step of every large object that comes in: its row, before any byte.
import type { Deps } from '../../deps.ts';
import type { AuditInput } from '../../repo/audit.ts';
import { addUpload, findUploadAt, type UploadRow, type UploadWithParts } from '../../repo/uploads.ts';
import { dropUpload } from './drop.ts';

export interface Announced {
  workspace: string;
  /** Where in R2 it goes. */
  key: string;
  /** What it belongs to: a dataset, a job, an adapter's import. */
  subject: string;
  /** Of a job: only while it holds. */
  fence?: number;
  bytes: number;
  sha256?: string | null | undefined;
}

/** Nothing is begun in R2 before the first byte, so that there is nothing to clean up where none comes. */
export function newUpload(deps: Pick<Deps, 'clock' | 'newId'>, announced: Announced): UploadRow {
  const { workspace, key, subject, fence = null, bytes, sha256 = null } = announced;
  const nowMs = deps.clock.nowMs();
  return {
    id: deps.newId('upload'),
    workspace,
    key,
    subject,
    fence,
    bytes,
    sha256,
    uploadId: null,
    state: 'open',
    createdAt: nowMs,
    updatedAt: nowMs,
  };
}

/**
 * Announcing the same again gives the same upload, with what has arrived; another file for the same place takes its place.
 * @param audit who asked for it, where somebody did
 */
export async function openUpload(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock' | 'newId'>,
  announced: Announced,
  audit?: AuditInput,
): Promise<UploadWithParts> {
  const { workspace, key, bytes, sha256 = null } = announced;
  const known = await findUploadAt(deps.db, workspace, key);
  if (known && known.state !== 'dropping' && known.bytes === bytes && known.sha256 === sha256) return known;
  if (known) await dropUpload(deps, known);
  await addUpload(deps.db, newUpload(deps, announced), audit);
  return (await findUploadAt(deps.db, workspace, key))!;
}
