// A piece of a batch scoring: its rows through the scoring engine that answers live requests too, a line a row, in order.
import { TallrecError } from '@tallrec/shared/errors';
import type { Item } from '@tallrec/shared/sample';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import type { ScoreJob } from '@tallrec/shared/wire/link';
import { compareRanked } from '@tallrec/shared/wire/score';
import type { RankedRow, ScoredRow } from '@tallrec/shared/wire/scorings';
import pRetry from 'p-retry';
import { type BatchRow, newItems } from './batch-rows.ts';
import type { AdapterPlace, EngineParams, EngineResult, ModelPlace } from './engine-calls.ts';
import type { SharedEngine } from './job-work.ts';
import { phaseProgress } from './phase-progress.ts';
import { PredictionFile } from './prediction-file.ts';

/** Rows of one call to the engine, and candidates. */
const ROWS_AT_ONCE = 128;
const CANDIDATES_AT_ONCE = 250;
const CALLS_IN_FLIGHT = 2;
const PROGRESS_MS = 500;

export interface ScoreRowsOptions {
  job: Pick<ScoreJob, 'template' | 'firstRow' | 'rows' | 'rank'>;
  scoring: SharedEngine;
  model: ModelPlace;
  adapter: AdapterPlace | null;
  /** Path of facts about items that stand in place of its blend's own. */
  facts?: string | undefined;
  /** All rows of the piece, from its first on. */
  rows: AsyncIterable<BatchRow> | Iterable<BatchRow>;
  /** For `rank`. */
  catalogue: readonly Item[] | null;
  /** Gets the predictions; what a run before has left there is not scored again. */
  dir: string;
  signal: AbortSignal;
  /** Aborted: what is under way is kept, and the rows behind it are left. */
  stop: AbortSignal;
  onEvent: (event: NodeEvent) => void;
  nowMs: () => number;
  /** Before the engine is asked again when it is busy or has died. */
  pauseMs?: number;
}

interface Answered {
  lines: (ScoredRow | RankedRow)[];
  tokens: number;
}

/**
 * @returns what there is at the end, which is all rows unless it was asked to stop
 * @throws TallrecError as the engine refused the rows, or when the piece has not the rows that it should have
 */
export async function scoreRows(options: ScoreRowsOptions): Promise<{ rows: number; tokens: number; bytes: number }> {
  const { job, stop, onEvent } = options;
  const file = await PredictionFile.open(options.dir, job.firstRow);
  const failed = new AbortController();
  const piece = new Piece(options, AbortSignal.any([options.signal, failed.signal]));
  const tell = phaseProgress('score', onEvent, options.nowMs, PROGRESS_MS);
  const before = file.done.rows;
  const inFlight: Promise<Answered>[] = [];
  const takeFirst = async () => {
    const { lines, tokens } = await inFlight.shift()!;
    await file.append(lines, tokens);
    tell(file.done.rows, job.rows, before);
  };
  try {
    let asked = file.done.rows;
    tell(asked, job.rows, before);
    for await (const batch of batches(rowsFrom(options.rows, asked, job.rows), job.rank ? 1 : ROWS_AT_ONCE)) {
      if (stop.aborted) break;
      const answer = piece.answer(batch, job.firstRow + asked);
      answer.catch(() => {});
      inFlight.push(answer);
      asked += batch.length;
      if (inFlight.length === CALLS_IN_FLIGHT) await takeFirst();
    }
    while (inFlight.length > 0) await takeFirst();
    if (asked < job.rows && !stop.aborted) {
      throw new TallrecError(
        'VALIDATION_FAILED',
        `This piece has ${asked} rows, and not the ${job.rows} it should have.`,
      );
    }
  } finally {
    failed.abort();
    await file.close();
  }
  return file.done;
}

class Piece {
  readonly #options: ScoreRowsOptions;
  readonly #signal: AbortSignal;
  readonly #catalogue: { item: Item; place: number }[];

  constructor(options: ScoreRowsOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#catalogue = (options.catalogue ?? []).map((item, place) => ({ item, place }));
  }

  answer(rows: readonly BatchRow[], firstRow: number): Promise<Answered> {
    return this.#options.job.rank ? this.#rank(rows[0]!, firstRow) : this.#score(rows, firstRow);
  }

  async #score(rows: readonly BatchRow[], firstRow: number): Promise<Answered> {
    const samples = rows.map(({ noun, history, target }, at) => {
      if (target) return { noun, history, target };
      throw new TallrecError('VALIDATION_FAILED', `Row ${firstRow + at} has no target to score.`);
    });
    const { scores, tokens } = await this.#call('score', { samples });
    const lines = rows.map(({ user, target, liked }, at) => ({
      row: firstRow + at,
      ...(user === undefined ? {} : { user }),
      ...(target?.id === undefined ? {} : { id: target.id }),
      title: target!.title,
      ...(liked === undefined ? {} : { liked }),
      ...scores[at]!,
    }));
    return { lines, tokens };
  }

  /** The best of all that is new to the user; equal ones keep the order of the catalogue. */
  async #rank({ user, noun, history }: BatchRow, row: number): Promise<Answered> {
    const { top } = this.#options.job.rank!;
    const candidates = newItems(this.#catalogue, history);
    let best: { place: number; entry: RankedRow['ranking'][number] }[] = [];
    let tokens = 0;
    const order = compareRanked();
    for (let at = 0; at < candidates.length; at += CANDIDATES_AT_ONCE) {
      const part = candidates.slice(at, at + CANDIDATES_AT_ONCE);
      const ranked = await this.#call('rank', { noun, history, candidates: part.map(({ item }) => item) });
      tokens += ranked.tokens;
      for (const { index, candidate: _, ...score } of ranked.ranking.slice(0, top)) {
        const { item, place } = part[index]!;
        const named = { ...(item.id === undefined ? {} : { id: item.id }), title: item.title };
        best.push({ place, entry: { ...named, ...score } });
      }
      best = best.sort((a, b) => order(a.entry, b.entry) || a.place - b.place).slice(0, top);
    }
    const ranking = best.map(({ entry }) => entry);
    return { lines: [{ row, ...(user === undefined ? {} : { user }), ranking }], tokens };
  }

  #call<M extends 'score' | 'rank'>(
    method: M,
    input: Omit<EngineParams<M>, 'model' | 'adapter' | 'facts' | 'template'>,
  ): Promise<EngineResult<M>> {
    const { scoring, model, adapter, facts, job, pauseMs = 100 } = this.#options;
    const params = { ...input, model, adapter, facts, template: job.template } as EngineParams<M>;
    const signal = this.#signal;
    return pRetry(() => scoring.call(method, params, { signal }), {
      // An engine that died has another one after it; live requests come first however long it takes.
      retries: 2,
      shouldConsumeRetry: ({ error }) => !isBusy(error),
      shouldRetry: ({ error }) => error instanceof TallrecError && error.retryable,
      minTimeout: pauseMs,
      maxTimeout: 20 * pauseMs,
      randomize: true,
      signal,
    });
  }
}

function isBusy(error: Error): boolean {
  return error instanceof TallrecError && error.code === 'NODE_BUSY';
}

async function* rowsFrom(
  rows: AsyncIterable<BatchRow> | Iterable<BatchRow>,
  from: number,
  to: number,
): AsyncGenerator<BatchRow> {
  let at = 0;
  for await (const row of rows) {
    if (at >= to) return;
    if (at++ >= from) yield row;
  }
}

async function* batches(rows: AsyncIterable<BatchRow>, size: number): AsyncGenerator<BatchRow[]> {
  let batch: BatchRow[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
