// Finished cells on disk: one file each, named by the cell's content hash, whole or absent.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../atomic-file.ts';
import { type CellFile, type CellPlan, cellFileSchema, cellKey } from './cell.ts';

export class CellStore {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** @returns undefined where the cell is not done, or its file is of another version */
  async read(plan: CellPlan): Promise<CellFile | undefined> {
    const key = cellKey(plan);
    const text = await readFile(this.#path(key), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const parsed = cellFileSchema.safeParse(jsonOf(text));
    return parsed.success && parsed.data.key === key ? parsed.data : undefined;
  }

  /** @throws the file system's error; a file that stood there stays as it was */
  async write(cell: CellFile): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    await writeFileAtomically(this.#path(cell.key), [`${JSON.stringify(cell)}\n`]);
  }

  #path(key: string): string {
    return join(this.#dir, `${key}.json`);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
