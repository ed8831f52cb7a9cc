// The edge on this machine: a process with Cloudflare's runtime, its state in a directory, with secrets of its own.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TallrecError } from '@tallrec/shared/errors';
import getPort from 'get-port';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';
import { Child } from './child-process.ts';
import type { EdgeServerOptions } from './edge-server.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SERVER = fileURLToPath(new URL('./edge-server.ts', import.meta.url));
/** Where Node keeps what it has compiled: half of a start's time else. */
const COMPILED = join(ROOT, 'node_modules', '.cache', 'tallrec');
const START_TIMEOUT_MS = 90_000;
const secretsSchema = z.object({ OPERATOR_SECRET: z.string().min(16), SIGNING_KEYS: z.string().min(16) });

export interface LocalEdge {
  url: string;
  /** Makes workspaces and nodes. */
  operatorSecret: string;
  process: Child;
}

export interface LocalEdgeOptions {
  /** Keeps the database, the bytes and the secrets between runs. */
  stateDir: string;
  /** A free port is taken when left out or 0. */
  port?: number | undefined;
  /** Further variables of the Worker, by name. */
  vars?: Record<string, string>;
  /** Of the runtime's inspector, for profiles; it slows everything down. */
  inspectorPort?: number | undefined;
  signal?: AbortSignal | undefined;
  onLine?: (line: string) => void;
  /** Is told of each child process as it starts, so that it can be stopped whatever happens. */
  onStart?: (child: Child) => void;
}

/**
 * Starts the edge and waits until it answers.
 * @throws TallrecError when it does not start, with what it last said
 */
export async function startLocalEdge(options: LocalEdgeOptions): Promise<LocalEdge> {
  const { stateDir, vars = {}, inspectorPort, signal, onLine = () => {}, onStart = () => {} } = options;
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const secrets = await loadSecrets(join(stateDir, 'secrets.json'));
  const varsFile = join(stateDir, 'vars.json');
  await writeFileAtomically(varsFile, [JSON.stringify({ ...secrets, ...vars })], 0o600);
  signal?.throwIfAborted();
  const port = options.port || (await getPort());
  const url = `http://127.0.0.1:${port}`;
  // Another edge may answer at this port.
  const listens = Promise.withResolvers<void>();
  const server: EdgeServerOptions = { root: ROOT, stateDir, port, varsFile, inspectorPort };
  const child = new Child({
    name: 'The edge',
    args: ['--disable-warning=ExperimentalWarning', SERVER, JSON.stringify(server)],
    cwd: ROOT,
    env: { NODE_COMPILE_CACHE: COMPILED },
    onLine: (line) => {
      if (line.endsWith(`listens on ${url}`)) listens.resolve();
      onLine(line);
    },
  });
  onStart(child);
  await Promise.race([listens.promise.then(() => answering(`${url}/health`, signal)), child.failed()]);
  return { url, operatorSecret: secrets.OPERATOR_SECRET, process: child };
}

async function loadSecrets(path: string): Promise<z.infer<typeof secretsSchema>> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined) return secretsSchema.parse(JSON.parse(text));
  const random = () => randomBytes(24).toString('base64url');
  const secrets = { OPERATOR_SECRET: random(), SIGNING_KEYS: `k1:${random()}` };
  await writeFileAtomically(path, [JSON.stringify(secrets)], 0o600);
  return secrets;
}

async function answering(url: string, signal: AbortSignal | undefined): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    signal?.throwIfAborted();
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new TallrecError('INTERNAL', `The edge did not answer at ${url} within ${START_TIMEOUT_MS / 1000} s.`, {
    fix: 'Look at what it printed with --verbose.',
  });
}
