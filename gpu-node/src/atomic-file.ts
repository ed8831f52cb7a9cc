// Files that are either whole or absent after a crash: written under a temporary name, synced, renamed.
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

type Chunks = Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>;

/**
 * Writes `chunks` one after the other to `path`, which appears only when all of them are on the disk.
 * @param mode permissions of a new file, before the process's umask
 * @throws the file system's error, with the temporary file removed
 */
export async function writeFileAtomically(path: string, chunks: Chunks, mode = 0o666): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFileSynced(temporary, chunks, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Writes `chunks` and waits until they are on the disk; for the files of a directory that is itself renamed when it is whole. */
export async function writeFileSynced(path: string, chunks: Chunks, mode = 0o666): Promise<void> {
  const file = await open(path, 'w', mode);
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a directory durable, e.g. after a rename in it. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
