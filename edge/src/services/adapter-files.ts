// Adapters come and go with their files: sent by whoever tuned one elsewhere and imported, or published from a job's run; copied to the
// adapter's own place, where nothing else ever writes; deleted.
import { isDeepStrictEqual } from 'node:util';
import { blendSchema, type WholeBlend } from '@tallrec/shared/blend';
import { refusedField, TallrecError } from '@tallrec/shared/errors';
import { parseJson } from '@tallrec/shared/json';
import { LIMITS } from '@tallrec/shared/limits';
import type { TuningSettings } from '@tallrec/shared/tuning';
import {
  ADAPTER_FILES,
  type Adapter,
  type AdapterUpload,
  adapterId,
  type BlendRecord,
  type ImportAdapter,
  type UploadAdapter,
} from '@tallrec/shared/wire/adapters';
import { RESULT_FILES, type TuneResult } from '@tallrec/shared/wire/link';
import type { NodeTrial } from '@tallrec/shared/wire/node-api';
import { z } from 'zod';
import type { Ctx, Deps } from '../deps.ts';
import {
  type AdapterRow,
  deleteAdapterRow,
  findAdapter,
  insertAdapter,
  setAdapterDeleting,
  setAdapterTried,
  type Told,
  tellAdapter,
} from '../repo/adapters.ts';
import { findUploadAt, importSubject, type UploadWithParts } from '../repo/uploads.ts';
import { places } from '../storage/places.ts';
import { deletePrefix, isBadDigest } from '../storage/r2.ts';
import { type TrialDeps, tryAdapterIfPossible } from './adapter-trial.ts';
import { requireAdapterWeights } from './adapter-weights.ts';
import { type AdapterFile, getAdapter, knownBlend, noSuchAdapter } from './adapters.ts';
import { forgetRoutesOf } from './known-routes.ts';
import { sha256Hex } from './secrets.ts';
import { completeUpload, dropUploadsOf, openUpload, uploadView } from './uploads.ts';

/** Where an import says nothing. */
const ASSUMED_TEMPLATE = 'clean';

/** Of `adapter_config.json`, what tells a LoRA adapter from anything else; nodes check the rest as they load it. */
const configSchema = z.looseObject({ peft_type: z.literal('LORA'), r: z.number().int().positive() });

/**
 * First step: where to send the two files. Asking again gives the same uploads, with what has arrived marked.
 * @param origin of the edge, for the URLs
 */
export async function uploadAdapter(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock' | 'newId' | 'signing'>,
  ctx: Ctx,
  { configSha256, configBytes, weightsSha256, weightsBytes }: UploadAdapter,
  origin: string,
): Promise<AdapterUpload> {
  const id = await adapterId({ configSha256, weightsSha256 });
  const open = async (file: AdapterFile, bytes: number, sha256: string) => {
    const { workspace } = ctx;
    const announced = {
      workspace,
      key: places.adapterImport(workspace, id, file),
      subject: importSubject(id),
      bytes,
      sha256,
    };
    const audit = { ctx, action: 'adapter.upload', subject: id, details: { file, bytes }, nowMs: deps.clock.nowMs() };
    return await uploadView(deps, await openUpload(deps, announced, audit), origin);
  };
  const config = await open(ADAPTER_FILES.config, configBytes, configSha256);
  return { id, config, weights: await open(ADAPTER_FILES.weights, weightsBytes, weightsSha256) };
}

/**
 * Second step: the files that were sent become an adapter. Importing what is there already adds what was not known of it.
 * @throws TallrecError ILLEGAL_STATE when a file has not been sent, CHECKSUM_MISMATCH when it is to be sent again, ADAPTER_INVALID
 *   when it is no LoRA adapter or a node cannot use it with the model, CONFLICT while the same adapter is being deleted, or where it is there
 *   and is said to have been made otherwise
 */
export async function importAdapter(
  deps: Pick<Deps, 'bucket'> & TrialDeps,
  ctx: Ctx,
  asked: ImportAdapter,
): Promise<Adapter> {
  const { configSha256, weightsSha256, name, model, modelHash: tunedOn, stage } = asked;
  const template = asked.template ?? ASSUMED_TEMPLATE;
  const id = await adapterId({ configSha256, weightsSha256 });
  const blend = asked.blend && (await blendFileOf(id, asked.blend));
  const known = await findAdapter(deps.db, ctx.workspace, id);
  const { workspace, actor } = ctx;
  const subject = importSubject(id);
  if (known) {
    await learnOf(deps, ctx, known, { ...asked, blend });
    await dropUploadsOf(deps, workspace, subject);
    return await getAdapter(deps, ctx, id);
  }
  const config = await sent(deps, workspace, id, ADAPTER_FILES.config);
  const weights = await sent(deps, workspace, id, ADAPTER_FILES.weights);
  const sources = { config: config.key, weights: weights.key };
  let trial: NodeTrial | undefined;
  try {
    await requireLora(deps, sources, weights.bytes);
    trial = await tryAdapterIfPossible(deps, ctx, { id, model, modelHash: tunedOn ?? null, template }, sources);
  } catch (error) {
    // These bytes will not get better.
    if (error instanceof TallrecError && error.code === 'ADAPTER_INVALID')
      await dropUploadsOf(deps, workspace, subject);
    throw error;
  }
  const row = {
    workspace,
    id,
    state: 'ready' as const,
    name,
    model,
    modelHash: tunedOn ?? trial?.modelHash ?? null,
    stage: stage ?? null,
    template,
    templateAssumed: asked.template === undefined,
    configSha256,
    weightsSha256,
    weightsBytes: weights.bytes,
    tuning: null,
    validAuc: null,
    validLoss: null,
    golden: trial?.golden ?? null,
    blend: blend?.record ?? null,
    warnings: trial?.warnings ?? null,
    createdBy: actor,
    createdAt: deps.clock.nowMs(),
  };
  try {
    await placeAdapter(deps, { row, sources, blend: blend?.bytes, ctx, action: 'adapter.import' });
  } catch (error) {
    // What was put together is not what was announced: it has to be sent from the start.
    if (error instanceof TallrecError && error.code === 'CHECKSUM_MISMATCH')
      await dropUploadsOf(deps, workspace, subject);
    throw error;
  }
  await dropUploadsOf(deps, workspace, subject);
  return await getAdapter(deps, ctx, id);
}

/**
 * What a further import of the same files says of how they were made.
 * @throws TallrecError CONFLICT where that contradicts what is known
 */
async function learnOf(
  deps: Pick<Deps, 'bucket'> & TrialDeps,
  ctx: Ctx,
  known: AdapterRow,
  { blend, ...asked }: Omit<ImportAdapter, 'blend'> & { blend: BlendOfImport | undefined },
): Promise<void> {
  const before = {
    ...known,
    template: known.templateAssumed ? null : known.template,
    blend: knownBlend(known) ?? null,
  };
  const said = { ...asked, blend: blend?.record };
  const told: Told = {};
  for (const field of ['model', 'modelHash', 'template', 'stage', 'blend'] as const) {
    const [was, now] = [before[field], said[field]];
    if (now === undefined || isDeepStrictEqual(was, now)) continue;
    if (was !== null) {
      const shown = typeof was === 'string' ? `${was}, not ${now}` : 'another';
      throw refusedField(
        'CONFLICT',
        field,
        `the adapter ${known.id.slice(0, 12)}… is here already, and its ${field} is ${shown}.`,
        {
          fix: 'Leave the field out, or delete the adapter first.',
        },
      );
    }
    Object.assign(told, { [field]: now });
  }
  if (Object.keys(told).length === 0) return;
  if (told.modelHash && known.golden === null) {
    const files = places.adapterFiles(known.workspace, known.id);
    const tried = await tryAdapterIfPossible(deps, ctx, { ...known, ...told }, files);
    if (tried) await setAdapterTried(deps.db, known, tried);
  }
  if (blend && told.blend) {
    const { sha256 } = told.blend.file;
    await deps.bucket.put(places.adapterBlend(known.workspace, known.id, sha256), blend.bytes, { sha256 });
  }
  const audit = { ctx, action: 'adapter.tell', subject: known.id, details: { ...told }, nowMs: deps.clock.nowMs() };
  await tellAdapter(deps.db, ctx.workspace, known.id, told, audit);
  forgetRoutesOf(ctx.workspace);
}

/** The SHA-256 over the whole is checked as the file is copied to its place. */
async function sent(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock'>,
  workspace: string,
  id: string,
  file: AdapterFile,
): Promise<UploadWithParts> {
  const upload = await findUploadAt(deps.db, workspace, places.adapterImport(workspace, id, file));
  const lacking = (why: string) =>
    new TallrecError('ILLEGAL_STATE', `${file} has not been sent${why}.`, {
      fix: 'Ask for upload URLs with POST /v1/adapters:upload and PUT both files first.',
    });
  if (!upload || upload.state === 'dropping') throw lacking('');
  if (upload.state === 'open' && upload.parts.length === 0) throw lacking('');
  await completeUpload(deps, upload, { verify: false });
  return upload;
}

/** What can be told of the files without a model. */
async function requireLora(
  { bucket }: Pick<Deps, 'bucket'>,
  keys: Placed['sources'],
  weightsBytes: number,
): Promise<void> {
  const object = await bucket.get(keys.config);
  const text = await object?.text();
  const config = configSchema.safeParse(text === undefined ? undefined : parseJson(text));
  if (!config.success) {
    const what = `${ADAPTER_FILES.config} is not that of a LoRA adapter`;
    const { path, message } = config.error.issues[0]!;
    throw new TallrecError('ADAPTER_INVALID', `${what}: ${path.join('.') || 'document'}: ${message}.`, {
      fix: 'Save the adapter with PEFT: save_pretrained of a LoraConfig model.',
    });
  }
  await requireAdapterWeights(bucket, keys.weights, weightsBytes);
}

export interface PublishedRun {
  workspace: string;
  job: string;
  fence: number;
  name: string;
  model: string;
  settings: Pick<TuningSettings, 'stage' | 'template'>;
  createdBy: string;
}

/**
 * Makes an adapter of what a node has sent: checks it against what the node says, copies it to its own place, records it.
 * Doing it again changes nothing. Whatever else goes wrong is of the platform, and to be tried again.
 * @throws TallrecError CHECKSUM_MISMATCH where the bytes are not there as announced: the node has to send them again
 */
export async function publishAdapter(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock'>,
  { workspace, job, fence, name, model, settings, createdBy }: PublishedRun,
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

interface Placed {
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
async function placeAdapter(deps: PlaceDeps, placed: Placed): Promise<AdapterRow> {
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

/** It comes in the body of the request. */
interface BlendOfImport {
  bytes: Uint8Array;
  record: BlendRecord;
}

async function blendFileOf(id: string, blend: WholeBlend): Promise<BlendOfImport> {
  const text = `${JSON.stringify({ adapter: id, ...blend })}\n`;
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > LIMITS.blendBytes) {
    throw refusedField(
      'TOO_LARGE',
      'blend',
      `${bytes.length} bytes are more than the ${LIMITS.blendBytes} that a blend may have.`,
      {
        fix: 'Import the adapter without it.',
      },
    );
  }
  const file = { sha256: await sha256Hex(text), bytes: bytes.length };
  return { bytes, record: { ...blendSchema.parse(blend), file } };
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
