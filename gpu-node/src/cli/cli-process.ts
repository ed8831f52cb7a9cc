// For tests: `tallrec` as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../config.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** Runs in a folder, whose `home` is where it keeps things. */
export function startTallrec(dir: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    cwd: dir,
    env: childEnvironment({ TALLREC_HOME: join(dir, 'home'), TALLREC_PROVIDER: 'cpu', ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export async function finish(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name]!.on('data', (chunk) => (output[name] += chunk));
  const [code] = await once(child, 'close');
  return { code, ...output };
}

/** Waits for a line of progress. */
export function seen(child: ChildProcess, words: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr!.on('data', (chunk) => {
      text += chunk;
      if (words.test(text)) resolve();
    });
    child.once('close', () => reject(new Error(`ended without ${words}: ${text}`)));
  });
}
