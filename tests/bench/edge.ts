// What the edge adds to a score, over a bare route of the same local server and the node's own time; and how much of a node's
// throughput it lets through. All in one run, in turns, so that the ratios hold on a noisy machine.
//   npm run bench:edge [-- --rounds 5 --calls 200 --callers 64 --seconds 5]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createdKeySchema } from '@tallrec/shared/wire/keys';
import { createdNodeSchema, modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import { createdWorkspaceSchema } from '@tallrec/shared/wire/workspaces';
import getPort from 'get-port';
import { Agent, setGlobalDispatcher } from 'undici';
import { demoModel } from '../../gpu-node/src/demo/model.ts';
import { Child } from '../../gpu-node/src/dev/child-process.ts';
import { EdgeClient } from '../../gpu-node/src/dev/edge-client.ts';
import { startLocalEdge } from '../../gpu-node/src/dev/local-edge.ts';
import { CLI } from '../support/machine.ts';
import { processorSeconds } from './processor-time.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    calls: { type: 'string', default: '200' },
    callers: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '5' },
    inspect: { type: 'string' },
  },
});
const [ROUNDS, CALLS, CALLERS, SECONDS] = [values.rounds, values.calls, values.callers, values.seconds].map(Number) as [
  number,
  number,
  number,
  number,
];

interface Target {
  url: string;
  init: RequestInit;
  /** Of the answer, beside its status. */
  nodeMs?: (response: Response) => number | undefined;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function send({ url, init }: Target): Promise<Response> {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response;
}

async function latencies(target: Target, calls: number): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < calls; i++) {
    const startedAt = performance.now();
    await send(target);
    taken.push(performance.now() - startedAt);
  }
  return taken;
}

interface Rate {
  perSecond: number;
  /** Milliseconds of the processors an answer, by process. */
  cost: Map<string, number>;
}

/** With so many callers that each ask again as soon as they are answered. */
async function throughput(target: Target, callers: number, seconds: number): Promise<Rate> {
  const before = processorSeconds();
  const until = performance.now() + seconds * 1000;
  let answered = 0;
  const caller = async () => {
    while (performance.now() < until) {
      await send(target);
      answered++;
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  const perSecond = answered / ((performance.now() - startedAt) / 1000);
  const cost = [...processorSeconds()].map(
    ([kind, seconds]) => [kind, (1000 * (seconds - (before.get(kind) ?? 0))) / answered] as const,
  );
  return { perSecond, cost: new Map(cost) };
}

const total = (cost: ReadonlyMap<string, number>) => [...cost.values()].reduce((sum, ms) => sum + ms, 0);

function costs(rates: readonly Rate[]): string {
  const kinds = [...rates[0]!.cost.keys()].sort();
  const each = kinds.map((kind) => [kind, median(rates.map(({ cost }) => cost.get(kind) ?? 0))] as const);
  const words = each.filter(([, ms]) => ms >= 0.005).map(([kind, ms]) => `${kind} ${ms.toFixed(2)}`);
  return `${median(rates.map(({ cost }) => total(cost))).toFixed(2)}: ${words.join(', ')}`;
}

const dir = await mkdtemp(join(tmpdir(), 'tallrec-bench-'));
const children: Child[] = [];
const log: string[] = [];
setGlobalDispatcher(new Agent({ connections: CALLERS }));
try {
  const { dir: model } = await demoModel(join(dir, 'models'));
  const edge = await startLocalEdge({
    stateDir: join(dir, 'edge'),
    inspectorPort: values.inspect === undefined ? undefined : Number(values.inspect),
    onLine: (line) => log.push(`[edge] ${line}`),
    onStart: (child) => children.push(child),
  });
  const operator = new EdgeClient(edge.url, edge.operatorSecret);
  const { workspace } = await operator.post('/v1/workspaces', { name: 'bench' }, createdWorkspaceSchema);
  const { key } = await operator.post(
    '/v1/keys',
    { name: 'bench', scopes: ['score', 'read'], requestsPerMinute: 100_000, workspace: workspace.id },
    createdKeySchema,
  );
  const { token } = await operator.post('/v1/nodes', { name: 'bench' }, createdNodeSchema);
  const port = await getPort();
  const args = ['serve', '--edge', edge.url, '--models', model, '--listen', String(port)];
  const node = new Child({
    name: 'The node',
    args: [CLI, ...args],
    cwd: dir,
    env: { TALLREC_NODE_TOKEN: token, TALLREC_HOME: join(dir, 'home') },
    onLine: (line) => log.push(`[node] ${line}`),
  });
  children.push(node);
  const client = new EdgeClient(edge.url, key);
  const found = client.until('/v1/models', pageOf(modelSchema), ({ items }) => items.length > 0);
  const { items } = await Promise.race([found, node.failed()]);

  const score = {
    model: items[0]!.name,
    template: 'clean',
    samples: [
      {
        history: ['Babe (1995)', 'Heat (1995)', 'Casino (1995)'].map((title, at) => ({ title, liked: at !== 1 })),
        target: { title: 'Toy Story (1995)' },
      },
    ],
  };
  const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const targets = {
    bare: {
      url: `${edge.url}/v1/score`,
      init: {
        method: 'OPTIONS',
        headers: { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST' },
      },
    },
    node: { url: `http://127.0.0.1:${port}/score`, init: post({ ...score, adapter: null }) },
    edge: { url: `${edge.url}/v1/score`, init: post(score, { Authorization: `Bearer ${key}` }) },
  } satisfies Record<string, Target>;
  const names = Object.keys(targets) as (keyof typeof targets)[];
  for (const name of names) await latencies(targets[name], 20);

  console.log(`one caller, ${ROUNDS} rounds of ${CALLS} calls each; medians in ms`);
  const taken: Record<keyof typeof targets, number[]> = { bare: [], node: [], edge: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) taken[name].push(median(await latencies(targets[name], CALLS)));
  }
  const [bare, alone, through] = names.map((name) => median(taken[name])) as [number, number, number];
  console.log(
    `  bare route ${bare.toFixed(2)}   node alone ${alone.toFixed(2)}   through the edge ${through.toFixed(2)}`,
  );
  console.log(`  the edge adds ${(through - bare - alone).toFixed(2)} (goal: under 5)`);

  console.log(`${CALLERS} callers, ${ROUNDS} rounds of ${SECONDS} s each; answers a second`);
  const rates: Record<'node' | 'edge', Rate[]> = { node: [], edge: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ['node', 'edge'] as const) rates[name].push(await throughput(targets[name], CALLERS, SECONDS));
  }
  const perSecond = (of: readonly Rate[]) => median(of.map((rate) => rate.perSecond)).toFixed(0);
  const shareOf = (measure: (rate: Rate) => number) =>
    (100 * median(rates.edge.map((rate, round) => measure(rate) / measure(rates.node[round]!)))).toFixed(0);
  console.log(`  node alone ${perSecond(rates.node)}   through the edge ${perSecond(rates.edge)}`);
  console.log(`  share ${shareOf((rate) => rate.perSecond)} % (goal: 80 %)`);
  console.log('  milliseconds of the processors an answer, by process; the client is this benchmark');
  console.log(`    node alone       ${costs(rates.node)}`);
  console.log(`    through the edge ${costs(rates.edge)}`);
} catch (error) {
  console.error(error, `\n${log.slice(-30).join('\n')}`);
  process.exitCode = 1;
} finally {
  await Promise.all(children.toReversed().map((child) => child.stop()));
  await rm(dir, { recursive: true, force: true });
}
