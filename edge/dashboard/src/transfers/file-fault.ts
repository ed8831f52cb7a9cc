// A chosen file that is no longer what it was: moved, changed or taken away with its disk.
import { texts } from '../texts.ts';

export class FileFault extends Error {
  override readonly name = 'FileFault';
}

export function unreadable(cause?: unknown): FileFault {
  return new FileFault(texts.uploads.unreadable, { cause });
}

/** @throws FileFault: a browser notices a change only when it reads */
export async function requireReadable(bytes: Blob): Promise<void> {
  try {
    await bytes.slice(0, 1).arrayBuffer();
  } catch (cause) {
    throw unreadable(cause);
  }
}
