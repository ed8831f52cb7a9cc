import { introspectWorkflowInstance } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { describe, expect, it } from 'vitest';
import { makeDeps } from '../compose.ts';
import { parseEnv } from '../env.ts';
import { findDataset } from '../repo/datasets.ts';
import { firstValidation, nextStart, reviveValidation } from '../services/validation/start.ts';
import { call, defaultWorkspace } from '../testing/client.ts';
import { createDataset, put, settled } from '../testing/datasets.ts';

const content = new TextEncoder().encode('{"instruction":"a","output":"b"}\n');

async function sent() {
  const { body } = await createDataset({ name: 'x', kind: 'instructions', format: 'jsonl', bytes: content.length });
  await put(body.upload.url, content);
  return body.dataset.id;
}
const complete = (id: string) => call<Dataset>('POST', `/v1/datasets/${id}/complete`, { body: {} });
const outage = () => new Error('put: We encountered an internal error. Please try again. (10001)');

describe('the Workflow of a validation', () => {
  it('accepts a good file although each step failed many times', async () => {
    const id = await sent();
    await using instance = await introspectWorkflowInstance(env.VALIDATION as Workflow, firstValidation(id));
    await instance.modify(async (steps) => {
      await steps.disableRetryDelays();
      for (const name of ['begin', 'checksum', 'slice 1', 'settle']) await steps.mockStepError({ name }, outage(), 30);
    });
    await complete(id);
    expect(await settled(id)).toMatchObject({ state: 'ready', errorCount: 0, stats: { rows: 1 } });
  });

  it('rejects nothing where the outage outlasts it; another instance goes on', { timeout: 60_000 }, async () => {
    const id = await sent();
    await using instance = await introspectWorkflowInstance(env.VALIDATION as Workflow, firstValidation(id));
    await instance.modify(async (steps) => {
      await steps.disableRetryDelays();
      await steps.mockStepError({ name: 'slice 1' }, outage());
    });
    await complete(id);
    await instance.waitForStatus('errored');
    const { body } = await call<Dataset>('GET', `/v1/datasets/${id}`);
    expect(body).toMatchObject({ state: 'validating', errorCount: 0 });
    const deps = makeDeps(parseEnv(env));
    const row = (await findDataset(deps.db, (await defaultWorkspace()).id, id))!;
    await reviveValidation(deps, row);
    expect(await settled(id)).toMatchObject({ state: 'ready', stats: { rows: 1 } });
    const now = (await findDataset(deps.db, row.workspace, id))!;
    expect(now.instance).toBe(nextStart(firstValidation(id)));
  });
});
