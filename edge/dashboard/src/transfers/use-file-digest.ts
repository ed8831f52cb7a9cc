// Hashes a chosen file while people look at what is in it.
import { useEffect, useRef, useState } from 'react';
import type { FileDigest } from './digest.ts';
import { digestFile } from './digest-file.ts';

export interface Digesting {
  readBytes: number;
  /** @throws FileFault where the file can no longer be read */
  digest: () => Promise<FileDigest>;
}

export function useFileDigest(file: File): Digesting {
  const [readBytes, setReadBytes] = useState(0);
  const pending = useRef<Promise<FileDigest>>(null);
  useEffect(() => {
    const ending = new AbortController();
    pending.current = digestFile(file, { onRead: setReadBytes, signal: ending.signal });
    pending.current.then(
      () => setReadBytes(file.size),
      () => undefined,
    );
    return () => ending.abort();
  }, [file]);
  return { readBytes, digest: () => pending.current! };
}
