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
  const awaited = useRef(false);
  useEffect(() => {
    const ending = new AbortController();
    pending.current = digestFile(file, { onRead: setReadBytes, signal: ending.signal });
    pending.current.then(
      () => setReadBytes(file.size),
      () => undefined,
    );
    // Whoever waits for it goes on waiting on another page.
    return () => {
      if (!awaited.current) ending.abort();
    };
  }, [file]);
  const digest = () => {
    awaited.current = true;
    return pending.current!;
  };
  return { readBytes, digest };
}
