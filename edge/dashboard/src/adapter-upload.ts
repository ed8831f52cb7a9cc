// An adapter's two files on their way to the edge: hashed, sent in parts with what has arrived left out, imported.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Blend } from '@tallrec/shared/blend';
import {
  type Adapter,
  adapterId,
  adapterSchema,
  adapterUploadSchema,
  type importAdapterSchema,
} from '@tallrec/shared/wire/adapters';
import { errorBodySchema } from '@tallrec/shared/wire/page';
import type { Upload } from '@tallrec/shared/wire/uploads';
import type { z } from 'zod';
import { ApiError, call } from './api.ts';
import { texts } from './texts.ts';

export interface ImportInput {
  config: File;
  weights: File;
  fields: Omit<z.input<typeof importAdapterSchema>, 'configSha256' | 'weightsSha256' | 'blend'>;
  /** Of a `blend.json` beside them: it holds for the adapter that it names alone. */
  blend?: { adapter: string; blend: Blend };
  /** How far it is: bytes read, then bytes sent. */
  onProgress: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  doing: 'reading' | 'sending' | 'importing';
  bytes: number;
  of: number;
}

/** @throws ApiError, or Error where the blend is of another adapter */
export async function importAdapter({ config, weights, blend, fields, onProgress }: ImportInput): Promise<Adapter> {
  const of = config.size + weights.size;
  const counted = (doing: ImportProgress['doing']) => {
    let bytes = 0;
    return (more: number) => {
      bytes += more;
      onProgress({ doing, bytes, of });
    };
  };
  const read = counted('reading');
  const hashes = { configSha256: await sha256Of(config, read), weightsSha256: await sha256Of(weights, read) };
  if (blend && blend.adapter !== (await adapterId(hashes))) throw new Error(texts.adapters.import.problems.otherBlend);
  const upload = await call('POST', '/v1/adapters:upload', {
    body: { ...hashes, configBytes: config.size, weightsBytes: weights.size },
    answer: adapterUploadSchema,
  });
  const sent = counted('sending');
  await sendMissing(upload.config, config, sent);
  await sendMissing(upload.weights, weights, sent);
  onProgress({ doing: 'importing', bytes: of, of });
  return await call('POST', '/v1/adapters', {
    body: { ...hashes, ...fields, ...(blend ? { blend: blend.blend } : {}) },
    answer: adapterSchema,
  });
}

/** Piece by piece, so that the page stays alive. */
async function sha256Of(file: File, onBytes: (bytes: number) => void): Promise<string> {
  const hash = sha256.create();
  for await (const piece of file.stream() as unknown as AsyncIterable<Uint8Array>) {
    hash.update(piece);
    onBytes(piece.length);
  }
  return bytesToHex(hash.digest());
}

interface Part {
  url: string;
  received: boolean;
  from: number;
  bytes: number;
}

export function partsOf(upload: Upload, bytes: number): Part[] {
  if (upload.mode === 'single') return [{ url: upload.url, received: upload.received, from: 0, bytes }];
  const { partBytes, parts } = upload;
  return parts.map(({ part, url, received, bytes: length }) => ({
    url,
    received,
    from: (part - 1) * partBytes,
    bytes: length,
  }));
}

async function sendMissing(upload: Upload, file: File, onBytes: (bytes: number) => void): Promise<void> {
  for (const { url, received, from, bytes } of partsOf(upload, file.size)) {
    if (received) onBytes(bytes);
    else await put(url, file.slice(from, from + bytes), onBytes);
  }
}

/** A fetch does not tell how much of its body has gone. */
function put(url: string, body: Blob, onBytes: (bytes: number) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = new XMLHttpRequest();
  let told = 0;
  const tell = (loaded: number) => {
    onBytes(loaded - told);
    told = loaded;
  };
  request.upload.onprogress = ({ loaded }) => tell(loaded);
  request.onload = () => {
    if (request.status === 200) {
      tell(body.size);
      resolve();
    } else reject(refusalOf(request));
  };
  request.onerror = () => {
    const message =
      'The file could not be sent. Check your connection and try again: what has arrived is not sent anew.';
    reject(new ApiError({ code: 'NETWORK', message, retryable: true }));
  };
  request.open('PUT', url);
  request.responseType = 'json';
  request.send(body);
  return promise;
}

function refusalOf({ status, response }: XMLHttpRequest): ApiError {
  const refused = errorBodySchema.safeParse(response);
  if (refused.success) return new ApiError({ ...refused.data.error, status });
  return new ApiError({ code: 'UNREADABLE', message: `The service answered with status ${status}.`, status });
}
