// Where an adapter comes from, as the report beside it tells: what it was tuned on, and with which template.
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { type Provenance, provenanceSchema } from '@tallrec/shared/tuning';
import { adapterId } from '@tallrec/shared/wire/adapters';
import { JSON_FILE_LIMITS_BYTES, readJsonFile } from '../llama/json-file.ts';
import { hashAdapterFiles } from '../llama/peft.ts';
import { REPORT_FILE } from './tuned-files.ts';

/**
 * @returns undefined where no report of a tuning lies beside the adapter
 * @throws the file system's error where the adapter's own files cannot be read
 */
export async function readProvenance(
  dir: string,
  onWarning: (message: string) => void = () => {},
): Promise<Provenance | undefined> {
  const path = join(dir, REPORT_FILE);
  const file = await readJsonFile(path, JSON_FILE_LIMITS_BYTES.index);
  if ('fault' in file) {
    if (!file.missing) onWarning(`${path} ${file.fault}: what the adapter was tuned on and with is not known.`);
    return undefined;
  }
  const parsed = provenanceSchema.safeParse(file.json);
  if (!parsed.success) return undefined;
  const { adapter } = parsed.data;
  if (adapter !== (await adapterId(await hashAdapterFiles(dir)))) {
    onWarning(`${path} is of another adapter (${adapter.slice(0, 12)}…): what this one was tuned on is not known.`);
    return undefined;
  }
  return parsed.data;
}

/** @throws TallrecError ADAPTER_INVALID where the adapter was tuned on another checkpoint, whatever that is called */
export function assertBase({ base }: Provenance, place: { name: string; contentHash: string }, dir: string): void {
  if (base.contentHash === place.contentHash) return;
  throw new TallrecError(
    'ADAPTER_INVALID',
    `The adapter ${dir} was tuned on ${base.name} (${base.contentHash.slice(0, 12)}…), and the model ${place.name} is another checkpoint (${place.contentHash.slice(0, 12)}…).`,
    { fix: 'Use the model that it was tuned on, or --force to use this one all the same.' },
  );
}
