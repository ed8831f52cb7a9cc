// The edge on this machine: wrangler's local runtime with its state in a directory, migrated and with secrets of its own.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TallrecError } from '@tallrec/shared/errors';
import getPort from 'get-port';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';
import { Child } from './child-process.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const START_TIMEOUT_MS = 90_000;
/** wrangler fires no crons by itself; its development server offers this door to them. */
const CRON_PATH = '/cdn-cgi/local/scheduled';
const CRON_MS = 60_000;
const QUIET = {
  CI: '1',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  NO_COLOR: '1',
};

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
  /** A free port is taken when left out. */
  port?: number | undefined;
  /** Further variables of the Worker, by name. */
  vars?: Record<string, string>;
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
  const { stateDir, vars = {}, signal, onLine = () => {}, onStart = () => {} } = options;
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const secrets = await loadSecrets(join(stateDir, 'secrets.json'));
  const envFile = join(stateDir, 'worker.env');
  await writeFileAtomically(
    envFile,
    Object.entries({ ...secrets, ...vars }).map(([name, value]) => `${name}=${value}\n`),
    0o600,
  );
  const wrangler = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
  const command = (name: string, args: string[]) => {
    const child = new Child({
      name,
      args: [wrangler, ...args, '--persist-to', stateDir],
      cwd: ROOT,
      env: QUIET,
      // Its access log shows paths whole; a signed token is as good as a key until it expires.
      onLine: (line) => onLine(line.replace(/(\/v1\/transfers\/)\S+/, '$1…')),
    });
    onStart(child);
    return child;
  };

  const migration = command('The migration of the local database', ['d1', 'migrations', 'apply', 'DB', '--local']);
  if ((await migration.exited) !== 'exited with 0') await migration.failed();

  signal?.throwIfAborted();
  const port = options.port ?? (await getPort());
  const inspectorPort = await getPort();
  const child = command('The edge', [
    ...['dev', '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', String(inspectorPort)],
    ...['--env-file', envFile, '--show-interactive-dev-session=false'],
  ]);
  const url = `http://127.0.0.1:${port}`;
  await Promise.race([answering(`${url}/health`, signal), child.failed()]);
  fireCrons(url, child);
  return { url, operatorSecret: secrets.OPERATOR_SECRET, process: child };
}

/** At once, so that what a killed edge left waiting goes on, and then as often as `wrangler.toml` says. */
function fireCrons(url: string, child: Child): void {
  const fire = () => {
    if (!child.running) return;
    fetch(new URL(CRON_PATH, url), { signal: AbortSignal.timeout(CRON_MS) }).then(
      (response) => response.body?.cancel(),
      // The edge is being stopped, or killed by a test.
      () => {},
    );
  };
  fire();
  const timer = setInterval(fire, CRON_MS);
  timer.unref();
  void child.exited.then(() => clearInterval(timer));
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
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new TallrecError('INTERNAL', `The edge did not answer at ${url} within ${START_TIMEOUT_MS / 1000} s.`, {
    fix: 'Look at what it printed with --verbose.',
  });
}
