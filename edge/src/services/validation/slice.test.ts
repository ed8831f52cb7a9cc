import { env } from 'cloudflare:workers';
import { samplingSchema } from '@tallrec/shared/interactions';
import { parquetRatings } from '@tallrec/shared/rows/files/fixtures/parquet-ratings';
import type { BadRows, DatasetFormat, DatasetKind } from '@tallrec/shared/wire/datasets';
import { describe, expect, it } from 'vitest';
import { places } from '../../storage/places.ts';
import { type Validated, validateSlice } from './slice.ts';
import { firstValidation } from './start.ts';

const sampling = samplingSchema.parse({});
const deps = { bucket: env.BUCKET };
const WORKSPACE = 'ws_slices';

async function begin(
  kind: DatasetKind,
  format: DatasetFormat,
  content: string | Uint8Array,
  badRows: BadRows = 'refuse',
) {
  const id = `ds_${crypto.randomUUID()}`;
  await env.BUCKET.put(places.datasetRaw(WORKSPACE, id), content);
  const { etag } = (await env.BUCKET.head(places.datasetRaw(WORKSPACE, id)))!;
  const { uploadId: rowsUploadId } = await env.BUCKET.createMultipartUpload(places.datasetRows(WORKSPACE, id));
  const dataset = { id, workspace: WORKSPACE, kind, format, badRows, sampling, columns: null };
  return { dataset, instance: firstValidation(id), rowsUploadId, etag };
}

async function validated(input: Awaited<ReturnType<typeof begin>>, sliceBytes: number, repeat = 1) {
  let slices = 0;
  let found: Validated | null = null;
  while (!found) {
    slices++;
    for (let run = 0; run < repeat; run++) found = await validateSlice(deps, input, slices, sliceBytes);
  }
  const key = places.datasetRows(WORKSPACE, input.dataset.id);
  expect(await env.BUCKET.head(key)).toBeNull();
  if (found.accepted) await env.BUCKET.resumeMultipartUpload(key, input.rowsUploadId).complete(found.parts);
  const rows = (await (await env.BUCKET.get(key))?.text()) ?? null;
  return { slices, found: { ...found, parts: undefined }, rows };
}

function ratings(rows: number): string {
  let csv = 'user,item,title,rating,time\n';
  for (let row = 0; row < rows; row++)
    csv += `u${row % 97},${row % 501},"Film ""${row % 501}"", ü",${row % 5},${row}\n`;
  return csv;
}

function itemFacts(rows: number): string {
  const lines = Array.from(
    { length: rows },
    (_, at) => `${at % (rows - 100)},Film ${at},${at % 7},${7 + (at % 977)}\n`,
  );
  return `id,title,likes,ratings\n${lines.join('')}`;
}

describe('a validation in slices', () => {
  const files: [DatasetKind, DatasetFormat, string, BadRows?][] = [
    ['interactions', 'csv', ratings(20_000)],
    [
      'instructions',
      'json',
      JSON.stringify(
        Array.from({ length: 9000 }, (_, at) => ({ instruction: `i${at % 8000}`, output: 'o'.repeat(40) })),
      ),
    ],
    ['interactions', 'csv', ratings(15_000).replace(',3,14008\n', ',three,14008\n')],
    ['interactions', 'csv', ratings(20_000).replace('u0,', '1.23457E+12,')],
    ['item-facts', 'csv', itemFacts(20_000)],
    ['interactions', 'csv', ratings(15_000).replace(',3,14008\n', ',three,14008\n'), 'leave-out'],
  ];

  it.each(files)(
    'finds in many what it finds in one, and a step that runs again starts clean: %s %s',
    async (kind, format, content, badRows) => {
      const whole = await validated(await begin(kind, format, content, badRows), content.length * 2);
      expect(whole.slices).toBe(1);
      const sliced = await validated(await begin(kind, format, content, badRows), 100_000, 2);
      expect(sliced.slices).toBeGreaterThan(3);
      expect(sliced.found).toEqual(whole.found);
      expect(sliced.rows === whole.rows).toBe(true);
      if (whole.found.accepted) expect(whole.rows!.trimEnd().split('\n')).toHaveLength(whole.found.stats.rows);
      if (whole.found.errorCount > 0) expect(whole.found.rowErrors).toMatchObject([{ line: 14_010, column: 'rating' }]);
    },
  );

  it('finds the same in UTF-16, and in a file that is not what it was said to be', async () => {
    const content = ratings(6000);
    const whole = await validated(await begin('interactions', 'csv', content), content.length);
    const utf16 = new Uint8Array(new Uint16Array([...`\ufeff${content}`].map((char) => char.charCodeAt(0))).buffer);
    const sliced = await validated(await begin('interactions', 'json', utf16), 100_000, 2);
    expect(sliced.found).toEqual(whole.found);
    expect(sliced.slices).toBeGreaterThan(3);
    expect(sliced.rows === whole.rows).toBe(true);
  });

  it.each(['snappy', 'gzip', 'zstd'] as const)(
    'reads Parquet compressed by %s, whole row groups a slice',
    async (codec) => {
      const whole = await validated(await begin('interactions', 'parquet', parquetRatings(codec)), 1e6);
      expect([whole.slices, whole.found.stats.rows, whole.found.errorCount]).toEqual([1, 25, 0]);
      expect(whole.rows!.split('\n')[2]).toContain('もののけ姫');
      expect(whole.found.warnings[0]).toBe('These fields are not used: tags.');
      const sliced = await validated(await begin('interactions', 'parquet', parquetRatings(codec)), 1, 2);
      expect(sliced.slices).toBe(3);
      expect([sliced.found, sliced.rows]).toEqual([whole.found, whole.rows]);
    },
  );

  it('says why a Parquet file cannot be read', async () => {
    const { found } = await validated(await begin('interactions', 'csv', parquetRatings('brotli')), 1e6);
    expect(found.rowErrors).toMatchObject([{ line: 1, problem: expect.stringContaining('BROTLI') }]);
  });

  it('refuses bytes that are not those that were uploaded', async () => {
    const input = await begin('instructions', 'jsonl', '{"instruction":"a","output":"b"}');
    await env.BUCKET.put(places.datasetRaw(WORKSPACE, input.dataset.id), 'something else');
    const found = await validateSlice(deps, input, 1);
    expect(found).toMatchObject({ errorCount: 1, rowErrors: [{ problem: expect.stringContaining('changed') }] });
  });
});
