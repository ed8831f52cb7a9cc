// The edge and one node on this machine, joined: what `tallrec dev` and the demo run.
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TallrecError } from '@tallrec/shared/errors';
import { idSchema } from '@tallrec/shared/ids';
import { createdKeySchema, SCOPES } from '@tallrec/shared/wire/keys';
import { createdNodeSchema, modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import { createdWorkspaceSchema, ownWorkspaceSchema, workspaceSchema } from '@tallrec/shared/wire/workspaces';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';
import { config } from '../config.ts';
import { resolveModel } from '../models/store.ts';
import { followEdge } from '../server/membership.ts';
import { Child } from './child-process.ts';
import { EdgeClient } from './edge-client.ts';
import { keepRunning } from './keep-running.ts';
import { type LocalEdge, startLocalEdge } from './local-edge.ts';
import { lockState } from './state-lock.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface LocalStackOptions {
  /** Keeps everything between runs. */
  stateDir: string;
  /** Checkpoint directories, or names in the model store, that the node serves. */
  models: readonly string[];
  port?: number | undefined;
  signal: AbortSignal;
  onLine: (process: 'edge' | 'node', line: string) => void;
  /** Is told in a sentence what happened that a user should know of. */
  onNotice: (sentence: string) => void;
}

export interface LocalStack {
  url: string;
  /** A key of the workspace, with every scope. */
  key: string;
  edge: LocalEdge;
  /** Calls with `key`. */
  client: EdgeClient;
  stop(): Promise<void>;
}

/** Of the key that all on this machine share. */
const REQUESTS_PER_MINUTE = 6000;
/** Of the workspace, and of its key; the node is named after where it runs. */
const WORKSPACE = 'local';
const NODE = 'this machine';
const credentialsSchema = z.object({
  key: z.string(),
  joinToken: z.string(),
  /** Left out by versions before this was kept. */
  workspace: idSchema('workspace').optional(),
});
type Credentials = z.infer<typeof credentialsSchema>;

/**
 * Starts both, makes a workspace with its node on the first run, and waits until the node has joined. A node that ends is started
 * again, and a key that no longer holds is replaced.
 * @throws TallrecError CONFLICT where another has this state, and when one of them does not come up; whatever was started is stopped
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { stateDir, signal } = options;
  const models = await Promise.all(options.models.map(placeOf));
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const unlock = await lockState(stateDir);
  const children: Child[] = [];
  // Whatever way this process ends, what it started ends with it.
  const killAll = () => {
    for (const child of children) child.signal('SIGKILL');
  };
  process.once('exit', killAll);
  const stopping = new AbortController();
  const stop = async () => {
    stopping.abort();
    // The node first: the edge hands on what that still answers.
    for (const child of children.toReversed()) await child.stop();
    await unlock();
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
    const { key, joinToken } = await loadCredentials(join(stateDir, 'credentials.json'), edge, options);
    const client = new EdgeClient(edge.url, key, { signal });
    const home = join(stateDir, 'node');
    await followEdge(home, edge.url);
    const joined = Promise.withResolvers<void>();
    const startNode = () => {
      const child = new Child({
        name: 'The node',
        args: [MAIN, 'serve', '--edge', edge.url, ...(models.length ? ['--models', models.join(',')] : [])],
        cwd: process.cwd(),
        // The token makes the node's secret at the first start; that is kept in its home.
        env: { TALLREC_NODE_TOKEN: joinToken, TALLREC_HOME: home },
        onLine: (line) => {
          if (line.startsWith('Joined ')) joined.resolve();
          options.onLine('node', line);
        },
      });
      children.push(child);
      return child;
    };
    const node = startNode();
    // An edge that was killed takes the node that it had last for connected still.
    const seen = joined.promise.then(() =>
      client.until('/v1/models', pageOf(modelSchema), ({ items }) => items.some(({ nodes }) => nodes.length > 0)),
    );
    await Promise.race([seen, node.failed()]);
    let last = node;
    void keepRunning(node, {
      start: () => {
        // What it had started itself may have outlived it.
        last.signal('SIGKILL');
        children.splice(children.indexOf(last), 1);
        last = startNode();
        return last;
      },
      onEnd: (how, pauseMs) =>
        options.onNotice(`The node ${how}. It is started again in ${pauseMs / 1000} s, and goes on with what it had.`),
      pause: (ms) => setTimeout(ms, undefined, { signal: stopping.signal }).catch(() => undefined),
      nowMs: () => performance.now(),
      stopped: () => signal.aborted || stopping.signal.aborted,
    });
    return { url: edge.url, key, edge, client, stop };
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

/** Those of the first run; a key that was revoked, was rotated or has expired since is replaced by a new one of the same workspace. */
async function loadCredentials(
  path: string,
  { url, operatorSecret }: LocalEdge,
  { signal, onNotice }: Pick<LocalStackOptions, 'signal' | 'onNotice'>,
): Promise<Credentials> {
  const operator = new EdgeClient(url, operatorSecret, { signal });
  const keep = async (credentials: Credentials) => {
    await writeFileAtomically(path, [JSON.stringify(credentials)], 0o600);
    return credentials;
  };
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) {
    const { key, workspace } = await operator.post('/v1/workspaces', { name: WORKSPACE }, createdWorkspaceSchema);
    // The operator's own, so that it serves whatever workspace is made to try things in.
    const { token } = await operator.post('/v1/nodes', { name: NODE }, createdNodeSchema);
    return keep({ key, joinToken: token, workspace: workspace.id });
  }
  const known = credentialsSchema.parse(JSON.parse(text));
  const own = await new EdgeClient(url, known.key, { signal })
    .get('/v1/workspace', ownWorkspaceSchema)
    .catch((error) => {
      if (error instanceof TallrecError && error.code === 'UNAUTHENTICATED') return undefined;
      throw error;
    });
  if (own) return known.workspace ? known : keep({ ...known, workspace: own.workspace.id });
  const workspace = known.workspace ?? (await firstWorkspace(operator));
  const made = await operator.post(
    '/v1/keys',
    { name: WORKSPACE, scopes: SCOPES, requestsPerMinute: REQUESTS_PER_MINUTE, workspace },
    createdKeySchema,
  );
  onNotice('The key of this machine no longer holds. A new one was made.');
  return keep({ ...known, workspace, key: made.key });
}

/** The oldest: that of the first run. */
async function firstWorkspace(operator: EdgeClient): Promise<string> {
  const schema = pageOf(workspaceSchema);
  let page = await operator.get('/v1/workspaces', schema);
  while (page.nextCursor) page = await operator.get(`/v1/workspaces?cursor=${page.nextCursor}`, schema);
  return page.items.at(-1)!.id;
}
