// JSON files of a checkpoint or an adapter, whose text may be anything: read whole, within a limit, or refused in words.
import { readFile, stat } from 'node:fs/promises';
import { fileFault } from '../file-faults.ts';
import { foreignContent } from './file-signature.ts';

const MIB = 2 ** 20;
/** Above what any known model has: the largest tokenizers take some 35 MiB, the largest indices a few. */
export const JSON_FILE_LIMITS_BYTES = {
  config: MIB,
  adapterConfig: MIB,
  index: 64 * MIB,
  tokenizer: 128 * MIB,
} as const;

export type JsonFile = { json: unknown } | { missing: boolean; fault: string; cause?: unknown };

/** @returns the document, or what is wrong with the file: words that go on after its path */
export async function readJsonFile(path: string, maxBytes: number): Promise<JsonFile> {
  try {
    const entry = await stat(path);
    if (!entry.isFile()) return { missing: false, fault: 'is no file' };
    if (entry.size > maxBytes)
      return { missing: false, fault: `has ${entry.size} bytes, more than ${maxBytes}: no such file is as large` };
    const text = await readFile(path, 'utf8');
    try {
      return { json: JSON.parse(text) };
    } catch (cause) {
      return { missing: false, fault: foreignContent(text) ?? 'is not JSON', cause };
    }
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    return { missing, fault: missing ? 'is missing' : `cannot be read: ${fileFault(cause)?.words ?? cause}`, cause };
  }
}

const EXCERPT_CHARACTERS = 100;

/** Words of a file in a message: cut to what can be read, without what would steer a terminal. */
export function excerpt(text: string): string {
  const cut = text.length > EXCERPT_CHARACTERS ? `${text.slice(0, EXCERPT_CHARACTERS)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '\ufffd');
}

/** A value of a file in a message. */
export function excerptOf(value: unknown): string {
  try {
    return excerpt(JSON.stringify(value));
  } catch {
    // Nested more deeply than can be written out.
    return `a value of the type ${typeof value}`;
  }
}
