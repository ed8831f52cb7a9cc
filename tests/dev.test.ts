// `tallrec dev` over what would else strand its data: a key that no longer holds, a node that dies.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import { ownWorkspaceSchema } from '@tallrec/shared/wire/workspaces';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { randomModel } from '../gpu-node/src/demo/model.ts';
import { EdgeClient } from '../gpu-node/src/dev/edge-client.ts';
import { type LocalStack, startLocalStack } from '../gpu-node/src/dev/local-stack.ts';

let dir: string;
let model: string;
let stack: LocalStack | undefined;
let notices: string[];
let lines: string[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tallrec-dev-'));
  model = await randomModel(dir);
  [notices, lines] = [[], []];
});
afterEach(async () => {
  await stack?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function start(): Promise<LocalStack> {
  stack = await startLocalStack({
    stateDir: join(dir, 'state'),
    models: [model],
    signal: new AbortController().signal,
    onLine: (_, line) => lines.push(line),
    onNotice: (sentence) => notices.push(sentence),
  });
  return stack;
}
const own = ({ client }: LocalStack) => client.get('/v1/workspace', ownWorkspaceSchema);
const revoke = (url: string, secret: string, id: string) =>
  fetch(`${url}/v1/keys/${id}`, { method: 'DELETE', headers: { Authorization: `Bearer ${secret}` } });

const withNodes = pageOf(modelSchema);
const knownModels = (client: EdgeClient) =>
  client.until('/v1/models', withNodes, ({ items }) => items.some(({ nodes }) => nodes.length > 0));

/** Of this process's children, the one that serves. */
function nodePid(): number {
  const { stdout } = spawnSync('ps', ['--ppid', String(process.pid), '-o', 'pid=,args='], { encoding: 'utf8' });
  return Number.parseInt(stdout.split('\n').find((line) => line.includes(' serve --edge '))!, 10);
}

it('makes a new key of the same workspace where its own was revoked', async () => {
  const first = await start();
  const { workspace, apiKey } = await own(first);
  expect((await revoke(first.url, first.key, apiKey.id)).status).toBe(409);
  expect((await revoke(first.url, first.edge.operatorSecret, apiKey.id)).status).toBe(200);
  await first.stop();
  const second = await start();
  const now = await own(second);
  expect([now.workspace.id, now.apiKey.scopes]).toEqual([workspace.id, apiKey.scopes]);
  expect(second.key).not.toBe(first.key);
  expect(notices).toEqual([expect.stringContaining('A new one was made')]);
  await second.stop();
  const third = await start();
  expect(third.key).toBe(second.key);
  // Each was at a port of its own.
  expect(new Set([first.url, second.url, third.url]).size).toBe(3);
  expect(lines.filter((line) => line.startsWith('Joined'))).toHaveLength(3);
});

it('starts its node again where it was killed', async () => {
  const { url, key, stop } = await start();
  const joined = () => lines.filter((line) => line.startsWith('Joined')).length;
  expect(joined()).toBe(1);
  process.kill(nodePid(), 'SIGKILL');
  await expect.poll(joined, { timeout: 30_000 }).toBe(2);
  expect(notices).toEqual([expect.stringContaining('was ended by SIGKILL. It is started again in 1 s')]);
  const client = new EdgeClient(url, key);
  await knownModels(client);
  await stop();
  stack = undefined;
  expect(await client.get('/v1/models', z.unknown()).catch(() => 'gone')).toBe('gone');
  expect(notices).toHaveLength(1);
});

it('answers what it was asked before it is told to end', async () => {
  const { url, key, client, stop } = await start();
  const { items } = await knownModels(client);
  const candidates = Array.from({ length: 100 }, (_, at) => ({ title: `${'A long title of a film '.repeat(8)}${at}` }));
  const rank = async () => {
    const body = { model: items[0]!.name, history: [{ title: 'Alien', liked: true }], candidates };
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    const response = await fetch(`${url}/v1/rank`, { method: 'POST', headers, body: JSON.stringify(body) });
    await response.arrayBuffer();
    return response.status;
  };
  // The first loads the model, so that those that follow are well under way a moment later.
  expect(await rank()).toBe(200);
  const answered = Promise.all(Array.from({ length: 8 }, rank));
  await setTimeout(100);
  await stop();
  stack = undefined;
  expect(await answered).toEqual(Array(8).fill(200));
});
