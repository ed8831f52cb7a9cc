// A batch scoring of many rows on two nodes, one of which is killed and started again: time, memory of the Worker, and whether the
// predictions are all there, each once and in order.
// Run: node tests/bench/batch.ts [rows] [tiny|movies]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import { createdNodeSchema, modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import { scoredRowSchema, scoringSchema } from '@tallrec/shared/wire/scorings';
import { createdWorkspaceSchema } from '@tallrec/shared/wire/workspaces';
import { demoModel, randomModel } from '../../gpu-node/src/demo/model.ts';
import { EdgeClient } from '../../gpu-node/src/dev/edge-client.ts';
import { CLI } from '../support/machine.ts';
import { startInspectedEdge } from './inspected-edge.ts';

const rows = Number(process.argv[2] ?? 1_000_000);
const model = process.argv[3] ?? 'tiny';
const TITLES = ['Babe (1995)', 'Heat (1995)', 'Casino (1995)', 'Emma (1996)', 'Fargo (1996)', 'Scream (1996)'];
const titleAt = (n: number) => TITLES[n % TITLES.length]!;

function samples(): Uint8Array<ArrayBuffer> {
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    const history = [0, 1].map((at) => ({ title: titleAt(row + at), liked: (row >> at) % 2 === 0 }));
    lines.push(`${JSON.stringify({ user: `u${row}`, history, target: { title: titleAt(row * 7 + 3) } })}\n`);
  }
  return new TextEncoder().encode(lines.join(''));
}

const dir = await mkdtemp(join(tmpdir(), 'tallrec-batch-'));
const modelDir = model === 'tiny' ? await randomModel(dir) : (await demoModel(dir)).dir;
const edge = await startInspectedEdge();
const nodes: ReturnType<typeof spawn>[] = [];
try {
  const operator = new EdgeClient(edge.url, edge.operatorSecret);
  const { key } = await operator.post('/v1/workspaces', { name: 'bench' }, createdWorkspaceSchema);
  const client = new EdgeClient(edge.url, key);
  const startNode = (name: string, token?: string) => {
    const env = { ...process.env, TALLREC_HOME: join(dir, name), ...(token ? { TALLREC_NODE_TOKEN: token } : {}) };
    const args = [CLI, 'serve', '--edge', edge.url, '--models', modelDir];
    const node = spawn(process.execPath, args, { env, stdio: 'ignore', detached: true });
    nodes.push(node);
    return node;
  };
  const tokens = new Map<string, string>();
  for (const name of ['one', 'two']) {
    tokens.set(name, (await client.post('/v1/nodes', { name }, createdNodeSchema)).token);
  }
  startNode('one', tokens.get('one'));
  const doomed = startNode('two', tokens.get('two'));
  const models = pageOf(modelSchema);
  const { items } = await client.until('/v1/models', models, (page) => page.items[0]?.nodes.length === 2);

  const bytes = samples();
  const uploadFrom = performance.now();
  const dataset = await client.upload({ name: 'rows', kind: 'samples', format: 'jsonl' }, bytes);
  if (dataset.state !== 'ready') throw new Error(JSON.stringify(dataset.rowErrors[0]));
  console.log(`${rows} rows, ${(bytes.length / 1e6).toFixed(0)} MB: ready after ${seconds(uploadFrom)} s`);

  let scoring = await client.post('/v1/scorings', { model: items[0]!.name, dataset: dataset.id }, scoringSchema);
  const startedAt = performance.now();
  /** The most that the Worker's isolate held, by what the batch was doing. */
  const peakMiB: Record<string, number> = {};
  let killed = false;
  while (!isTerminal(scoring.state)) {
    await sleep(500);
    peakMiB[scoring.state] = Math.max(peakMiB[scoring.state] ?? 0, await edge.heap.sample());
    scoring = await client.get(`/v1/scorings/${scoring.id}`, scoringSchema);
    const { progress } = scoring;
    if (!killed && progress && progress.rowsDone > rows / 3) {
      killed = true;
      process.kill(-doomed.pid!, 'SIGKILL');
      await once(doomed, 'exit');
      console.log(
        `a node killed at ${progress.rowsDone} rows, ${progress.chunksDone} of ${progress.chunksTotal} pieces`,
      );
      startNode('two');
    }
  }
  console.log(`${scoring.state} after ${seconds(startedAt)} s: ${scoring.rows} rows, ${scoring.tokens} tokens`);
  if (scoring.state !== 'succeeded') throw new Error(JSON.stringify(scoring.error));
  console.log(`${(rows / Number(seconds(startedAt))).toFixed(0)} rows a second with ${items[0]!.name} on two nodes`);
  console.log(`Worker: MiB at most in its isolate, garbage included ${JSON.stringify(peakMiB)} (limit 128)`);
  console.log(`workerd, all of the platform in one process: ${edge.workerdMiB('VmHWM')} MiB`);

  const headers = { Authorization: `Bearer ${key}` };
  const response = await fetch(`${edge.url}/v1/scorings/${scoring.id}/predictions`, { headers });
  let at = 0;
  for await (const line of createInterface({ input: Readable.fromWeb(response.body as never) })) {
    const { row, user, score } = scoredRowSchema.parse(JSON.parse(line));
    if (row !== at || user !== `u${at}` || !(score >= 0 && score <= 1)) throw new Error(`line ${at} is ${line}`);
    at++;
  }
  if (at !== rows) throw new Error(`${at} lines in place of ${rows}`);
  console.log(`predictions: ${at} lines, each row once and in order`);
} finally {
  for (const node of nodes) {
    try {
      process.kill(-node.pid!, 'SIGKILL');
    } catch {
      // It was killed before.
    }
  }
  edge.stop();
  await rm(dir, { recursive: true, force: true });
}

function seconds(from: number): string {
  return ((performance.now() - from) / 1000).toFixed(1);
}
