// The API's document under Redocly's recommended rules; edge/src/http/openapi.test.ts has rules of its own. What the document promises,
// Schemathesis (PyPI) tries on a running edge. With the URL and the key that `tallrec dev --json` prints (and the operator's secret
// for workspaces); what would take the key itself or the node away is left out:
//   schemathesis --config-file tests/support/schemathesis.toml run $URL/v1/openapi.json -H "Authorization: Bearer $KEY" --checks all
//     -n 10 --exclude-tag workspaces --exclude-operation-id rotateKey --exclude-operation-id revokeKey
//     --exclude-operation-id renewNodeToken --exclude-operation-id deleteNode
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalEdge, startLocalEdge } from '../gpu-node/src/dev/local-edge.ts';

let dir: string;
let edge: LocalEdge | undefined;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tallrec-openapi-'));
  edge = await startLocalEdge({ stateDir: dir });
});
afterAll(async () => {
  await edge?.process.stop();
  await rm(dir, { recursive: true, force: true });
});

/** By rule and place. */
const EXCEPTIONS: readonly string[] = [
  // They take nothing that could be wrong.
  ...['/health', '/v1/openapi.json'].map(
    (path) => `operation-4xx-response #/paths/${path.replaceAll('/', '~1')}/get/responses`,
  ),
  // Lines of files, at which OpenAPI 3.1 cannot point.
  ...['ScoredRow', 'RankedRow', 'Interaction', 'InstructionRow'].map(
    (name) => `no-unused-components #/components/schemas/${name}`,
  ),
];

it('has no error and no warning but those that are named', async () => {
  const source = await (await fetch(new URL('/v1/openapi.json', edge!.url))).text();
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source, absoluteRef: join(dir, 'openapi.json'), config });
  const found = problems.map(({ ruleId, message, location }) => ({
    at: `${ruleId} ${location[0]?.pointer}`,
    message,
  }));
  expect(found.filter(({ at }) => !EXCEPTIONS.includes(at))).toEqual([]);
  expect(EXCEPTIONS.filter((exception) => !found.some(({ at }) => at === exception))).toEqual([]);
});
