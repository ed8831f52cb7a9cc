// `blend.json` beside an adapter's two files: the blend that was fit with it, bound to it by its content hash.
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { WholeBlend } from '@tallrec/shared/blend';
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import { adapterBlendSchema, BLEND_FILE, type BlendFile } from '@tallrec/shared/wire/adapters';
import { writeFileAtomically } from '../atomic-file.ts';
import { excerpt, readJsonFile } from '../llama/json-file.ts';

/**
 * @param adapter content hash of the adapter in `dir`; where there is no blend, one of an earlier adapter is removed
 * @returns what names the file's bytes
 */
export async function writeBlend(dir: string, adapter: string, blend: WholeBlend | null): Promise<BlendFile | null> {
  const path = join(dir, BLEND_FILE);
  if (!blend) {
    await rm(path, { force: true });
    return null;
  }
  const text = `${JSON.stringify({ adapter, ...blend })}\n`;
  await writeFileAtomically(path, [text]);
  return { sha256: createHash('sha256').update(text).digest('hex'), bytes: Buffer.byteLength(text) };
}

/**
 * @returns undefined where there is none
 * @throws TallrecError when it is damaged or belongs to another adapter
 */
export async function readBlend(dir: string, adapter: string): Promise<WholeBlend | undefined> {
  return readBlendFile(join(dir, BLEND_FILE), adapter);
}

/** As `readBlend`, by the file's own path. */
export async function readBlendFile(path: string, adapter: string): Promise<WholeBlend | undefined> {
  const file = await readJsonFile(path, LIMITS.blendBytes);
  if ('fault' in file) {
    if (file.missing) return undefined;
    throw invalid(`${path} ${file.fault}.`, file.cause);
  }
  const parsed = adapterBlendSchema.safeParse(file.json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw invalid(`${path}: ${excerpt(issue.path.join('.')) || 'document'}: ${issue.message}.`);
  }
  const { adapter: owner, ...blend } = parsed.data;
  if (owner !== adapter) throw invalid(`${path} was fit with another adapter (${owner.slice(0, 12)}…).`);
  return blend;
}

function invalid(message: string, cause?: unknown): TallrecError {
  return new TallrecError('ADAPTER_INVALID', message, { fix: `Remove ${BLEND_FILE}, or tune again.`, cause });
}
