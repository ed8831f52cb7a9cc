// A batch scoring: cut into pieces that are jobs of their own, and put together again once they are done.
import { TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import { isTerminal, type JobError } from '@tallrec/shared/wire/jobs';
import { RESULT_FILES } from '@tallrec/shared/wire/link';
import type { Deps } from '../../deps.ts';
import {
  type ChunkCounts,
  cancelQueuedChunks,
  countChunks,
  insertChunks,
  listChunks,
  setBatchProgress,
} from '../../repo/batches.ts';
import { type DatasetRow, findDataset } from '../../repo/datasets.ts';
import type { ChunkSpec, ScoringSpec } from '../../repo/job-record.ts';
import { findJob, type JobRow } from '../../repo/jobs.ts';
import { places } from '../../storage/places.ts';
import { deletePrefix } from '../../storage/r2.ts';
import { BatchFiles } from './batch-files.ts';
import { changeState, type StateDeps } from './state.ts';

const NEWLINE = 0x0a;
/** Pieces recorded by one statement. */
const INSERT_CHUNKS = 200;
/** Read by one step of cutting up: a step has minutes. */
const SPLIT_BYTES = 1024 * 1024 * 1024;
/** Copied by one step of putting together. */
const JOIN_BYTES = 128 * 1024 * 1024;

type BatchDeps = StateDeps & Pick<Deps, 'bucket' | 'clock'>;

export interface SplitPosition {
  offset: number;
  row: number;
  index: number;
}

/**
 * Cuts up the next stretch of the dataset, by rows of samples, or by what interactions give. Cutting again gives the same pieces.
 * @returns where to go on; null once all is cut and the batch is under way
 */
export async function splitBatch(deps: BatchDeps, id: string, from: SplitPosition): Promise<SplitPosition | null> {
  const batch = await findJob(deps.db, id);
  if (batch?.state !== 'queued') return null;
  const { dataset, task } = batch.spec as ScoringSpec;
  const data = await findDataset(deps.db, batch.workspace, dataset);
  if (!data?.stats) throw new TallrecError('NOT_FOUND', `The dataset ${dataset} has been deleted.`);
  let next: SplitPosition | null;
  if (data.kind === 'interactions') next = await splitCounted(deps, batch, rowsOfBatch(data, task) ?? 0);
  else next = await splitRows(deps, batch, places.datasetRows(batch.workspace, dataset), from);
  if (next) return next;
  const nowMs = deps.clock.nowMs();
  await changeState(deps, id, { to: 'dispatched', from: ['queued'], nowMs, change: { dispatchedAt: nowMs } });
  await changeState(deps, id, { to: 'running', from: ['dispatched'], nowMs });
  await tellProgress(deps, batch, await countChunks(deps.db, id));
  return null;
}

/**
 * How many rows a dataset gives: of interactions the samples that they make, or to rank, their users.
 * @returns undefined where there are too many users to count
 */
export function rowsOfBatch({ kind, stats }: DatasetRow, task: ScoringSpec['task']): number | undefined {
  if (kind !== 'interactions') return stats?.rows;
  if (task === 'rank') return stats?.users ?? undefined;
  const split = stats?.profile?.split;
  return split ? split.unused + split.train + split.valid + split.test : undefined;
}

async function splitCounted(deps: BatchDeps, batch: JobRow, total: number): Promise<null> {
  const specs: ChunkSpec[] = [];
  for (let first = 0; first < total; first += LIMITS.scoringChunkRows) {
    const rows = Math.min(LIMITS.scoringChunkRows, total - first);
    specs.push({ kind: 'chunk', index: specs.length, range: null, firstRow: first, rows });
  }
  for (let at = 0; at < specs.length; at += INSERT_CHUNKS) {
    await insertChunks(deps.db, batch, specs.slice(at, at + INSERT_CHUNKS), deps.clock.nowMs());
  }
  return null;
}

async function splitRows(
  deps: BatchDeps,
  batch: JobRow,
  key: string,
  from: SplitPosition,
): Promise<SplitPosition | null> {
  const object = await deps.bucket.get(key, { range: { offset: from.offset, length: SPLIT_BYTES } });
  if (!object) throw new Error(`the rows at ${key} are gone`);
  const chunkRows = LIMITS.scoringChunkRows;
  let { offset: start, row: firstRow, index } = from;
  let [at, rows] = [from.offset, 0];
  let specs: ChunkSpec[] = [];
  const cut = (end: number) => {
    specs.push({ kind: 'chunk', index, range: { offset: start, bytes: end - start }, firstRow, rows });
    [start, firstRow, rows, index] = [end, firstRow + rows, 0, index + 1];
  };
  const record = async () => {
    await insertChunks(deps.db, batch, specs, deps.clock.nowMs());
    specs = [];
  };
  for await (const bytes of object.body as ReadableStream<Uint8Array>) {
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, end + 1)) {
      rows++;
      if (rows === chunkRows) cut(at + end + 1);
    }
    at += bytes.length;
    if (specs.length >= INSERT_CHUNKS) await record();
    await scheduler.wait(0);
  }
  const whole = at >= object.size;
  if (whole && rows > 0) cut(at);
  if (specs.length > 0) await record();
  return whole ? null : { offset: start, row: firstRow, index };
}

/** A piece has ended: its batch shows it, and goes on where it was the last. */
export async function afterChunk(
  deps: StateDeps & Pick<Deps, 'clock' | 'drivers'>,
  { parent }: Pick<JobRow, 'parent'>,
): Promise<void> {
  const batch = await findJob(deps.db, parent!);
  if (!batch || isTerminal(batch.state)) return;
  const counts = await countChunks(deps.db, batch.id);
  await tellProgress(deps, batch, counts);
  if (counts.failed) await cancelQueuedChunks(deps.db, batch.id, deps.clock.nowMs());
  const over = counts.failed ? counts.atWork === 0 : counts.queued + counts.atWork === 0;
  if (over && batch.instance) await deps.drivers.wake(batch.id, batch.instance);
}

/** How far a batch is, for its readers; in between its pieces' ends at most every two seconds. */
export async function afterChunkProgress(deps: StateDeps & Pick<Deps, 'clock'>, parent: string): Promise<void> {
  const batch = await findJob(deps.db, parent);
  if (!batch || isTerminal(batch.state) || deps.clock.nowMs() - batch.updatedAt < 2000) return;
  await tellProgress(deps, batch, await countChunks(deps.db, parent));
}

async function tellProgress(
  deps: StateDeps & Pick<Deps, 'clock'>,
  { id, dispatchedAt }: JobRow,
  { rowsDone, rowsTotal, succeeded, total }: ChunkCounts,
): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const perRowMs = rowsDone > 0 ? (nowMs - (dispatchedAt ?? nowMs)) / rowsDone : null;
  const etaMs = perRowMs === null ? null : Math.round(perRowMs * (rowsTotal - rowsDone));
  const progress = { rowsDone, rowsTotal, chunksDone: succeeded, chunksTotal: total, etaMs };
  await setBatchProgress(deps.db, id, { kind: 'scoring', ...progress }, nowMs);
  await deps.feeds.append(id, [{ type: 'progress', phase: 'score', done: rowsDone, total: rowsTotal, etaMs }]);
}

/** What a batch that is under way does next: it waits for its pieces, is put together, or ends with the fault of one of them. */
export async function lookAtBatch(
  deps: StateDeps & Pick<Deps, 'clock'>,
  batch: JobRow,
): Promise<'wait' | 'publish' | 'ended'> {
  const counts = await countChunks(deps.db, batch.id);
  const nowMs = deps.clock.nowMs();
  if (counts.atWork > 0) return 'wait';
  if (counts.failed) {
    await cancelQueuedChunks(deps.db, batch.id, nowMs);
    const error = (await findJob(deps.db, counts.failed))?.error ?? null;
    await changeState(deps, batch.id, { to: 'failed', nowMs, error: explain(error, counts.failed) });
    return 'ended';
  }
  if (batch.stopping && counts.succeeded === 0) {
    await changeState(deps, batch.id, { to: 'cancelled', nowMs });
    return 'ended';
  }
  if (counts.queued > 0 && !batch.stopping) return 'wait';
  await changeState(deps, batch.id, { to: 'publishing', nowMs });
  return 'publish';
}

function explain(error: JobError | null, chunk: string): JobError {
  const piece = Number(chunk.split('-').at(-1));
  return {
    code: error?.code ?? 'INTERNAL',
    message: `Piece ${piece}: ${error?.message ?? 'it failed.'} What is done is kept: resume goes on with the rest.`,
  };
}

/**
 * Appends the next stretch of the pieces' predictions, in their order, to the batch's files; a step that runs again writes the same
 * bytes over.
 * @returns whether all is done
 */
export async function joinBatch(deps: BatchDeps, id: string): Promise<boolean> {
  const batch = await findJob(deps.db, id);
  if (batch?.state !== 'publishing') return true;
  const counts = await countChunks(deps.db, id);
  const until = counts.firstMissing ?? counts.total;
  const files = await BatchFiles.open(deps.bucket, batch);
  let copied = 0;
  while (files.nextChunk < until && copied < JOIN_BYTES) {
    const [chunk] = await listChunks(deps.db, id, files.nextChunk, 1);
    if (chunk?.result?.kind !== 'chunk') throw new Error(`the piece ${files.nextChunk} of ${id} has no result`);
    const { fence, bytes } = chunk.result;
    const key = places.jobResult(chunk.workspace, chunk.id, fence, RESULT_FILES.predictions);
    const object = await deps.bucket.get(key);
    if (!object) throw new Error(`the predictions at ${key} are gone`);
    await files.append(object.body);
    copied += bytes;
  }
  if (files.nextChunk < until) {
    await files.pause();
    return false;
  }
  const { rows, bytes } = await files.finish();
  const nowMs = deps.clock.nowMs();
  await changeState(deps, id, {
    to: 'succeeded',
    nowMs,
    change: { result: { kind: 'scoring', rows, tokens: counts.tokens, bytes } },
  });
  await deletePrefix(deps.bucket, places.batchPieces(batch.workspace, id));
  await deletePrefix(deps.bucket, places.batchJoin(batch.workspace, id));
  return true;
}
