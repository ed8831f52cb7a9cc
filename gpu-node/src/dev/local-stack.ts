// The edge and one node on this machine, joined: what `tallrec dev` and the demo run.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createdKeySchema } from '@tallrec/shared/wire/keys';
import { createdNodeSchema, modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';
import { Child } from './child-process.ts';
import { EdgeClient } from './edge-client.ts';
import { type LocalEdge, startLocalEdge } from './local-edge.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface LocalStackOptions {
  /** Keeps everything between runs. */
  stateDir: string;
  /** Checkpoint directories, or names in the model store, that the node serves. */
  models: readonly string[];
  port?: number | undefined;
  signal: AbortSignal;
  onLine: (process: 'edge' | 'node', line: string) => void;
}

export interface LocalStack {
  url: string;
  /** A key that may do all but manage keys and nodes. */
  key: string;
  edge: LocalEdge;
  node: Child;
  /** Calls with `key`. */
  client: EdgeClient;
  stop(): Promise<void>;
}

const credentialsSchema = z.object({ key: z.string(), nodeSecret: z.string() });

/**
 * Starts both, makes a key and a node secret on the first run, and waits until the node has joined.
 * @throws TallrecError when one of them does not come up; whatever was started is stopped
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { stateDir, models, signal } = options;
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const children: Child[] = [];
  // Whatever way this process ends, what it started ends with it.
  const killAll = () => {
    for (const child of children) child.signal('SIGKILL');
  };
  process.once('exit', killAll);
  const stop = async () => {
    await Promise.all(children.toReversed().map((child) => child.stop()));
    process.removeListener('exit', killAll);
  };
  try {
    const edge = await startLocalEdge({
      stateDir,
      port: options.port,
      signal,
      onLine: (line) => options.onLine('edge', line),
      onStart: (child) => children.push(child),
    });
    const admin = new EdgeClient(edge.url, edge.adminKey, signal);
    const { key, nodeSecret } = await loadCredentials(join(stateDir, 'credentials.json'), admin);
    const node = new Child({
      name: 'The node',
      args: [MAIN, 'serve', '--edge', edge.url, ...(models.length ? ['--models', models.join(',')] : [])],
      cwd: process.cwd(),
      env: { TALLREC_NODE_TOKEN: nodeSecret },
      onLine: (line) => options.onLine('node', line),
    });
    children.push(node);
    const joined = admin.until('/v1/models', pageOf(modelSchema), ({ items }) =>
      items.some(({ nodes }) => nodes.length > 0),
    );
    await Promise.race([joined, node.failed()]);
    return { url: edge.url, key, edge, node, client: admin.as(key), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function loadCredentials(path: string, admin: EdgeClient): Promise<z.infer<typeof credentialsSchema>> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined) return credentialsSchema.parse(JSON.parse(text));
  const { key } = await admin.post(
    '/v1/keys',
    {
      name: 'local',
      scopes: ['read', 'datasets:write', 'tunings:write', 'adapters:write', 'evaluations:write', 'score'],
      requestsPerMinute: 10_000,
    },
    createdKeySchema,
  );
  const { secret } = await admin.post('/v1/nodes', { name: 'this machine' }, createdNodeSchema);
  const credentials = { key, nodeSecret: secret };
  await writeFileAtomically(path, [JSON.stringify(credentials)], 0o600);
  return credentials;
}
