// A local `wrangler dev` with its inspector open: what a benchmark of the Worker's memory runs against.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';

const root = join(import.meta.dirname, '..', '..');
const quiet = {
  ...process.env,
  PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CI: '1',
};

export interface InspectedEdge {
  url: string;
  operatorSecret: string;
  heap: HeapWatch;
  /** MiB of the largest workerd process: now, or the most so far. */
  workerdMiB(field: 'VmRSS' | 'VmHWM'): number;
  stop(): void;
}

export async function startInspectedEdge(): Promise<InspectedEdge> {
  const [port, inspectorPort] = [await getPort(), await getPort()];
  const persist = mkdtempSync(join(tmpdir(), 'tallrec-bench-'));
  const operatorSecret = randomBytes(24).toString('hex');
  const kept = ['--persist-to', persist];
  spawnSync('wrangler', ['d1', 'migrations', 'apply', 'DB', '--local', ...kept], {
    cwd: root,
    env: quiet,
    stdio: 'ignore',
  });
  const listening = ['--port', String(port), '--ip', '127.0.0.1', '--inspector-port', String(inspectorPort)];
  const secrets = [`OPERATOR_SECRET:${operatorSecret}`, `SIGNING_KEYS:k1:${randomBytes(24).toString('hex')}`];
  const vars = secrets.flatMap((secret) => ['--var', secret]);
  const dev = spawn('wrangler', ['dev', ...listening, ...kept, ...vars], {
    cwd: root,
    env: quiet,
    detached: true,
    stdio: 'ignore',
  });
  const stop = () => {
    process.kill(-dev.pid!, 'SIGKILL');
    rmSync(persist, { recursive: true, force: true, maxRetries: 5 });
  };
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/health`).catch(() => undefined))?.ok) await sleep(200);
  const heap = await HeapWatch.open(inspectorPort);
  return { url, operatorSecret, heap, workerdMiB: (field) => workerdMemory(dev.pid!, field), stop };
}

/** By their names in /proc/PID/status, in MiB, of the largest workerd of this process group. */
function workerdMemory(group: number, field: 'VmRSS' | 'VmHWM'): number {
  let most = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) !== group) continue;
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      if (!/^Name:\s+workerd/m.test(status)) continue;
      most = Math.max(most, Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0));
    } catch {
      // It has ended meanwhile.
    }
  }
  return Math.round(most / 1024);
}

interface Heap {
  usedSize: number;
  backingStorageSize?: number;
}

/** The isolate's own memory by the inspector: what JavaScript holds, and the array buffers outside its heap. */
export class HeapWatch {
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, (result: unknown) => void>();
  /** The proxy of wrangler numbers its own calls from 1. */
  private calls = 1_000_000;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (id !== undefined) this.waiting.get(id)?.(result);
    });
  }

  static async open(inspectorPort: number): Promise<HeapWatch> {
    const socket = new WebSocket(`ws://localhost:${inspectorPort}/ws`, {
      headers: { Origin: 'http://localhost' },
    });
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error('the inspector could not be reached')));
    });
    return new HeapWatch(socket);
  }

  private call(method: string): Promise<unknown> {
    const id = ++this.calls;
    this.socket.send(JSON.stringify({ id, method }));
    const timer = sleep(10_000, undefined, { ref: false }).then(() => {
      throw new Error('the inspector does not answer: has the Worker been reloaded?');
    });
    return Promise.race([new Promise((resolve) => this.waiting.set(id, resolve)), timer]);
  }

  /** MiB in use, garbage that awaits collection included. */
  async sample(): Promise<number> {
    const { usedSize, backingStorageSize = 0 } = (await this.call('Runtime.getHeapUsage')) as Heap;
    return Math.round((usedSize + backingStorageSize) / 1024 / 1024);
  }

  close(): void {
    this.socket.close();
  }
}
