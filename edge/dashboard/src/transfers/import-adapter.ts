// An adapter's two files on their way in: hashed, sent with what has arrived left out, imported.
import type { WholeBlend } from '@tallrec/shared/blend';
import type { Provenance } from '@tallrec/shared/tuning';
import {
  type Adapter,
  adapterId,
  adapterSchema,
  adapterUploadSchema,
  type importAdapterSchema,
} from '@tallrec/shared/wire/adapters';
import type { z } from 'zod';
import { call } from '../api.ts';
import { texts } from '../texts.ts';
import type { FileDigest } from './digest.ts';
import { digestFile } from './digest-file.ts';
import { Transfer, type TransferApi } from './transfer.ts';
import { byBrowser } from './transfers.ts';

export interface ImportInput {
  config: File;
  weights: File;
  fields: Omit<z.input<typeof importAdapterSchema>, 'configSha256' | 'weightsSha256' | 'blend' | 'modelHash'>;
  /** Of a `blend.json` beside them: it holds for the adapter that it names alone. */
  blend?: { adapter: string; blend: WholeBlend };
  /** Of a `report.json` beside them, likewise. */
  provenance?: Provenance | null;
  onProgress: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  doing: 'reading' | 'sending' | 'importing';
  /** Read, or sent. */
  bytes: number;
  of: number;
}

const { problems } = texts.adapters.import;

/** @throws ApiError; FileFault where a file can no longer be read; Error where the blend or the report is of another adapter */
export async function importAdapter(input: ImportInput): Promise<Adapter> {
  const { config, weights, blend, provenance, fields, onProgress } = input;
  const of = config.size + weights.size;
  const read = (bytes: number) => onProgress({ doing: 'reading', bytes, of });
  const digests = {
    config: await digestFile(config, { onRead: read }),
    weights: await digestFile(weights, { onRead: (bytes) => read(config.size + bytes) }),
  };
  const hashes = { configSha256: digests.config.sha256, weightsSha256: digests.weights.sha256 };
  const id = await adapterId(hashes);
  if (blend && blend.adapter !== id) throw new Error(problems.otherBlend);
  if (provenance && provenance.adapter !== id) throw new Error(problems.otherReport);

  const announce = (signal: AbortSignal) =>
    call('POST', '/v1/adapters:upload', {
      body: { ...hashes, configBytes: config.size, weightsBytes: weights.size },
      answer: adapterUploadSchema,
      signal,
    });
  const send = (name: 'config' | 'weights', onSent: (bytes: number) => void) =>
    sent(input[name], digests[name], async (signal) => (await announce(signal))[name], onSent);
  const tell = (bytes: number) => onProgress({ doing: 'sending', bytes, of });
  await send('config', tell);
  await send('weights', (bytes) => tell(config.size + bytes));

  onProgress({ doing: 'importing', bytes: of, of });
  const madeOn = provenance ? { modelHash: provenance.base.contentHash } : {};
  const body = { ...hashes, ...fields, ...(blend ? { blend: blend.blend } : {}), ...madeOn };
  return await call('POST', '/v1/adapters', { body, answer: adapterSchema });
}

function sent(
  file: File,
  digest: FileDigest,
  upload: TransferApi<void>['upload'],
  onSent: (bytes: number) => void,
): Promise<void> {
  const transfer = new Transfer<void>({ file, digest }, { ...byBrowser, upload, complete: async () => {} });
  return new Promise((resolve, reject) => {
    transfer.subscribe(() => {
      const { phase, error, sentBytes } = transfer.view;
      onSent(sentBytes);
      if (phase === 'failed') reject(error);
    });
    transfer.done.then(resolve);
    transfer.start();
  });
}
