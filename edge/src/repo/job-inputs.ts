// Which unfinished jobs read a dataset or an adapter.
import { ENDED_STATES } from '@tallrec/shared/wire/jobs';
import { and, eq, notInArray, sql } from 'drizzle-orm';
import type { Db } from './db.ts';
import { jobInputs, jobs } from './schema.ts';

const SHOWN = 20;

/** For a batch or a `notExists`; a piece of a batch counts as its batch. Content hashes are the same in all workspaces. */
export function jobsUsing(db: Db, workspace: string, input: string) {
  return db
    .selectDistinct({ id: sql<string>`coalesce(${jobs.parent}, ${jobs.id})` })
    .from(jobInputs)
    .innerJoin(jobs, eq(jobs.id, jobInputs.job))
    .where(and(eq(jobInputs.input, input), eq(jobs.workspace, workspace), notInArray(jobs.state, [...ENDED_STATES])))
    .limit(SHOWN);
}
