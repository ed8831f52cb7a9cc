import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import type { Item } from '@tallrec/shared/sample';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import type { Ranked } from '@tallrec/shared/wire/score';
import { rankedRowSchema, scoredRowSchema } from '@tallrec/shared/wire/scorings';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchRow } from './batch-rows.ts';
import type { EngineParams } from './engine-calls.ts';
import type { SharedEngine } from './job-work.ts';
import { predictionsIn } from './prediction-file.ts';
import { type ScoreRowsOptions, scoreRows } from './score-rows.ts';

const FIRST_ROW = 1000;
const model = { name: 'm', dir: '/m', contentHash: 'ab'.repeat(32) };

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'score-rows-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** What a title scores. */
const scoreOf = (title: string) => Number(title.match(/\d+/)?.[0] ?? 0) % 10;
const scored = (title: string) => ({ score: scoreOf(title) / 10, yesLogit: scoreOf(title), noLogit: 0 });

/** Scores titles by the number in them; `before` is asked first, with the titles of the call. */
class Engine {
  readonly calls: string[][] = [];
  inFlight = 0;
  mostInFlight = 0;
  before: (titles: string[], signal: AbortSignal) => Promise<void> | void = () => {};

  call = (async (method: string, params: unknown, { signal }: { signal: AbortSignal }) => {
    const titles =
      method === 'score'
        ? (params as EngineParams<'score'>).samples.map(({ target }) => target.title)
        : (params as EngineParams<'rank'>).candidates.map(({ title }) => title);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await this.before(titles, signal);
      signal.throwIfAborted();
    } finally {
      this.inFlight--;
    }
    this.calls.push(titles);
    if (method === 'score') return { scores: titles.map(scored), tokens: 2 * titles.length };
    const ranking: Ranked[] = titles
      .map((title, index) => ({ index, candidate: { title }, ...scored(title) }))
      .sort((a, b) => b.score - a.score || a.index - b.index);
    return { ranking, tokens: titles.length };
  }) as SharedEngine['call'];
}

const rowsOf = (count: number): BatchRow[] =>
  Array.from({ length: count }, (_, at) => ({
    user: `u${at}`,
    noun: 'movie',
    history: [],
    target: { title: `film ${at}` },
    ...(at % 2 ? { liked: at % 4 === 1 } : {}),
  }));

function run(engine: Engine, rows: BatchRow[], more: Partial<ScoreRowsOptions> = {}) {
  const events: NodeEvent[] = [];
  const controllers = { signal: new AbortController(), stop: new AbortController() };
  const done = scoreRows({
    job: { template: 'clean', firstRow: FIRST_ROW, rows: rows.length, rank: null },
    scoring: engine,
    model,
    adapter: null,
    rows,
    catalogue: null,
    dir,
    signal: controllers.signal.signal,
    stop: controllers.stop.signal,
    onEvent: (event) => events.push(event),
    nowMs: Date.now,
    pauseMs: 1,
    ...more,
  });
  done.catch(() => {});
  return { done, events, ...controllers };
}
const lines = async () =>
  (await readFile(predictionsIn(dir), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a piece of a batch scoring', () => {
  it('has a line a row, in order, whatever call ends first, with two calls in flight', async () => {
    const engine = new Engine();
    let first = true;
    engine.before = () => {
      const pause = first ? 30 : 0;
      first = false;
      return new Promise((resolve) => setTimeout(resolve, pause));
    };
    const { done, events } = run(engine, rowsOf(300));
    const bytes = (await done).bytes;
    expect(await done).toEqual({ rows: 300, tokens: 600, bytes });
    const found = (await lines()).map((line) => scoredRowSchema.parse(line));
    expect(found.map(({ row }) => row)).toEqual(Array.from({ length: 300 }, (_, at) => FIRST_ROW + at));
    const names = { user: 'u3', title: 'film 3' };
    expect(found[3]).toEqual({ row: FIRST_ROW + 3, ...names, liked: false, score: 0.3, yesLogit: 3, noLogit: 0 });
    expect(found[4]).not.toHaveProperty('liked');
    expect((await readFile(predictionsIn(dir))).length).toBe(bytes);
    expect(engine.calls.map((titles) => titles.length).toSorted()).toEqual([128, 128, 44]);
    expect(engine.mostInFlight).toBe(2);
    expect(events[0]).toEqual({ type: 'progress', phase: 'score', done: 0, total: 300, etaMs: null });
    expect(events.at(-1)).toEqual({ type: 'progress', phase: 'score', done: 300, total: 300, etaMs: 0 });
    expect(events.length).toBeLessThanOrEqual(3);
  });

  it('goes on after a restart: what is there is not scored again, and a torn line is', async () => {
    const rows = rowsOf(600);
    const whole = await run(new Engine(), rows).done;
    const expected = await readFile(predictionsIn(dir), 'utf8');
    await rm(dir, { recursive: true });

    const engine = new Engine();
    engine.before = (titles) => {
      if (titles.includes('film 400')) throw new TallrecError('MODEL_UNSUPPORTED', 'not here');
    };
    await expect(run(engine, rows).done).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    const kept = await lines();
    expect(kept.length).toBeGreaterThanOrEqual(128);
    await appendFile(predictionsIn(dir), '{"row":1256,"sco');

    const next = new Engine();
    const { done, events } = run(next, rows);
    expect(await done).toEqual(whole);
    expect(next.calls.flat().length).toBe(600 - kept.length);
    expect(events[0]).toMatchObject({ done: kept.length });
    expect(await readFile(predictionsIn(dir), 'utf8')).toBe(expected);
    const last = new Engine();
    expect(await run(last, rows).done).toEqual(whole);
    expect(last.calls).toEqual([]);
  });

  it.each([
    ['is shorter than it was', () => truncate(predictionsIn(dir), 3000)],
    ['has lost its bytes', () => writeFile(predictionsIn(dir), Buffer.alloc(20_000))],
    ['is gone', () => rm(predictionsIn(dir))],
  ])('whose file %s scores again what it has not', async (_what, harm) => {
    const rows = rowsOf(200);
    const whole = await run(new Engine(), rows).done;
    const expected = await readFile(predictionsIn(dir), 'utf8');
    await harm();
    expect(await run(new Engine(), rows).done).toEqual(whole);
    expect(await readFile(predictionsIn(dir), 'utf8')).toBe(expected);
  });

  it('waits while the node is busy, and takes another engine when one died, but not for ever', async () => {
    const engine = new Engine();
    let faults = 0;
    engine.before = () => {
      if (++faults <= 10) throw new TallrecError('NODE_BUSY', 'busy');
      if (faults === 11) throw new TallrecError('ENGINE_FAILED', 'died');
    };
    expect(await run(engine, rowsOf(5)).done).toMatchObject({ rows: 5 });
    engine.before = () => {
      throw new TallrecError('ENGINE_FAILED', 'died');
    };
    await rm(dir, { recursive: true });
    await expect(run(engine, rowsOf(5)).done).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('that is asked to stop keeps what is under way and leaves the rest', async () => {
    const engine = new Engine();
    engine.before = () => {
      if (engine.calls.length === 1) stop.abort();
    };
    const { done, stop } = run(engine, rowsOf(1000));
    const { rows } = await done;
    expect(rows).toBeGreaterThanOrEqual(256);
    expect(rows).toBeLessThan(1000);
    expect(await lines()).toHaveLength(rows);
  });

  it('that is given up ends its calls', async () => {
    const engine = new Engine();
    engine.before = (_titles, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { done, signal } = run(engine, rowsOf(1000));
    await vi.waitFor(() => expect(engine.inFlight).toBe(2));
    signal.abort();
    await expect(done).rejects.toThrow();
    await vi.waitFor(() => expect(engine.inFlight).toBe(0));
  });

  it('that has fewer rows than it should have is refused', async () => {
    const job = { template: 'clean', firstRow: FIRST_ROW, rows: 6, rank: null } as const;
    await expect(run(new Engine(), rowsOf(5), { job }).done).rejects.toMatchObject({ message: /has 5 rows/ });
    await rm(dir, { recursive: true });
    const { target: _, ...untargeted } = rowsOf(1)[0]!;
    await expect(run(new Engine(), [untargeted]).done).rejects.toMatchObject({ message: /Row 1000 has no target/ });
  });
});

describe('a piece that ranks', () => {
  const catalogue: Item[] = Array.from({ length: 600 }, (_, at) => ({ id: `i${at}`, title: `film ${at}` }));
  const data = { kind: 'items', sampling: {}, path: '/c', split: 'all' } as never;
  const job = (rows: number, top: number) =>
    ({ template: 'clean', firstRow: 0, rows, rank: { catalogue: data, top } }) as const;

  it('has for each row the best of what is new to its user, ties in the order of the catalogue', async () => {
    const engine = new Engine();
    const liked = true;
    const rows: BatchRow[] = [
      { user: 'a', noun: 'movie', history: [{ id: 'i9', title: 'renamed', liked }] },
      { noun: 'movie', history: [{ title: 'film 19', liked }] },
      { user: 'c', noun: 'movie', history: catalogue.map((item) => ({ ...item, liked })) },
    ];
    const { rows: count, tokens } = await run(engine, rows, { job: job(3, 3), catalogue }).done;
    expect({ count, tokens }).toEqual({ count: 3, tokens: 599 + 599 });
    const [a, b, c] = (await lines()).map((line) => rankedRowSchema.parse(line));
    expect(a).toMatchObject({ row: 0, user: 'a', ranking: [{ id: 'i19' }, { id: 'i29' }, { id: 'i39' }] });
    expect(a!.ranking[0]).toEqual({ id: 'i19', title: 'film 19', score: 0.9, yesLogit: 9, noLogit: 0 });
    expect(b).toMatchObject({ row: 1, ranking: [{ id: 'i9' }, { id: 'i29' }, { id: 'i39' }] });
    expect(b).not.toHaveProperty('user');
    expect(c).toEqual({ row: 2, user: 'c', ranking: [] });
    expect(Math.max(...engine.calls.map((titles) => titles.length))).toBeLessThanOrEqual(500);
  });

  it('takes the best over all calls', async () => {
    const engine = new Engine();
    const backwards = catalogue.toReversed().map(({ title }) => ({ title }));
    await run(engine, [{ noun: 'movie', history: [] }], { job: job(1, 70), catalogue: backwards }).done;
    const [{ ranking }] = await lines();
    expect(ranking).toHaveLength(70);
    const expected = backwards
      .map(({ title }, place) => ({ title, place }))
      .sort((a, b) => scoreOf(b.title) - scoreOf(a.title) || a.place - b.place)
      .slice(0, 70);
    expect(ranking.map(({ title }: Item) => title)).toEqual(expected.map(({ title }) => title));
  });
});
