import { TallrecError } from '@tallrec/shared/errors';
import { ADAPTER_FILES, adapterId } from '@tallrec/shared/wire/adapters';
import type { TuneResult } from '@tallrec/shared/wire/link';
import type { Deps } from '../../deps.ts';
import { insertAdapter } from '../../repo/adapters.ts';
import { findTuning } from '../../repo/tunings.ts';
import { places } from '../../storage/places.ts';

/**
 * Makes an adapter of what a node has sent: checks it against what the node says, copies it to its own place, records it.
 * Doing it again changes nothing.
 * @throws TallrecError CHECKSUM_MISMATCH or NOT_FOUND when the bytes are not there as announced
 */
export async function publishAdapter(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock'>,
  tuning: string,
  fence: number,
  { adapter, files, golden, blend, modelHash, bestValidAuc, bestValidLoss }: TuneResult,
): Promise<void> {
  if ((await adapterId(files)) !== adapter) {
    throw new TallrecError('CHECKSUM_MISMATCH', 'The node gave an adapter a name that its files do not have.');
  }
  await copy(deps.bucket, tuning, fence, adapter, ADAPTER_FILES.config, files.configSha256);
  await copy(deps.bucket, tuning, fence, adapter, ADAPTER_FILES.weights, files.weightsSha256);
  const row = (await findTuning(deps.db, tuning))!;
  await insertAdapter(deps.db, {
    id: adapter,
    name: row.name,
    model: row.model,
    modelHash,
    stage: row.settings.stage,
    template: row.settings.template,
    ...files,
    tuning,
    validAuc: bestValidAuc,
    validLoss: bestValidLoss,
    golden,
    blend,
    createdAt: deps.clock.nowMs(),
  });
}

/** R2 has no rename; it checks the SHA-256 while it copies. */
async function copy(
  bucket: R2Bucket,
  tuning: string,
  fence: number,
  adapter: string,
  file: string,
  sha256: string,
): Promise<void> {
  const target = places.adapterFile(adapter, file);
  if (await bucket.head(target)) return;
  const source = await bucket.get(places.jobResult(tuning, fence, file));
  if (!source) {
    throw new TallrecError('NOT_FOUND', `The node has not sent ${file}.`, { fix: 'Start the tuning again.' });
  }
  try {
    await bucket.put(target, source.body, { sha256 });
  } catch (cause) {
    throw new TallrecError('CHECKSUM_MISMATCH', `${file} did not arrive as the node made it.`, {
      fix: 'Start the tuning again.',
      cause,
    });
  }
}
