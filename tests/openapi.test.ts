// The API's document under Redocly's recommended rules; edge/src/http/openapi.test.ts has rules of its own. What a document promises,
// Schemathesis (PyPI) tries on a running edge; with `tallrec dev --json` for the URL, a key and the operator's secret:
//   schemathesis run $URL/v1/openapi.json -H "Authorization: Bearer $KEY" --exclude-operation-id createWorkspace --max-examples 40
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
  ...['/health', '/docs', '/v1/openapi.json'].map(
    (path) => `operation-4xx-response #/paths/${path.replaceAll('/', '~1')}/get/responses`,
  ),
  // Lines of files and of streams of events, at which OpenAPI 3.1 cannot point.
  ...['SequencedEvent', 'ScoredRow', 'RankedRow', 'Interaction', 'InstructionRow'].map(
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
