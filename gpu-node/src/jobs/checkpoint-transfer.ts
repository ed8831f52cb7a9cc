// Checkpoints on their way: those of this node to the edge every now and then, and the edge's to this node before a job begins.
import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import { checkpointFile, type Job } from '@tallrec/shared/wire/link';
import {
  checkpointFiles,
  installCheckpoint,
  type LocalCheckpoint,
  localCheckpoint,
} from '../train/checkpoint-folder.ts';
import type { EdgeFiles } from './edge-files.ts';

export interface CheckpointUploadsOptions {
  job: Pick<Job, 'id' | 'resultsPath' | 'checkpointEveryMs'>;
  files: Pick<EdgeFiles, 'upload'>;
  /** Gets the files of a checkpoint while they are sent: the engine removes its own when the next one is whole. */
  privateDir: string;
  onEvent: (event: NodeEvent) => void;
  log: (line: string) => void;
  nowMs: () => number;
}

export class CheckpointUploads {
  readonly #options: CheckpointUploadsOptions;
  readonly #controller = new AbortController();
  #lastAtMs: number;
  #underWay: Promise<void> | undefined;

  constructor(options: CheckpointUploadsOptions) {
    this.#options = options;
    this.#lastAtMs = options.nowMs();
  }

  /** Sends it, unless one is being sent or the last was sent a moment ago. What goes wrong is logged and never harms the job. */
  offer(checkpoint: LocalCheckpoint): void {
    const { job, nowMs, log } = this.#options;
    if (this.#underWay || this.#controller.signal.aborted) return;
    if (nowMs() - this.#lastAtMs < job.checkpointEveryMs) return;
    this.#underWay = this.#send(checkpoint)
      .catch((error) => {
        if (this.#controller.signal.aborted) return;
        log(`the checkpoint of step ${checkpoint.step} of job ${job.id} did not reach the edge: ${error.message}`);
      })
      .finally(() => {
        this.#lastAtMs = nowMs();
        this.#underWay = undefined;
      });
  }

  /** The job has ended: nobody goes on from a checkpoint any more. */
  async end(): Promise<void> {
    this.#controller.abort();
    await this.#underWay;
  }

  async #send({ step, dir }: LocalCheckpoint): Promise<void> {
    const { job, files, privateDir, onEvent } = this.#options;
    const { signal } = this.#controller;
    await rm(privateDir, { recursive: true, force: true });
    await mkdir(privateDir, { recursive: true });
    try {
      const names = await checkpointFiles(dir);
      for (const name of names) await linkOrCopy(join(dir, name), join(privateDir, name));
      for (const name of names) {
        await files.upload(job.resultsPath, checkpointFile(step, name), join(privateDir, name), { signal });
      }
      if (!signal.aborted) onEvent({ type: 'checkpointed', step });
    } finally {
      await rm(privateDir, { recursive: true, force: true });
    }
  }
}

/** Not every file system has hard links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw error;
    return copyFile(from, to);
  });
}

export interface FetchCheckpointOptions {
  job: Pick<Job, 'id' | 'checkpoint'>;
  files: Pick<EdgeFiles, 'download'>;
  /** Where the job's checkpoints lie. */
  checkpointDir: string;
  privateDir: string;
  signal: AbortSignal;
  log: (line: string) => void;
}

/**
 * Puts the edge's checkpoint in place where it is further than this node's own; one that the edge no longer has whole is done without.
 * @throws TallrecError where the edge refuses this job, or stays out of reach
 */
export async function fetchCheckpoint(options: FetchCheckpointOptions): Promise<void> {
  const { job, files, checkpointDir, privateDir, signal, log } = options;
  if (!job.checkpoint) return;
  const { step, files: parts } = job.checkpoint;
  const own = await localCheckpoint(checkpointDir);
  if (own && own.step >= step) return;
  await rm(privateDir, { recursive: true, force: true });
  await mkdir(privateDir, { recursive: true });
  try {
    const placed = parts.map(({ file }) => ({ file: file.split('/').at(-1)!, from: '' }));
    for (const [index, { path, sha256, bytes }] of parts.entries()) {
      placed[index]!.from = join(privateDir, String(index));
      await files.download(path, placed[index]!.from, { sha256, maxBytes: bytes, signal });
    }
    await installCheckpoint(checkpointDir, step, placed);
  } catch (error) {
    if (!(error instanceof TallrecError) || !USELESS.has(error.code)) throw error;
    log(`the checkpoint of step ${step} of job ${job.id} cannot be used: ${error.message}`);
  } finally {
    await rm(privateDir, { recursive: true, force: true });
  }
}

const USELESS: ReadonlySet<string> = new Set(['NOT_FOUND', 'CHECKSUM_MISMATCH', 'TOO_LARGE', 'VALIDATION_FAILED']);
