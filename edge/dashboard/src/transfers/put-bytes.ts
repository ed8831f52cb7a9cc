// One PUT that tells how far it has come, which `fetch` cannot.
import { type ReceivedPart, receivedPartSchema } from '@tallrec/shared/wire/uploads';
import { ApiError, refusal, unreachable } from '../api.ts';

export interface PutOptions {
  /** Hex; checked by the service while the bytes stream in. */
  sha256: string | undefined;
  onSent: (bytes: number) => void;
  signal: AbortSignal;
}

/**
 * @param url signed, of this very service, whatever name it goes by where it was signed
 * @throws ApiError; the reason of the signal where that ended it
 */
export function putBytes(url: string, bytes: Blob, { sha256, onSent, signal }: PutOptions): Promise<ReceivedPart> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    signal.addEventListener('abort', stop, { once: true });
    request.addEventListener('loadend', () => signal.removeEventListener('abort', stop));
    request.upload.addEventListener('progress', ({ loaded }) => onSent(loaded));
    request.addEventListener('abort', () => reject(signal.reason));
    request.addEventListener('error', () => reject(unreachable()));
    request.addEventListener('load', () => {
      try {
        resolve(answerOf(request));
      } catch (error) {
        reject(error);
      }
    });
    request.open('PUT', new URL(url).pathname);
    if (sha256 !== undefined) request.setRequestHeader('X-Content-SHA256', sha256);
    request.send(bytes);
  });
}

function answerOf(request: XMLHttpRequest): ReceivedPart {
  const { status } = request;
  const content = jsonOf(request.responseText);
  if (status < 200 || status > 299) throw refusal(status, content, request.getResponseHeader('X-Request-Id'));
  const received = receivedPartSchema.safeParse(content);
  if (received.success) return received.data;
  throw new ApiError({ code: 'UNREADABLE', message: `The service answered with status ${status}.`, status });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
