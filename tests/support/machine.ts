// The edge and nodes as real processes on this machine, for tests that talk to them by HTTP and kill them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createdNodeSchema, modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
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
  /** Calls with every scope. */
  client: EdgeClient;
  /** Starts the node; its identity is the same each time. Resolves once the edge sees it. */
  startNode(): Promise<Child>;
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
    const edge = await startLocalEdge({
      stateDir: join(dir, 'edge'),
      vars,
      onLine: (line) => log.push(`[edge] ${line}`),
      onStart: (child) => children.push(child),
    });
    const client = new EdgeClient(edge.url, edge.adminKey);
    const { secret, node } = await client.post('/v1/nodes', { name: 'test node' }, createdNodeSchema);
    const startNode = async () => {
      const child = new Child({
        name: 'The node',
        args: [CLI, 'serve', '--edge', edge.url, '--models', model],
        cwd: dir,
        env: { TALLREC_NODE_TOKEN: secret, TALLREC_HOME: join(dir, 'home') },
        onLine: (line) => log.push(`[node] ${line}`),
      });
      children.push(child);
      const seen = client.until('/v1/models', pageOf(modelSchema), ({ items }) =>
        items.some(({ nodes }) => nodes.includes(node.id)),
      );
      await Promise.race([seen, child.failed()]);
      return child;
    };
    return { log, dir, model, client, startNode, stop };
  } catch (error) {
    await stop();
    throw new Error(`${error}\n${log.slice(-40).join('\n')}`, { cause: error });
  }
}
