import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import {
  ADAPTER_FILES,
  type Adapter,
  type AdapterUpload,
  adapterId,
  type ImportAdapter,
  type UploadAdapter,
} from '@tallrec/shared/wire/adapters';
import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { findAdapter, insertAdapter } from '../../repo/adapters.ts';
import { places } from '../../storage/places.ts';
import { signedPath } from '../../storage/signed-path.ts';
import { toAdapter } from './view.ts';

/** Of `adapter_config.json`, what tells a LoRA adapter from anything else; nodes check the rest as they load it. */
const configSchema = z.looseObject({ peft_type: z.literal('LORA'), r: z.number().int().positive() });

/**
 * First step: where to send the two files. They are kept only with the SHA-256s that were announced.
 * @param origin of the edge, for the URLs
 */
export async function uploadAdapter(
  deps: Pick<Deps, 'clock' | 'secrets'>,
  { configSha256, configBytes, weightsSha256, weightsBytes }: UploadAdapter,
  origin: string,
): Promise<AdapterUpload> {
  const id = await adapterId({ configSha256, weightsSha256 });
  const exp = deps.clock.nowMs() + LIMITS.uploadUrlTtlMs;
  const url = async (file: string, bytes: number, sha256: string) => {
    const path = await signedPath(deps, { op: 'put', key: places.adapterFile(id, file), bytes, sha256, exp });
    return new URL(path, origin).href;
  };
  return {
    id,
    configUrl: await url(ADAPTER_FILES.config, configBytes, configSha256),
    weightsUrl: await url(ADAPTER_FILES.weights, weightsBytes, weightsSha256),
    expiresAt: new Date(exp).toISOString(),
  };
}

/**
 * Second step: the files that were sent become an adapter. Importing what is there already gives what is there.
 * @throws TallrecError ILLEGAL_STATE when a file has not been sent, ADAPTER_INVALID when it is no LoRA adapter
 */
export async function importAdapter(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock'>,
  { configSha256, weightsSha256, name, model, stage, template, blend }: ImportAdapter,
): Promise<Adapter> {
  const id = await adapterId({ configSha256, weightsSha256 });
  const config = await deps.bucket.get(places.adapterFile(id, ADAPTER_FILES.config));
  const weights = await deps.bucket.head(places.adapterFile(id, ADAPTER_FILES.weights));
  if (!config || !weights) {
    throw new TallrecError(
      'ILLEGAL_STATE',
      `${config ? ADAPTER_FILES.weights : ADAPTER_FILES.config} has not been sent.`,
      {
        fix: 'Ask for upload URLs with POST /v1/adapters/uploads and PUT both files first.',
      },
    );
  }
  const parsed = configSchema.safeParse(await config.json().catch(() => undefined));
  if (!parsed.success) {
    throw new TallrecError('ADAPTER_INVALID', `${ADAPTER_FILES.config} is not that of a LoRA adapter.`, {
      fix: 'Save the adapter with PEFT: save_pretrained of a LoraConfig model.',
    });
  }
  await insertAdapter(deps.db, {
    id,
    name,
    model,
    modelHash: null,
    stage: stage ?? null,
    template,
    configSha256,
    weightsSha256,
    weightsBytes: weights.size,
    tuning: null,
    validAuc: null,
    validLoss: null,
    golden: null,
    blend: blend ?? null,
    createdAt: deps.clock.nowMs(),
  });
  return toAdapter((await findAdapter(deps.db, id))!);
}
