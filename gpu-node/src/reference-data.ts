// Where reference cases, data sets and checkpoints lie that tests may compare with; undefined where they are not at hand.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../shared', import.meta.url));

/** @returns the path of a file or folder of the reference data, or undefined: then the test is skipped */
export function referenceData(...path: string[]): string | undefined {
  const full = join(folder, ...path);
  return existsSync(full) ? full : undefined;
}
