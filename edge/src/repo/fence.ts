// Whether a job's fence still holds: what comes from a node under an older one changes nothing.
import { ENDED_STATES } from '@tallrec/shared/wire/jobs';
import { and, eq, notInArray } from 'drizzle-orm';
import type { Db } from './db.ts';
import { jobs } from './schema.ts';

/** A job that was given up as lost may still end well: its node was away and has what nobody else has. */
const OVER = ENDED_STATES.filter((state) => state !== 'failed');

/** @returns the job's workspace, or undefined where the fence does not hold */
export async function workspaceOfFence(db: Db, job: string, fence: number): Promise<string | undefined> {
  const row = await db
    .select({ workspace: jobs.workspace })
    .from(jobs)
    .where(and(eq(jobs.id, job), eq(jobs.fence, fence), notInArray(jobs.state, OVER)))
    .get();
  return row?.workspace;
}

export async function fenceHolds(db: Db, job: string, fence: number): Promise<boolean> {
  return (await workspaceOfFence(db, job, fence)) !== undefined;
}
