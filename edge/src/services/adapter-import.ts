// Adapters that were made elsewhere: their two files are sent, and become an adapter with what is said of how they were made.
import { isDeepStrictEqual } from 'node:util';
import { blendSchema, type WholeBlend } from '@tallrec/shared/blend';
import { refusedField, TallrecError } from '@tallrec/shared/errors';
import { parseJson } from '@tallrec/shared/json';
import { LIMITS } from '@tallrec/shared/limits';
import {
  ADAPTER_FILES,
  type Adapter,
  type AdapterUpload,
  adapterId,
  type BlendRecord,
  type ImportAdapter,
  type UploadAdapter,
} from '@tallrec/shared/wire/adapters';
import type { NodeTrial } from '@tallrec/shared/wire/node-api';
import { z } from 'zod';
import type { Ctx, Deps } from '../deps.ts';
import { type AdapterRow, findAdapter, setAdapterTried, type Told, tellAdapter } from '../repo/adapters.ts';
import { findUploadAt, importSubject, type UploadWithParts } from '../repo/uploads.ts';
import { places } from '../storage/places.ts';
import { type Placed, placeAdapter } from './adapter-files.ts';
import { type TrialDeps, tryAdapterIfPossible } from './adapter-trial.ts';
import { requireAdapterWeights } from './adapter-weights.ts';
import { type AdapterFile, getAdapter, knownBlend } from './adapters.ts';
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
    items: null,
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
