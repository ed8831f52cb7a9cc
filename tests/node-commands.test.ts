// A node's life against a real edge: joined by a token, drained, its secret rotated, removed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { Child } from '../gpu-node/src/dev/child-process.ts';
import { CLI, type Machine, startMachine } from './support/machine.ts';

let machine: Machine;
let node: Child;
beforeAll(async () => {
  machine = await startMachine({ LEASE_MS: '4000' });
  node = await machine.startNode();
});
afterAll(() => machine?.stop());

async function tallrec(...args: string[]): Promise<{ code: number; output: string }> {
  const env = { ...process.env, TALLREC_HOME: machine.homeOf() };
  const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return { code, output };
}
const onEdge = async () => (await machine.client.get('/v1/nodes', pageOf(nodeSchema))).items[0]!;
const edge = () => ['--edge', machine.client.url];
const secret = async () => {
  const { hostname, port } = new URL(machine.client.url);
  return JSON.parse(await readFile(join(machine.homeOf(), 'nodes', `${hostname}_${port}.json`), 'utf8')).secret;
};

it('is listed with the edge that it joined', async () => {
  const { id } = await onEdge();
  const { code, output } = await tallrec('node', 'status', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject({ nodes: [{ edge: machine.client.url, node: id, answers: true }] });
});

it('is drained, and takes work again', async () => {
  expect(await tallrec('node', 'drain', ...edge())).toMatchObject({ code: 0 });
  expect(await onEdge()).toMatchObject({ draining: true, connected: true });
  expect(await tallrec('node', 'drain', '--undo', ...edge())).toMatchObject({ code: 0 });
  expect(await onEdge()).toMatchObject({ draining: false });
});

it('gets another secret while it runs, and dials with it the next time, when the first one ends', async () => {
  const before = await secret();
  expect(await tallrec('node', 'rotate', ...edge())).toMatchObject({ code: 0 });
  expect(await secret()).not.toBe(before);
  expect(await onEdge()).toMatchObject({ connected: true });
  await node.stop();
  node = await machine.startNode();
  const refused = await tallrec('serve', ...edge(), '--models', machine.model, '--token', before);
  expect(refused).toMatchObject({ code: 1, output: expect.stringMatching(/refused this node.*--token TOKEN/s) });
});

it('is refused with a token that was used, and told how to get one', async () => {
  const { code, output } = await tallrec('serve', ...edge(), '--models', machine.model, '--token', 'tlr_join_used');
  expect(code).toBe(1);
  expect(output).toMatch(/error: .*join token.*POST \/v1\/nodes/);
});

it('ends with words when it is removed, and does not dial again', async () => {
  const { id } = await onEdge();
  const response = await fetch(`${machine.client.url}/v1/nodes/${id}`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${machine.key}` },
  });
  expect(response.status).toBe(204);
  expect(await node.exited).toBe('exited with 1');
  expect(machine.log.findLast((line) => line.includes('error:'))).toMatch(/was removed from the edge.*Join anew/);
  await expect(machine.client.get(`/v1/nodes/${id}`, z.unknown())).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
