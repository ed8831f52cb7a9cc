import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startLocalEdge } from './local-edge.ts';

vi.setConfig({ testTimeout: 120_000 });

let stateDir: string;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'local-edge-'));
});
afterAll(() => rm(stateDir, { recursive: true }));

test('port 0 is a free one, at which the edge answers', async () => {
  const edge = await startLocalEdge({ stateDir, port: 0 });
  try {
    expect(edge.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect((await fetch(`${edge.url}/health`)).status).toBe(200);
  } finally {
    await edge.process.stop();
  }
});
