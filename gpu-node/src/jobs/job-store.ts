// The jobs that this node has taken, on disk, so that one killed outright still knows what it owes the edge.
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { jobOutcomeSchema, jobSchema } from '@tallrec/shared/wire/link';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';

const recordSchema = z.object({
  job: jobSchema,
  /** Set once it has ended; kept until the edge has said what became of it. */
  outcome: jobOutcomeSchema.nullable(),
  /** Its results lie on the edge. */
  delivered: z.boolean(),
  /** The edge has it; what is left is the checkpoint of a job that may come back. */
  settled: z.boolean(),
});
export type JobRecord = z.infer<typeof recordSchema>;

/** Of a record of another version, enough to see that something finished lies here. */
const owedSchema = z.object({ outcome: z.looseObject({ status: z.string() }), settled: z.literal(false) });

export interface JobPaths {
  dir: string;
  /** Downloaded data. */
  data: (name: string) => string;
  /** What a job goes on from; it is kept when the job did not succeed. */
  checkpoint: string;
  out: string;
}

const RECORD = 'job.json';
const SAFE_ID = /^[A-Za-z0-9_-]{1,128}$/;
/** How long the checkpoint of a job that did not succeed is kept: when it is given to this node again, it goes on from there. */
const KEEP_MS = 7 * 24 * 60 * 60 * 1000;

export class JobStore {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** @throws RangeError on an id that could not be a file name */
  paths(id: string): JobPaths {
    if (!SAFE_ID.test(id)) throw new RangeError(`not a job id: ${id}`);
    const dir = join(this.#dir, id);
    return { dir, data: (name) => join(dir, name), checkpoint: join(dir, 'checkpoint'), out: join(dir, 'out') };
  }

  async save(record: JobRecord): Promise<void> {
    const { dir } = this.paths(record.job.id);
    await mkdir(dir, { recursive: true });
    await writeFileAtomically(join(dir, RECORD), [JSON.stringify(record)]);
  }

  /**
   * Jobs that have ended and of which the edge has not said what became of them, however old. What was interrupted or settled is
   * removed with its age.
   * @param log is told of what has ended and cannot be read, which stays where it is
   */
  async loadOwed(nowMs: number, log: (line: string) => void): Promise<JobRecord[]> {
    await mkdir(this.#dir, { recursive: true });
    const records: JobRecord[] = [];
    for (const name of await readdir(this.#dir)) {
      const path = join(this.#dir, name, RECORD);
      const json = await readJson(path);
      const record = recordSchema.safeParse(json);
      if (record.success && record.data.outcome && !record.data.settled) records.push(record.data);
      else if (!record.success && owedSchema.safeParse(json).success) {
        log(`${path} holds the outcome of a job in a form that this version does not know; it is left as it is`);
      } else {
        const age = nowMs - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0);
        if (age > KEEP_MS) await rm(join(this.#dir, name), { recursive: true, force: true });
      }
    }
    return records;
  }

  /** The edge has it, or wants it no more: a success leaves nothing behind, anything else its checkpoint. */
  async settle(record: JobRecord): Promise<void> {
    const { dir, checkpoint } = this.paths(record.job.id);
    const resumable = record.outcome?.status !== 'succeeded' && (await stat(checkpoint).catch(() => undefined));
    if (!resumable) {
      await rm(dir, { recursive: true, force: true });
      return;
    }
    for (const name of await readdir(dir)) {
      if (name !== RECORD && name !== 'checkpoint') await rm(join(dir, name), { recursive: true, force: true });
    }
    await this.save({ ...record, settled: true });
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}
