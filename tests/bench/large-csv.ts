// How the edge takes a large CSV: time of upload and validation, and memory of workerd, against a local `wrangler dev`.
// Run: node tests/bench/large-csv.ts [megabytes] [csv|jsonl]
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createdDatasetSchema, datasetSchema } from '@tallrec/shared/wire/datasets';
import { createdWorkspaceSchema } from '@tallrec/shared/wire/workspaces';

const root = join(import.meta.dirname, '..', '..');
const megabytes = Number(process.argv[2] ?? 100);
const format = process.argv[3] ?? 'csv';
const port = 18_787;
const inspectorPort = 18_788;
const origin = `http://127.0.0.1:${port}`;
const operatorSecret = randomBytes(24).toString('hex');

function ratings(bytes: number): Buffer {
  const pieces: string[] = format === 'csv' ? ['userId,movieId,title,rating,timestamp\n'] : [];
  let size = pieces.join('').length;
  for (let row = 0; size < bytes; row++) {
    const user = 1 + Math.floor(row / 50);
    const movie = (row * 7919) % 60_000;
    const title = movie % 4 === 0 ? `Film, The No. ${movie} (1999)` : `Film Number ${movie} (1999)`;
    const rating = ((row % 10) + 1) / 2;
    const time = 1_000_000_000 + row;
    const piece =
      format === 'csv'
        ? `${user},${movie},"${title}",${rating},${time}\n`
        : `${JSON.stringify({ user: String(user), item: String(movie), title, rating, time })}\n`;
    pieces.push(piece);
    size += piece.length;
  }
  return Buffer.from(pieces.join(''));
}

/** Kilobytes by their names in /proc/PID/status, of the largest workerd of this process group. */
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
class HeapWatch {
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

  static async open(): Promise<HeapWatch> {
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

async function api(key: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
  const response = await fetch(origin + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

const quiet = {
  ...process.env,
  PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CI: '1',
};
const file = ratings(megabytes * 1e6);
const persist = mkdtempSync(join(tmpdir(), 'tallrec-bench-'));
let dev: ChildProcess | undefined;
try {
  const local = ['--local', '--persist-to', persist];
  spawnSync('wrangler', ['d1', 'migrations', 'apply', 'DB', ...local], { cwd: root, env: quiet, stdio: 'ignore' });
  const secrets = [
    '--var',
    `OPERATOR_SECRET:${operatorSecret}`,
    '--var',
    `SIGNING_KEYS:k1:${randomBytes(24).toString('hex')}`,
  ];
  const args = [
    'dev',
    '--port',
    String(port),
    '--ip',
    '127.0.0.1',
    '--persist-to',
    persist,
    '--inspector-port',
    String(inspectorPort),
  ];
  dev = spawn('wrangler', [...args, ...secrets], { cwd: root, env: quiet, detached: true, stdio: 'ignore' });
  const group = dev.pid!;
  while (!(await fetch(`${origin}/health`).catch(() => undefined))?.ok) await sleep(200);

  const { key } = createdWorkspaceSchema.parse(await api(operatorSecret, 'POST', '/v1/workspaces', { name: 'bench' }));
  const idleMiB = workerdMemory(group, 'VmRSS');
  const request = { name: 'bench', kind: 'interactions', format, bytes: file.length };
  const { dataset, upload } = createdDatasetSchema.parse(await api(key, 'POST', '/v1/datasets', request));
  const uploadFrom = performance.now();
  if (upload.mode === 'single') await fetch(upload.url, { method: 'PUT', body: file });
  else {
    for (const { part, url, bytes } of upload.parts) {
      const start = (part - 1) * upload.partBytes;
      const response = await fetch(url, { method: 'PUT', body: file.subarray(start, start + bytes) });
      if (!response.ok) throw new Error(`part ${part}: ${response.status} ${await response.text()}`);
      await response.arrayBuffer();
    }
  }
  const uploadSeconds = (performance.now() - uploadFrom) / 1000;
  const uploadedMiB = workerdMemory(group, 'VmRSS');

  const validateFrom = performance.now();
  let peakMiB = 0;
  const heap = await HeapWatch.open();
  const isolate = { atStartMiB: await heap.sample(), peakMiB: 0 };
  let state = datasetSchema.parse(await api(key, 'POST', `/v1/datasets/${dataset.id}/complete`, {}));
  while (state.state !== 'ready' && state.state !== 'rejected') {
    await sleep(100);
    peakMiB = Math.max(peakMiB, workerdMemory(group, 'VmRSS'));
    isolate.peakMiB = Math.max(isolate.peakMiB, await heap.sample());
    state = datasetSchema.parse(await api(key, 'GET', `/v1/datasets/${dataset.id}`));
  }
  const validateSeconds = (performance.now() - validateFrom) / 1000;
  heap.close();
  const { stats, warnings, errorCount, rowErrors } = state;
  const memory = { idleMiB, uploadedMiB, peakMiB, highWaterMiB: workerdMemory(group, 'VmHWM') };
  const figures = { bytes: file.length, uploadSeconds, validateSeconds, isolate, workerd: memory };
  console.log(
    JSON.stringify(
      { ...figures, state: state.state, stats, warnings, errorCount, rowErrors: rowErrors.slice(0, 3) },
      null,
      2,
    ),
  );
} finally {
  if (dev?.pid) process.kill(-dev.pid, 'SIGKILL');
  rmSync(persist, { recursive: true, force: true, maxRetries: 5 });
}
