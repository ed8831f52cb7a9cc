// `blend.json` beside an adapter's two files: the blend that was fit with it, bound to it by its content hash.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blend } from '@tallrec/shared/blend';
import { TallrecError } from '@tallrec/shared/errors';
import { adapterBlendSchema, BLEND_FILE } from '@tallrec/shared/wire/adapters';
import { writeFileAtomically } from '../atomic-file.ts';
import { excerpt, JSON_FILE_LIMITS_BYTES, readJsonFile } from '../llama/json-file.ts';

/** @param adapter content hash of the adapter in `dir`; where there is no blend, one of an earlier adapter is removed */
export async function writeBlend(dir: string, adapter: string, blend: Blend | null): Promise<void> {
  const path = join(dir, BLEND_FILE);
  if (blend) await writeFileAtomically(path, [`${JSON.stringify({ adapter, ...blend }, null, 2)}\n`]);
  else await rm(path, { force: true });
}

/**
 * @returns undefined where there is none
 * @throws TallrecError when it is damaged or belongs to another adapter
 */
export async function readBlend(dir: string, adapter: string): Promise<Blend | undefined> {
  const path = join(dir, BLEND_FILE);
  const file = await readJsonFile(path, JSON_FILE_LIMITS_BYTES.adapterConfig);
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
