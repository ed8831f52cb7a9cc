// Hashes a chosen file while people look at other things.
import { useEffect, useState } from 'react';
import type { FileDigest } from './digest.ts';
import { digestFile } from './digest-file.ts';

export interface Digesting {
  readBytes: number;
  digest: FileDigest | null;
  error: Error | null;
}

const NOTHING: Digesting = { readBytes: 0, digest: null, error: null };

export function useFileDigest(file: File | null): Digesting {
  const [digesting, setDigesting] = useState(NOTHING);
  useEffect(() => {
    setDigesting(NOTHING);
    if (!file) return;
    const ending = new AbortController();
    const { signal } = ending;
    const onRead = (readBytes: number) => setDigesting((before) => ({ ...before, readBytes }));
    digestFile(file, { onRead, signal }).then(
      (digest) => !signal.aborted && setDigesting({ readBytes: file.size, digest, error: null }),
      (error) => !signal.aborted && setDigesting({ ...NOTHING, error }),
    );
    return () => ending.abort();
  }, [file]);
  return digesting;
}
