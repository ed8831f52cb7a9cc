import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { JobRow } from '../../repo/jobs.ts';
import { places } from '../../storage/places.ts';
import { BatchFiles } from './batch-files.ts';

const LINE = { user: 'ü, "quoted"', score: 0.5, yesLogit: 0, noLogit: 0 };
/** More than a part of the upload, in lines that end within it anywhere. */
const ROWS = 20_000;

function piece(from: number, rows: number): ReadableStream<Uint8Array> {
  const lines = Array.from(
    { length: rows },
    (_, at) => `${JSON.stringify({ row: from + at, ...LINE, user: 'u'.repeat(1 + (at % 150)) })}\n`,
  );
  return new Blob([lines.join('')]).stream();
}

const batch = (id: string) =>
  ({ workspace: 'ws_files', id, spec: { kind: 'scoring', task: 'score' } }) as unknown as JobRow;
const read = async (id: string, format: 'jsonl' | 'csv') =>
  await (await env.BUCKET.get(places.batchPredictions('ws_files', id, format)))!.text();

it('a batch put together in several steps, one of which runs twice, gives the same bytes as in one', async () => {
  const whole = await BatchFiles.open(env.BUCKET, batch('scr_whole'));
  for (let at = 0; at < 3; at++) await whole.append(piece(at * ROWS, ROWS));
  const expected = await whole.finish();
  expect(expected.rows).toBe(3 * ROWS);

  const first = await BatchFiles.open(env.BUCKET, batch('scr_steps'));
  await first.append(piece(0, ROWS));
  await first.pause();
  // This one dies before it has said how far it came.
  const lost = await BatchFiles.open(env.BUCKET, batch('scr_steps'));
  await lost.append(piece(ROWS, ROWS));
  const second = await BatchFiles.open(env.BUCKET, batch('scr_steps'));
  expect(second.nextChunk).toBe(1);
  await second.append(piece(ROWS, ROWS));
  await second.pause();
  const third = await BatchFiles.open(env.BUCKET, batch('scr_steps'));
  await third.append(piece(2 * ROWS, ROWS));
  expect(await third.finish()).toEqual(expected);
  for (const format of ['jsonl', 'csv'] as const) {
    expect((await read('scr_steps', format)) === (await read('scr_whole', format))).toBe(true);
  }
}, 120_000);
