// Adapters come and go with their files: imported, or published from a job's run; copied to the adapter's own place, where nothing else ever
// writes; deleted.
import { TallrecError } from '@tallrec/shared/errors';
import type { TuningSettings } from '@tallrec/shared/tuning';
import { ADAPTER_FILES, adapterId } from '@tallrec/shared/wire/adapters';
import type { GivenFacts } from '@tallrec/shared/wire/datasets';
import { RESULT_FILES, type TuneResult } from '@tallrec/shared/wire/link';
import type { Ctx, Deps } from '../deps.ts';
import { type AdapterRow, deleteAdapterRow, insertAdapter, setAdapterDeleting } from '../repo/adapters.ts';
import { places } from '../storage/places.ts';
import { deletePrefix, isBadDigest } from '../storage/r2.ts';
import { noSuchAdapter } from './adapters.ts';
import { forgetRoutesOf } from './known-routes.ts';

export interface PublishedRun {
  workspace: string;
  job: string;
  fence: number;
  name: string;
  model: string;
  settings: Pick<TuningSettings, 'stage' | 'template'>;
  items: GivenFacts | null;
  createdBy: string;
}

/**
 * Makes an adapter of what a node has sent: checks it against what the node says, copies it to its own place, records it.
 * Doing it again changes nothing. Whatever else goes wrong is of the platform, and to be tried again.
 * @throws TallrecError CHECKSUM_MISMATCH where the bytes are not there as announced: the node has to send them again
 */
export async function publishAdapter(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock'>,
  { workspace, job, fence, name, model, settings, items, createdBy }: PublishedRun,
  { adapter: id, files, golden, blend, modelHash, bestValidAuc, bestValidLoss }: TuneResult,
): Promise<void> {
  if ((await adapterId(files)) !== id) {
    throw new TallrecError('CHECKSUM_MISMATCH', 'The node gave an adapter a name that its files do not have.');
  }
  const { configSha256, weightsSha256, weightsBytes } = files;
  const row = {
    workspace,
    id,
    state: 'ready' as const,
    name,
    model,
    modelHash,
    stage: settings.stage,
    template: settings.template,
    templateAssumed: false,
    configSha256,
    weightsSha256,
    weightsBytes,
    tuning: job,
    validAuc: bestValidAuc,
    validLoss: bestValidLoss,
    golden,
    blend,
    items,
    warnings: null,
    createdBy,
    createdAt: deps.clock.nowMs(),
  };
  const source = (file: string) => places.jobResult(workspace, job, fence, file);
  const sources = { config: source(ADAPTER_FILES.config), weights: source(ADAPTER_FILES.weights) };
  const ctx = { workspace, actor: createdBy };
  try {
    await placeAdapter(deps, { row, sources, blend: source(RESULT_FILES.blend), ctx, action: 'adapter.publish' });
  } catch (error) {
    // The deletion ends by itself.
    if (error instanceof TallrecError && error.code === 'CONFLICT') throw new Error(error.message);
    throw error;
  }
}

type PlaceDeps = Pick<Deps, 'db' | 'bucket'>;

export interface Placed {
  row: AdapterRow;
  /** Where its files lie now. */
  sources: Record<keyof typeof ADAPTER_FILES, string>;
  /** Where the file of the row's blend lies, or its bytes. */
  blend: string | Uint8Array | undefined;
  ctx: Ctx;
  action: string;
}

/**
 * Copies its files and records the adapter; doing it again changes nothing.
 * @throws TallrecError CHECKSUM_MISMATCH where a file is not there as it was announced, CONFLICT while the same adapter is being deleted
 */
export async function placeAdapter(deps: PlaceDeps, placed: Placed): Promise<AdapterRow> {
  const { row, ctx, action } = placed;
  await copyFiles(deps, placed);
  const { id, name, model, createdAt: nowMs } = row;
  const now = await insertAdapter(deps.db, row, { ctx, action, subject: id, details: { name, model }, nowMs });
  if (now.state === 'deleting') {
    throw new TallrecError('CONFLICT', `The adapter ${id} is being deleted.`, { fix: 'Try again in a moment.' });
  }
  // A deletion may have taken the files between the copy and the record.
  await copyFiles(deps, placed);
  return now;
}

async function copyFiles({ bucket }: PlaceDeps, { row, sources, blend }: Placed): Promise<void> {
  const { workspace, id } = row;
  const { config, weights } = places.adapterFiles(workspace, id);
  await copy(bucket, sources.config, config, row.configSha256);
  await copy(bucket, sources.weights, weights, row.weightsSha256);
  if (!blend || !row.blend) return;
  const { sha256 } = row.blend.file;
  const key = places.adapterBlend(workspace, id, sha256);
  if (typeof blend === 'string') await copy(bucket, blend, key, sha256);
  else await bucket.put(key, blend, { sha256 });
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

/**
 * In three steps, each of which can be done again: marked, its files, its row.
 * @throws TallrecError NOT_FOUND, or CONFLICT while aliases point at it or jobs use it, which it names
 */
export async function deleteAdapter(deps: Pick<Deps, 'db' | 'bucket' | 'clock'>, ctx: Ctx, id: string): Promise<void> {
  const { row, aliases, jobs } = await setAdapterDeleting(deps.db, ctx, id, deps.clock.nowMs());
  forgetRoutesOf(ctx.workspace);
  if (!row) throw noSuchAdapter(id);
  if (row.state === 'deleting') return await finishDeletingAdapter(deps, row);
  const by = [...aliases.map((alias) => `the alias ${alias}`), ...jobs].join(', ');
  throw new TallrecError('CONFLICT', `The adapter ${id} is used by ${by}.`, {
    fix: 'Point the alias at another adapter or delete it; wait for the jobs to end, or cancel them.',
    details: { aliases, jobs },
  });
}

export async function finishDeletingAdapter(
  deps: Pick<Deps, 'db' | 'bucket'>,
  { workspace, id }: AdapterRow,
): Promise<void> {
  await deletePrefix(deps.bucket, places.adapter(workspace, id));
  await deleteAdapterRow(deps.db, workspace, id);
}
