// One process at a time for a state directory: two edges on one database would each take the other's jobs for their own.
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { parseJson } from '@tallrec/shared/json';
import { z } from 'zod';

const LOCK = 'running.json';
const holderSchema = z.object({ pid: z.int().positive() });

/**
 * @returns gives it back
 * @throws TallrecError CONFLICT while another process has it; what one left that is gone is taken over
 */
export async function lockState(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, LOCK);
  for (;;) {
    const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (file) {
      await file.writeFile(JSON.stringify({ pid: process.pid }));
      await file.close();
      return () => rm(path, { force: true });
    }
    const holder = holderSchema.safeParse(parseJson(await readFile(path, 'utf8').catch(() => ''))).data;
    if (holder && isRunning(holder.pid)) {
      throw new TallrecError('CONFLICT', `${dir} is in use: tallrec runs on it already, as process ${holder.pid}.`, {
        fix: `Use that one, stop it, or give this one a place of its own with --state DIR. If process ${holder.pid} is another program, remove ${path}.`,
      });
    }
    await rm(path, { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
