// Files that have come in to an adapter's own place, where nothing else ever writes.
import { TallrecError } from '@tallrec/shared/errors';
import { ADAPTER_FILES } from '@tallrec/shared/wire/adapters';
import type { Ctx, Deps } from '../../deps.ts';
import { type AdapterRow, insertAdapter } from '../../repo/adapters.ts';
import { places } from '../../storage/places.ts';
import { isBadDigest } from '../../storage/r2.ts';

type PlaceDeps = Pick<Deps, 'db' | 'bucket'>;

export interface Placed {
  row: AdapterRow;
  /** Where its files lie now. */
  sources: Record<keyof typeof ADAPTER_FILES, string>;
  ctx: Ctx;
  action: string;
}

/**
 * Copies both files and records the adapter; doing it again changes nothing.
 * @throws TallrecError CHECKSUM_MISMATCH where a file is not there as it was announced, CONFLICT while the same adapter is being deleted
 */
export async function placeAdapter(deps: PlaceDeps, placed: Placed): Promise<AdapterRow> {
  const { row, ctx, action } = placed;
  await copyBoth(deps, placed);
  const { id, name, model, createdAt: nowMs } = row;
  const now = await insertAdapter(deps.db, row, { ctx, action, subject: id, details: { name, model }, nowMs });
  if (now.state === 'deleting') {
    throw new TallrecError('CONFLICT', `The adapter ${id} is being deleted.`, { fix: 'Try again in a moment.' });
  }
  // A deletion may have taken the files between the copy and the record.
  await copyBoth(deps, placed);
  return now;
}

async function copyBoth({ bucket }: PlaceDeps, { row, sources }: Placed): Promise<void> {
  const { workspace, id } = row;
  const place = (file: string) => places.adapterFile(workspace, id, file);
  await copy(bucket, sources.config, place(ADAPTER_FILES.config), row.configSha256);
  await copy(bucket, sources.weights, place(ADAPTER_FILES.weights), row.weightsSha256);
}

/** R2 has no rename; it checks the SHA-256 while it copies. That it is out of reach says nothing of the bytes, and is thrown as it is. */
async function copy(bucket: R2Bucket, source: string, target: string, sha256: string): Promise<void> {
  if (await bucket.head(target)) return;
  const object = await bucket.get(source);
  if (!object) throw mismatch(`${nameOf(target)} has not arrived.`);
  try {
    await bucket.put(target, object.body, { sha256 });
  } catch (error) {
    if (isBadDigest(error)) throw mismatch(`${nameOf(target)} did not arrive as it was made.`, error);
    throw error;
  }
}

const nameOf = (key: string) => key.split('/').at(-1);

function mismatch(message: string, cause?: unknown): TallrecError {
  return new TallrecError('CHECKSUM_MISMATCH', message, {
    fix: 'Send it again.',
    ...(cause === undefined ? {} : { cause }),
  });
}
