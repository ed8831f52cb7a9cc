// The dashboard as the local edge serves it: built once, and again when its sources have changed.
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TallrecError } from '@tallrec/shared/errors';

/** @throws TallrecError when it cannot be built, with what the builder said */
export async function buildDashboard(root: string, directory: string): Promise<void> {
  const folder = join(root, 'edge', 'dashboard');
  if ((await newestMs(folder, directory)) <= (await modifiedMs(join(directory, 'index.html')))) return;
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  await promisify(execFile)(process.execPath, [vite, 'build', folder, '--logLevel', 'error']).catch((cause) => {
    throw new TallrecError('INTERNAL', 'The dashboard could not be built.', {
      fix: 'Run "npm run build --workspace edge" to see why.',
      cause,
    });
  });
}

/** Of the files of a folder, but for those built. */
async function newestMs(folder: string, built: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.startsWith(built));
  return Math.max(...(await Promise.all(files.map(({ parentPath, name }) => modifiedMs(join(parentPath, name))))));
}

async function modifiedMs(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
}
