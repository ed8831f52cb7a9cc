// The demo as a user runs it: told to its end, interrupted, and with a fault; nothing is left running after any of them.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLI } from './support/machine.ts';

interface Run {
  child: ChildProcess;
  output: () => string;
  /** Resolves when the output holds the text. */
  said: (text: string) => Promise<void>;
  ended: Promise<number | null>;
}

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'demo-test-'));
});
afterAll(() => rm(dir, { recursive: true }));

function demo(...args: string[]): Run {
  const child = spawn(process.execPath, [CLI, 'demo', ...args], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const said = async (text: string) => {
    await expect.poll(() => output.includes(text) || child.exitCode !== null, { timeout: 150_000 }).toBe(true);
    if (!output.includes(text)) throw new Error(`ended before "${text}": ${output}`);
  };
  return { child, output: () => output, said, ended };
}

/** Every process that `pid` has started, and those have. */
function descendants(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const below = (parent: number): number[] =>
    pairs.filter(([, ppid]) => ppid === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

/** What is left of them, in words; one that has ended and waits for its parent to notice does not count. */
function alive(pids: number[]): string[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=,stat=,args=', '-p', pids.join(',')], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.trim() && !/^\s*\d+ Z/.test(line));
}

it('tells its story, ends with 0 and leaves a page and no process', async () => {
  const report = join(dir, 'pages', 'demo.html');
  const { child, output, said, ended } = demo('--report', report);
  await said('2. Tune');
  const started = descendants(child.pid!);
  expect(started.length).toBeGreaterThan(3);
  expect(await ended).toBe(0);
  for (const shown of [
    'Model: ',
    'training loss by step',
    'this very question was 15 %',
    'rule: share of history liked',
    'rule: item facts alone',
    'blend: model, rules, facts',
    'Which first (within users)?',
    'pairs of a film they liked',
    'What next:',
    report,
  ]) {
    expect(output()).toContain(shown);
  }
  const page = await readFile(report, 'utf8');
  expect(page.match(/<svg /g)!.length).toBeGreaterThanOrEqual(4);
  // What the terminal's table says, the page says.
  const tuned = /model, tuned on \d+ samples\s*│\s*([\d.]+)/.exec(output())![1]!;
  expect(page).toMatch(new RegExp(`model, tuned on \\d+ samples</th><td[^>]*>${tuned}</td>`));
  for (const shown of ['### Response:', 'validation AUC', 'rule: item popularity', 'best first']) {
    expect(page).toContain(shown);
  }
  expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  expect(await readdir(dir)).toEqual(['pages']);
  await expect.poll(() => alive(started), { timeout: 5_000 }).toEqual([]);
});

it('Ctrl-C in the middle of the tuning stops all of it', async () => {
  const { child, said, ended } = demo();
  await said('step 5 of');
  const started = descendants(child.pid!);
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  await expect.poll(() => alive(started), { timeout: 5_000 }).toEqual([]);
});

it('a model that is none is refused with its reason and exit code 1, before anything is started', async () => {
  const { output, ended } = demo('--model', '/nowhere');
  expect(await ended).toBe(1);
  expect(output()).toContain('There is no model "/nowhere"');
  expect(output()).not.toContain('Starting the edge');
});

it('a place where no page can be written is refused before anything is started', async () => {
  const file = join(dir, 'a-file');
  await writeFile(file, '');
  const { output, ended } = demo('--report', join(file, 'demo.html'));
  expect(await ended).toBe(1);
  expect(output()).toContain('The report cannot be written');
  expect(output()).not.toContain('Starting the edge');
});
