// The edge and nodes as real processes on this machine, for tests that talk to them by HTTP and kill them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createdNodeSchema, modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import { createdWorkspaceSchema } from '@tallrec/shared/wire/workspaces';
import { randomModel } from '../../gpu-node/src/demo/model.ts';
import { Child } from '../../gpu-node/src/dev/child-process.ts';
import { EdgeClient } from '../../gpu-node/src/dev/edge-client.ts';
import { startLocalEdge } from '../../gpu-node/src/dev/local-edge.ts';

export const CLI = fileURLToPath(new URL('../../gpu-node/src/main.ts', import.meta.url));

export interface Machine {
  /** Everything that the processes wrote, for the words of a failing test. */
  log: string[];
  dir: string;
  /** Checkpoint directory of a small random LLaMA. */
  model: string;
  /** Calls with every scope in the one workspace. */
  client: EdgeClient;
  /** That of the workspace's first key. */
  key: string;
  operatorSecret: string;
  /** The process of the edge as it is now. */
  readonly edge: Child;
  /** Kills the edge outright and starts it again, at its address and with what it had kept. */
  restartEdge(): Promise<void>;
  /**
   * Starts a node; that of one name is the same each time, with its home. Resolves once the edge sees it.
   * @param env added to its environment
   */
  startNode(name?: string, env?: Record<string, string>): Promise<Child>;
  /** Where a node of this name keeps what it has. */
  homeOf(name?: string): string;
  stop(): Promise<void>;
}

/** @param vars variables of the Worker, e.g. shorter leases */
export async function startMachine(vars: Record<string, string> = {}): Promise<Machine> {
  const dir = await mkdtemp(join(tmpdir(), 'tallrec-test-'));
  const log: string[] = [];
  const children: Child[] = [];
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop()));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const model = await randomModel(dir);
    const startEdge = (port?: number) =>
      startLocalEdge({
        stateDir: join(dir, 'edge'),
        port,
        vars,
        onLine: (line) => log.push(`[edge] ${line}`),
        onStart: (child) => children.push(child),
      });
    let edge = await startEdge();
    const restartEdge = async () => {
      edge.process.signal('SIGKILL');
      await edge.process.exited;
      edge = await startEdge(Number(new URL(edge.url).port));
    };
    const operator = new EdgeClient(edge.url, edge.operatorSecret);
    const { key } = await operator.post('/v1/workspaces', { name: 'tests' }, createdWorkspaceSchema);
    const client = new EdgeClient(edge.url, key);
    const homeOf = (name = 'test node') => join(dir, 'homes', name.replaceAll(' ', '-'));
    const joined = new Map<string, string>();
    const startNode = async (name = 'test node', env: Record<string, string> = {}) => {
      const args = [CLI, 'serve', '--edge', edge.url, '--models', model];
      let id = joined.get(name);
      if (!id) {
        const { token, node } = await client.post('/v1/nodes', { name }, createdNodeSchema);
        id = node.id;
        joined.set(name, id);
        // Later starts do with the secret that it was exchanged for.
        args.push('--token', token);
      }
      const child = new Child({
        name: 'The node',
        args,
        cwd: dir,
        env: { TALLREC_HOME: homeOf(name), ...env },
        onLine: (line) => log.push(`[${name}] ${line}`),
      });
      children.push(child);
      // The edge may not have noticed yet that the one before is gone: this one is there once it has said so itself.
      const up = expectLine(log, `[${name}] Joined`, log.filter((line) => line.startsWith(`[${name}] Joined`)).length);
      const seen = up.then(() =>
        client.until('/v1/models', pageOf(modelSchema), ({ items }) => items.some(({ nodes }) => nodes.includes(id))),
      );
      await Promise.race([seen, child.failed()]);
      return child;
    };
    const { operatorSecret } = edge;
    return {
      ...{ log, dir, model, client, key, operatorSecret, startNode, restartEdge, homeOf, stop },
      get edge() {
        return edge.process;
      },
    };
  } catch (error) {
    await stop();
    throw new Error(`${error}\n${log.slice(-40).join('\n')}`, { cause: error });
  }
}

/** Waits for one more line that begins so. */
async function expectLine(log: readonly string[], words: string, before: number): Promise<void> {
  while (log.filter((line) => line.startsWith(words)).length <= before) await setTimeout(50);
}
