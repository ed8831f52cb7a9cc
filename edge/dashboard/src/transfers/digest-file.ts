// Has a file hashed in a worker.

import type { FileDigest } from './digest.ts';
import type { DigestMessage } from './digest-worker.ts';
import { unreadable } from './file-fault.ts';

interface DigestOptions {
  onRead: (bytes: number) => void;
  signal?: AbortSignal;
}

/** @throws Error where the file can no longer be read; the reason of the signal where that ended it */
export function digestFile(file: Blob, { onRead, signal }: DigestOptions): Promise<FileDigest> {
  return new Promise<FileDigest>((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = new Worker(new URL('./digest-worker.ts', import.meta.url), { type: 'module' });
    const end = () => worker.terminate();
    signal?.addEventListener('abort', () => {
      end();
      reject(signal?.reason);
    });
    worker.addEventListener('error', ({ message }) => {
      end();
      reject(new Error(message));
    });
    worker.addEventListener('message', ({ data }: MessageEvent<DigestMessage>) => {
      if ('read' in data) return onRead(data.read);
      end();
      if ('digest' in data) resolve(data.digest);
      else reject(unreadable(data.problem));
    });
    worker.postMessage(file);
  });
}
