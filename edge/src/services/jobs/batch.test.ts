import { env } from 'cloudflare:workers';
import { LIMITS } from '@tallrec/shared/limits';
import type { ScoreJob } from '@tallrec/shared/wire/link';
import type { Scoring } from '@tallrec/shared/wire/scorings';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeDeps } from '../../compose.ts';
import { parseEnv } from '../../env.ts';
import { findJob } from '../../repo/jobs.ts';
import { call } from '../../testing/client.ts';
import { uploaded } from '../../testing/datasets.ts';
import { type FakeNode, MODEL, until } from '../../testing/fake-node.ts';
import { finish, sendFile } from '../../testing/job-node.ts';
import { joined, leaveRoom } from '../../testing/job-room.ts';
import { joinBatch } from './batch.ts';

const deps = makeDeps(parseEnv(env));
/** Two whole pieces and the beginning of a third; not all rows of the same length. */
const ROWS = 2 * LIMITS.scoringChunkRows + 10;
let dataset: string;

const rowOf = (row: number) => ({ user: `u${row}`, history: [], target: { title: `T${'x'.repeat(row % 7)}` } });

beforeAll(async () => {
  const lines = Array.from({ length: ROWS }, (_, row) => `${JSON.stringify(rowOf(row))}\n`);
  const ready = await uploaded('samples', 'jsonl', lines.join(''));
  expect([ready.state, ready.stats?.rows, ready.stats?.labelled]).toEqual(['ready', ROWS, 0]);
  dataset = ready.id;
});
afterEach(leaveRoom);

async function createScoring(more = {}): Promise<Scoring> {
  const body = { model: MODEL, dataset, wait: true, ...more };
  const answer = await call<Scoring>('POST', '/v1/scorings', { body });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body;
}

function scoringIn(id: string, ...states: Scoring['state'][]): Promise<Scoring> {
  return until(
    async () => (await call<Scoring>('GET', `/v1/scorings/${id}`)).body,
    ({ state }) => states.includes(state),
  );
}

async function nextPiece(node: FakeNode, batch: string): Promise<ScoreJob> {
  for (;;) {
    const { job } = await node.next('job');
    if (job.kind === 'score' && job.id.startsWith(batch)) return job;
  }
}

/** The rows of a piece, as a node fetches them. */
async function rowsOf({ data, range }: ScoreJob): Promise<unknown[]> {
  const { offset, bytes } = range!;
  const headers = { Range: `bytes=${offset}-${offset + bytes - 1}` };
  const { exports } = await import('cloudflare:workers');
  const response = await exports.default.fetch(new Request(new URL(data.path, 'https://edge.test'), { headers }));
  expect(response.status).toBe(206);
  return (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

async function scorePiece(node: FakeNode, job: ScoreJob): Promise<void> {
  node.send({ type: 'accepted', job: job.id, fence: job.fence });
  const rows = (await rowsOf(job)) as { user: string }[];
  expect(rows).toHaveLength(job.rows);
  const lines = rows.map(({ user }, at) => {
    const row = job.firstRow + at;
    return `${JSON.stringify({ row, user, score: 1 / (row + 1), yesLogit: 0, noLogit: row })}\n`;
  });
  const text = lines.join('');
  expect((await sendFile(job, 'predictions.jsonl', text)).status).toBe(200);
  const result = { kind: 'score', rows: rows.length, tokens: rows.length, bytes: text.length } as const;
  expect(await finish(node, job, { status: 'succeeded', result })).toBe('applied');
}

async function predictions(id: string): Promise<{ row: number; user: string }[]> {
  const { exports } = await import('cloudflare:workers');
  const { defaultWorkspace } = await import('../../testing/client.ts');
  const headers = { Authorization: `Bearer ${(await defaultWorkspace()).key}` };
  const get = async (format: string) => {
    const url = `https://edge.test/v1/scorings/${id}/predictions?format=${format}`;
    const response = await exports.default.fetch(new Request(url, { headers }));
    expect(response.status).toBe(200);
    return await response.text();
  };
  const csv: { row: string; user: string }[] = parse(await get('csv'), { columns: true });
  const lines = (await get('jsonl')).trimEnd().split('\n');
  const rows = lines.map((line) => JSON.parse(line));
  expect(csv.map(({ row, user }) => [Number(row), user])).toEqual(rows.map(({ row, user }) => [row, user]));
  return rows;
}

describe('a batch scoring', () => {
  it('is cut into pieces, spread over nodes and put together in the order of the dataset', async () => {
    const nodes = [await joined(), await joined()];
    const { id } = await createScoring();
    const pieces = await Promise.all(nodes.map((node) => nextPiece(node, id)));
    expect(pieces.map(({ firstRow }) => firstRow).sort((a, b) => a - b)).toEqual([0, LIMITS.scoringChunkRows]);
    expect(pieces[0]).toMatchObject({ adapter: null, template: 'clean', rank: null, data: { kind: 'samples' } });
    // The second is done first, and the third given to whoever is free.
    const second = pieces[0]!.firstRow === 0 ? 1 : 0;
    await scorePiece(nodes[second]!, pieces[second]!);
    const midway = (await call<Scoring>('GET', `/v1/scorings/${id}`)).body;
    expect(midway).toMatchObject({
      state: 'running',
      progress: { rowsDone: LIMITS.scoringChunkRows, rowsTotal: ROWS, chunksDone: 1, chunksTotal: 3 },
      rows: null,
    });
    expect((await call('GET', `/v1/scorings/${id}/predictions`)).body.error.code).toBe('ILLEGAL_STATE');
    await scorePiece(nodes[second]!, await nextPiece(nodes[second]!, id));
    await scorePiece(nodes[1 - second]!, pieces[1 - second]!);

    const done = await scoringIn(id, 'succeeded', 'failed');
    expect(done).toMatchObject({ state: 'succeeded', rows: ROWS, tokens: ROWS });
    const rows = await predictions(id);
    expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: ROWS }, (_, row) => row));
    expect(rows.map(({ user }) => user)).toEqual(Array.from({ length: ROWS }, (_, row) => `u${row}`));
    const { workspace } = (await findJob(deps.db, id))!;
    await until(
      async () =>
        (await env.BUCKET.list({ prefix: `ws/${workspace}/jobs/${id}` })).objects
          .map(({ key }) => key.split('/').at(-1))
          .sort(),
      (left) => JSON.stringify(left) === '["events.jsonl","predictions.csv","predictions.jsonl"]',
    );
    expect((await call('DELETE', `/v1/scorings/${id}`)).status).toBe(204);
    expect((await env.BUCKET.list({ prefix: `ws/${workspace}/jobs/${id}` })).objects).toEqual([]);
  });

  it('does a lost piece again, and only that one', async () => {
    const node = await joined();
    const { id } = await createScoring();
    await scorePiece(node, await nextPiece(node, id));
    const lost = await nextPiece(node, id);
    node.send({ type: 'accepted', job: lost.id, fence: lost.fence });
    await node.connect();
    await node.announce();
    const again = await nextPiece(node, id);
    expect(again).toMatchObject({ id: lost.id, fence: lost.fence + 1, range: lost.range });
    await scorePiece(node, again);
    await scorePiece(node, await nextPiece(node, id));
    await scoringIn(id, 'succeeded');
    expect((await predictions(id)).map(({ row }) => row)).toEqual(Array.from({ length: ROWS }, (_, row) => row));
  });

  it('keeps what is done when it is stopped: the rows up to the first that is missing', async () => {
    const node = await joined();
    const { id } = await createScoring();
    await scorePiece(node, await nextPiece(node, id));
    const atWork = await nextPiece(node, id);
    expect((await call('POST', `/v1/scorings/${id}/stop`)).body).toMatchObject({ stopping: true });
    await scorePiece(node, atWork);
    const done = await scoringIn(id, 'succeeded', 'failed', 'cancelled');
    expect(done).toMatchObject({ state: 'succeeded', rows: 2 * LIMITS.scoringChunkRows });
    expect(await predictions(id)).toHaveLength(2 * LIMITS.scoringChunkRows);
  });

  it('fails with the words of a piece, and resumed goes on with what it lacks', async () => {
    const node = await joined();
    const { id } = await createScoring();
    await scorePiece(node, await nextPiece(node, id));
    const bad = await nextPiece(node, id);
    node.send({ type: 'accepted', job: bad.id, fence: bad.fence });
    const error = { code: 'ENGINE_FAILED', message: 'The scoring process was killed.' } as const;
    await finish(node, bad, { status: 'failed', error });
    expect(await scoringIn(id, 'failed')).toMatchObject({
      error: { code: 'ENGINE_FAILED', message: expect.stringMatching(/^Piece 1: The scoring process was killed/) },
    });
    await call('POST', `/v1/scorings/${id}/resume`);
    await scorePiece(node, await nextPiece(node, id));
    await scorePiece(node, await nextPiece(node, id));
    expect(await scoringIn(id, 'succeeded')).toMatchObject({ rows: ROWS });
  });

  it('cancelled has its node drop the piece that it has', async () => {
    const node = await joined();
    const { id } = await createScoring();
    const piece = await nextPiece(node, id);
    node.send({ type: 'accepted', job: piece.id, fence: piece.fence });
    expect((await call('POST', `/v1/scorings/${id}/cancel`)).body).toMatchObject({ state: 'cancelled' });
    expect(await node.next('cancel')).toMatchObject({ job: piece.id });
    expect(await finish(node, piece, { status: 'cancelled' })).toBe('superseded');
  });

  it('put together again gives the same', async () => {
    const node = await joined();
    const { id } = await createScoring();
    for (let piece = 0; piece < 3; piece++) await scorePiece(node, await nextPiece(node, id));
    await scoringIn(id, 'succeeded');
    const before = await predictions(id);
    expect(await joinBatch(deps, id)).toBe(true);
    expect(await predictions(id)).toEqual(before);
  });

  it('is refused what does not fit', async () => {
    for (const [body, code] of [
      [{ task: 'rank' }, 'VALIDATION_FAILED'],
      [{ catalogue: dataset }, 'VALIDATION_FAILED'],
      [{ dataset: (await uploaded('items', 'jsonl', '{"title":"A"}\n')).id }, 'VALIDATION_FAILED'],
      [{ dataset: (await uploaded('interactions', 'csv', ratingsOf(1, 10))).id }, 'VALIDATION_FAILED'],
      [{ adapter: 'nowhere' }, 'NOT_FOUND'],
    ] as const) {
      const answer = await call('POST', '/v1/scorings', { body: { model: MODEL, dataset, wait: true, ...body } });
      expect(answer.body.error.code).toBe(code);
    }
    const tuning = await call('POST', '/v1/tunings', { body: { model: MODEL, dataset, wait: true } });
    expect(tuning.body.error).toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringMatching(/do not say/),
    });
  });
});

/** Of each user as many. */
function ratingsOf(users: number, each: number): string {
  const rows = Array.from({ length: users * each }, (_, at) => `u${at % users},i${at},T${at},${1 + (at % 5)},${at}\n`);
  return `user,item,title,rating,time\n${rows.join('')}`;
}

it('scores the samples that ratings give, or ranks what they are about for each user', async () => {
  const ratings = await uploaded('interactions', 'csv', ratingsOf(3, 12));
  const node = await joined();
  const scored = await createScoring({ dataset: ratings.id });
  const piece = await nextPiece(node, scored.id);
  expect(piece).toMatchObject({ range: null, firstRow: 0, rows: 6, rank: null, data: { kind: 'interactions' } });
  node.send({ type: 'accepted', job: piece.id, fence: piece.fence });
  const answer = { id: 'i30', title: 'T30', score: 0.5, yesLogit: 0, noLogit: 0 };
  const text = Array.from({ length: 6 }, (_, row) => `${JSON.stringify({ row, user: `u${row}`, ...answer })}\n`).join(
    '',
  );
  await sendFile(piece, 'predictions.jsonl', text);
  const result = { kind: 'score', rows: 6, tokens: 6, bytes: text.length } as const;
  expect(await finish(node, piece, { status: 'succeeded', result })).toBe('applied');
  await scoringIn(scored.id, 'succeeded');
  expect(await predictions(scored.id)).toHaveLength(6);

  const ranked = await createScoring({ task: 'rank', dataset: ratings.id, catalogue: ratings.id });
  const users = await nextPiece(node, ranked.id);
  expect(users).toMatchObject({ rows: 3, rank: { catalogue: { kind: 'interactions' } } });
});

it('ranks a catalogue for each history', async () => {
  const items = ['A', 'B', 'C'].map((title, at) => `${JSON.stringify({ id: String(at), title })}\n`).join('');
  const catalogue = await uploaded('items', 'jsonl', items);
  expect(catalogue.state).toBe('ready');
  const few = await uploaded('samples', 'jsonl', [0, 1].map((row) => `${JSON.stringify(rowOf(row))}\n`).join(''));
  const node = await joined();
  const { id } = await createScoring({ task: 'rank', dataset: few.id, catalogue: catalogue.id, top: 2 });
  const piece = await nextPiece(node, id);
  expect(piece.rank).toMatchObject({ top: 2, catalogue: { kind: 'items' } });
  node.send({ type: 'accepted', job: piece.id, fence: piece.fence });
  const ranking = [
    { id: '2', title: '=C', score: 0.9, yesLogit: 1, noLogit: 0 },
    { id: '0', title: 'A', score: 0.4, yesLogit: 0, noLogit: 1 },
  ];
  const text = [0, 1].map((row) => `${JSON.stringify({ row, user: `u${row}`, ranking })}\n`).join('');
  await sendFile(piece, 'predictions.jsonl', text);
  const result = { kind: 'score', rows: 2, tokens: 4, bytes: text.length } as const;
  expect(await finish(node, piece, { status: 'succeeded', result })).toBe('applied');
  await scoringIn(id, 'succeeded');
  const { exports } = await import('cloudflare:workers');
  const { defaultWorkspace } = await import('../../testing/client.ts');
  const headers = { Authorization: `Bearer ${(await defaultWorkspace()).key}` };
  const url = `https://edge.test/v1/scorings/${id}/predictions?format=csv`;
  const csv: Record<string, string>[] = parse(
    await (await exports.default.fetch(new Request(url, { headers }))).text(),
    { columns: true },
  );
  // A title that a spreadsheet would take for a formula is shown as text.
  expect(csv.map((line) => [line.row, line.rank, line.title])).toEqual([
    ['0', '1', "'=C"],
    ['0', '2', 'A'],
    ['1', '1', "'=C"],
    ['1', '2', 'A'],
  ]);
});
