// What processes have taken of the processors so far, by what they are: it tells a request's cost on a machine that has other work, too.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** By the words of its command line; the first that fits. */
const KINDS: readonly [kind: string, words: RegExp][] = [
  ['engine', /engine-process/],
  ['node', /main\.ts serve/],
  ['workerd', /workerd serve/],
];

interface Process {
  parent: number;
  command: string;
  seconds: number;
}

function processes(): Map<number, Process> {
  const found = new Map<number, Process>();
  for (const pid of readdirSync('/proc').map(Number).filter(Boolean)) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
      found.set(pid, { parent: Number(fields[1]), command, seconds });
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** @returns seconds of the processors by kind: of this process as `client`, and of all that it has started */
export function processorSeconds(): Map<string, number> {
  const all = processes();
  const isOurs = (pid: number): boolean => {
    const parent = all.get(pid)?.parent ?? 0;
    return parent === process.pid || (parent > 1 && isOurs(parent));
  };
  const { user, system } = process.cpuUsage();
  const byKind = new Map([['client', (user + system) / 1e6]]);
  for (const [pid, { command, seconds }] of all) {
    if (!isOurs(pid)) continue;
    const kind = KINDS.find(([, words]) => words.test(command))?.[0] ?? "workerd's parent";
    byKind.set(kind, (byKind.get(kind) ?? 0) + seconds);
  }
  return byKind;
}
