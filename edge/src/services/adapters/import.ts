// Adapters that were tuned elsewhere: announced, sent, imported.
import { TallrecError } from '@tallrec/shared/errors';
import {
  ADAPTER_FILES,
  type Adapter,
  type AdapterUpload,
  adapterId,
  type ImportAdapter,
  type UploadAdapter,
} from '@tallrec/shared/wire/adapters';
import { z } from 'zod';
import type { Ctx, Deps } from '../../deps.ts';
import { findUploadAt, importSubject, type UploadWithParts } from '../../repo/uploads.ts';
import { places } from '../../storage/places.ts';
import { completeUpload, dropUploadsOf, openUpload, uploadView } from '../uploads.ts';
import { placeAdapter } from './place.ts';
import { getAdapter } from './view.ts';

type AdapterFile = (typeof ADAPTER_FILES)[keyof typeof ADAPTER_FILES];

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
 * Second step: the files that were sent become an adapter. Importing what is there already gives what is there.
 * @throws TallrecError ILLEGAL_STATE when a file has not been sent, CHECKSUM_MISMATCH when it is to be sent again, ADAPTER_INVALID
 *   when it is no LoRA adapter, CONFLICT while the same adapter is being deleted
 */
export async function importAdapter(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock'>,
  ctx: Ctx,
  { configSha256, weightsSha256, name, model, stage, template, blend }: ImportAdapter,
): Promise<Adapter> {
  const id = await adapterId({ configSha256, weightsSha256 });
  const known = await getAdapter(deps, ctx, id).catch((error: unknown) => {
    if (error instanceof TallrecError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  const { workspace, actor } = ctx;
  const subject = importSubject(id);
  if (known) {
    await dropUploadsOf(deps, workspace, subject);
    return known;
  }
  const config = await sent(deps, workspace, id, ADAPTER_FILES.config);
  const weights = await sent(deps, workspace, id, ADAPTER_FILES.weights);
  await requireLora(deps, config.key);
  const row = {
    workspace,
    id,
    state: 'ready' as const,
    name,
    model,
    modelHash: null,
    stage: stage ?? null,
    template,
    configSha256,
    weightsSha256,
    weightsBytes: weights.bytes,
    tuning: null,
    validAuc: null,
    validLoss: null,
    golden: null,
    blend: blend ?? null,
    createdBy: actor,
    createdAt: deps.clock.nowMs(),
  };
  const sources = { config: config.key, weights: weights.key };
  try {
    await placeAdapter(deps, { row, sources, ctx, action: 'adapter.import' });
  } catch (error) {
    // What was put together is not what was announced: it has to be sent from the start.
    if (error instanceof TallrecError && error.code === 'CHECKSUM_MISMATCH')
      await dropUploadsOf(deps, workspace, subject);
    throw error;
  }
  await dropUploadsOf(deps, workspace, subject);
  return await getAdapter(deps, ctx, id);
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

async function requireLora({ bucket }: Pick<Deps, 'bucket'>, key: string): Promise<void> {
  const object = await bucket.get(key);
  const text = await object?.text();
  if (text !== undefined && configSchema.safeParse(parsed(text)).success) return;
  throw new TallrecError('ADAPTER_INVALID', `${ADAPTER_FILES.config} is not that of a LoRA adapter.`, {
    fix: 'Save the adapter with PEFT: save_pretrained of a LoraConfig model.',
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
