// What has to be looked after without anyone asking, once a minute.
import { LIMITS } from '@tallrec/shared/limits';
import type { Deps } from './deps.ts';
import { faultOf, secretsOf } from './faults.ts';
import { deleteAuditBefore } from './repo/audit.ts';
import { deleteClaimsBefore } from './repo/idempotency.ts';
import { deleteSessionsBefore } from './repo/sessions.ts';
import { sweepDatasets } from './services/dataset-sweep.ts';
import { sweepJobs } from './services/jobs/sweep.ts';

export async function runSweeps(deps: Deps): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const sweeps = {
    jobs: () => sweepJobs(deps),
    datasets: () => sweepDatasets(deps),
    idempotency: () => deleteClaimsBefore(deps.db, nowMs - LIMITS.idempotencyTtlMs),
    sessions: () => deleteSessionsBefore(deps.db, nowMs),
    audit: () => deleteAuditBefore(deps.db, nowMs - LIMITS.auditRetentionMs),
  };
  for (const [name, sweep] of Object.entries(sweeps)) {
    try {
      await sweep();
    } catch (error) {
      console.error(JSON.stringify({ sweep: name, fault: faultOf(error, secretsOf(deps)) }));
    }
  }
}
