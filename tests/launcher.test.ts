// The launcher where it runs the program in another Node, as on a host with Node 20: stopped alone, as `docker stop` and systemd do it,
// everything that it started ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLI } from './support/machine.ts';

const LAUNCHER = fileURLToPath(new URL('../gpu-node/bin/tallrec.js', import.meta.url));
const RUN_IN_NODE = fileURLToPath(new URL('../gpu-node/bin/run-in-node.js', import.meta.url));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tallrec-launcher-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function launch(...args: string[]): ChildProcess {
  const program = `import(${JSON.stringify(RUN_IN_NODE)}).then((bin) => bin.runInNode(process.execPath, ${JSON.stringify(args)}))`;
  return spawn(process.execPath, ['--eval', program], {
    env: { ...process.env, TALLREC_HOME: dir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Of processes that are there, the parent by the process. */
async function parents(): Promise<Map<number, number>> {
  const pids = (await readdir('/proc')).map(Number).filter(Boolean);
  const found = new Map<number, number>();
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // Its name, which may hold anything, stands in brackets; one that nobody has waited for yet is over.
    const [state, parent] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    if (state && state !== 'Z') found.set(pid, Number(parent));
  }
  return found;
}

async function descendants(root: number): Promise<number[]> {
  const all = await parents();
  const below = (pid: number): number[] => {
    const children = [...all].filter(([, parent]) => parent === pid).map(([child]) => child);
    return children.flatMap((child) => [child, ...below(child)]);
  };
  return below(root);
}

describe('an edge and a node that were started by it', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'end with it where it alone gets %s',
    { timeout: 120_000 },
    async (signal) => {
      const launcher = launch(CLI, 'dev', '--json', '--state', join(dir, 'state'));
      const lines = createInterface(launcher.stdout!);
      await once(lines, 'line');
      const started = await descendants(launcher.pid!);
      // The program, the edge with its runtime, the node, its engine.
      expect(started.length).toBeGreaterThanOrEqual(5);
      const exited = once(launcher, 'exit');
      launcher.kill(signal);
      expect(await exited).toEqual(signal === 'SIGKILL' ? [null, 'SIGKILL'] : [0, null]);
      await expectGone(started);
    },
  );

  it('end where the shell that npm runs it by is stopped, which tells it nothing', { timeout: 120_000 }, async () => {
    const command = `${process.execPath} ${LAUNCHER} dev --json --port 0 --state ${join(dir, 'state')}; :`;
    const env = { ...process.env, TALLREC_HOME: dir, npm_command: 'exec' };
    const shell = spawn('sh', ['-c', command], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(createInterface(shell.stdout!), 'line');
    const started = await descendants(shell.pid!);
    shell.kill('SIGTERM');
    await expectGone(started);
  });

  it('are stopped where it is told to end before all is up, which is no failure', { timeout: 120_000 }, async () => {
    const launcher = launch(CLI, 'dev', '--json', '--port', '0', '--state', join(dir, 'state'));
    await expect.poll(async () => (await descendants(launcher.pid!)).length, { timeout: 60_000 }).toBeGreaterThan(1);
    const started = await descendants(launcher.pid!);
    let output = '';
    launcher.stdout!.on('data', (chunk) => (output += chunk));
    launcher.kill('SIGTERM');
    expect(await once(launcher, 'exit')).toEqual([130, null]);
    expect(output).toBe('');
    await expectGone(started);
  });
});

async function expectGone(started: readonly number[]): Promise<void> {
  await expect
    .poll(async () => [...(await parents()).keys()].filter((pid) => started.includes(pid)), {
      timeout: 30_000,
      interval: 200,
    })
    .toEqual([]);
}

it('ends as the program ends', async () => {
  expect(await once(launch(CLI, 'score', '--no-such-option'), 'exit')).toEqual([2, null]);
  expect(await once(launch('--eval', 'process.kill(process.pid, "SIGABRT")'), 'exit')).toEqual([null, 'SIGABRT']);
});
