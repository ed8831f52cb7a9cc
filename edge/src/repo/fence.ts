// Whether a job's fence still holds: a write from a node under an older one changes nothing.
import { and, eq, inArray } from 'drizzle-orm';
import type { Db } from './db.ts';
import { evaluations, tunings } from './schema.ts';

const AT_WORK = ['dispatched', 'running'] as const;

export async function fenceHolds(db: Db, job: string, fence: number): Promise<boolean> {
  const [tuning, evaluation] = await db.batch([
    db
      .select({ id: tunings.id })
      .from(tunings)
      .where(and(eq(tunings.id, job), eq(tunings.fence, fence), inArray(tunings.state, [...AT_WORK]))),
    db
      .select({ id: evaluations.id })
      .from(evaluations)
      .where(and(eq(evaluations.id, job), eq(evaluations.fence, fence), inArray(evaluations.state, [...AT_WORK]))),
  ]);
  return tuning.length + evaluation.length > 0;
}
