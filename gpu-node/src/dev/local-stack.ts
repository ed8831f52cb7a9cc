// The edge and one node on this machine, joined: what `tallrec dev` and the demo run.
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createdNodeSchema, modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import { createdWorkspaceSchema } from '@tallrec/shared/wire/workspaces';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';
import { config } from '../config.ts';
import { resolveModel } from '../models/store.ts';
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
  /** A key of the workspace, with every scope. */
  key: string;
  edge: LocalEdge;
  node: Child;
  /** Calls with `key`. */
  client: EdgeClient;
  stop(): Promise<void>;
}

const credentialsSchema = z.object({ key: z.string(), joinToken: z.string() });

/**
 * Starts both, makes a workspace with its node on the first run, and waits until the node has joined.
 * @throws TallrecError when one of them does not come up; whatever was started is stopped
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { stateDir, signal } = options;
  const models = await Promise.all(options.models.map(placeOf));
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
    const { key, joinToken } = await loadCredentials(join(stateDir, 'credentials.json'), edge, signal);
    const client = new EdgeClient(edge.url, key, { signal });
    const node = new Child({
      name: 'The node',
      args: [MAIN, 'serve', '--edge', edge.url, ...(models.length ? ['--models', models.join(',')] : [])],
      cwd: process.cwd(),
      // The token makes the node's secret at the first start; that is kept in its home.
      env: { TALLREC_NODE_TOKEN: joinToken, TALLREC_HOME: join(stateDir, 'node') },
      onLine: (line) => options.onLine('node', line),
    });
    children.push(node);
    const joined = client.until('/v1/models', pageOf(modelSchema), ({ items }) =>
      items.some(({ nodes }) => nodes.length > 0),
    );
    await Promise.race([joined, node.failed()]);
    return { url: edge.url, key, edge, node, client, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The node has a home of its own, so the names of this one's store mean nothing to it. */
async function placeOf(model: string): Promise<string> {
  const isPath = await stat(model).catch(() => undefined);
  return isPath ? resolve(model) : (await resolveModel(model, config())).dir;
}

async function loadCredentials(
  path: string,
  { url, operatorSecret }: LocalEdge,
  signal: AbortSignal,
): Promise<z.infer<typeof credentialsSchema>> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined) return credentialsSchema.parse(JSON.parse(text));
  const operator = new EdgeClient(url, operatorSecret, { signal });
  const { key } = await operator.post('/v1/workspaces', { name: 'this machine' }, createdWorkspaceSchema);
  // The operator's own, so that it serves whatever workspace is made to try things in.
  const { token } = await operator.post('/v1/nodes', { name: 'this machine' }, createdNodeSchema);
  const credentials = { key, joinToken: token };
  await writeFileAtomically(path, [JSON.stringify(credentials)], 0o600);
  return credentials;
}
