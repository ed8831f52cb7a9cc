// What a file system refuses, in words.

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file would exceed the largest size allowed (ulimit -f)',
  EIO: 'the disk reports an input/output error',
  EISDIR: 'it is a directory',
  ENOENT: 'there is no such file or directory',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of it is no directory',
  EROFS: 'the file system cannot be written',
};
const OUT_OF_SPACE: ReadonlySet<string> = new Set(['EDQUOT', 'EFBIG', 'ENOSPC']);

export interface FileFault {
  path: string | undefined;
  words: string;
  /** What to do about it, one sentence. */
  fix: string;
}

/** @returns undefined for an error that is not the file system's */
export function fileFault(error: unknown): FileFault | undefined {
  const { code = '', path } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const words = WORDS[code];
  if (!words) return undefined;
  if (OUT_OF_SPACE.has(code)) return { path, words, fix: 'Free space, or write to another place.' };
  return { path, words, fix: code === 'EIO' ? 'Check the disk, or write to another one.' : 'Check the path.' };
}
