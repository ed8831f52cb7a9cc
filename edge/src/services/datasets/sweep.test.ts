import { env } from 'cloudflare:workers';
import { newId } from '@tallrec/shared/ids';
import { samplingSchema } from '@tallrec/shared/interactions';
import type { DatasetState } from '@tallrec/shared/wire/datasets';
import { expect, it } from 'vitest';
import { makeDeps } from '../../deps.ts';
import { findDatasetState, insertDataset } from '../../repo/datasets.ts';
import { places } from '../../storage/places.ts';
import { previewDataset } from './preview.ts';
import { sweepDatasets } from './sweep.ts';

/** Long before every other test's rows. */
const START_MS = 1_000_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;

async function insert(
  state: DatasetState,
  updatedAt: number,
  uploadId: string | null = null,
  id = newId('dataset', START_MS),
) {
  const sampling = samplingSchema.parse({});
  const nothing = { sha256: null, stats: null, warnings: [], errorCount: 0, rowErrors: [] };
  const fixed = { name: 'x', kind: 'instructions', format: 'jsonl', bytes: 1, sampling, ...nothing } as const;
  await insertDataset(makeDeps(env as never).db, { id, state, uploadId, createdAt: updatedAt, updatedAt, ...fixed });
  return id;
}

it('wakes validations that went silent and drops uploads nobody finished', async () => {
  const started: string[] = [];
  const deps = {
    ...makeDeps(env as never, { nowMs: () => START_MS + 8 * DAY_MS }),
    startValidation: async (id: string) => {
      started.push(id);
    },
  };
  const silent = await insert('validating', START_MS + 8 * DAY_MS - 6000);
  const lost = await insert('uploaded', START_MS);
  const busy = await insert('validating', START_MS + 8 * DAY_MS - 1000);
  const id = newId('dataset', START_MS);
  const { uploadId } = await env.BUCKET.createMultipartUpload(places.datasetRaw(id));
  await insert('created', START_MS, uploadId, id);
  const fresh = await insert('created', START_MS + 7 * DAY_MS);

  await sweepDatasets(deps);
  expect(started.sort()).toEqual([silent, lost].sort());
  expect(started).not.toContain(busy);
  expect(await findDatasetState(deps.db, id)).toBeUndefined();
  expect(await findDatasetState(deps.db, fresh)).toBe('created');
  await expect(env.BUCKET.resumeMultipartUpload(places.datasetRaw(id), uploadId).uploadPart(1, 'x')).rejects.toThrow();
});

it('previews with the token counts of the model that was asked for', async () => {
  const id = await insert('ready', START_MS);
  await env.BUCKET.put(places.datasetRows(id), '{"instruction":"a","input":"","output":"b"}\n'.repeat(3));
  const countTokens = async (model: string | undefined, texts: string[]) => ({
    model: model!,
    counts: texts.map((_, at) => at + 7),
  });
  const preview = await previewDataset({ ...makeDeps(env as never), countTokens }, id, {
    limit: 2,
    template: 'alpaca',
    model: 'tiny',
  });
  expect(preview.tokenizer).toBe('tiny');
  expect(preview.samples.map(({ tokens }) => tokens)).toEqual([7, 8]);
});
