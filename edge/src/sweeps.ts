// What has to be looked after without anyone asking: once a minute, and when an isolate starts.
import { LIMITS } from '@tallrec/shared/limits';
import type { Deps } from './deps.ts';
import { faultOf } from './faults.ts';
import { deleteClaimsBefore } from './repo/idempotency.ts';
import { sweepDatasets } from './services/datasets/sweep.ts';
import { sweepJobs } from './services/jobs/sweep.ts';

export async function runSweeps(deps: Deps): Promise<void> {
  const sweeps = {
    datasets: () => sweepDatasets(deps),
    jobs: () => sweepJobs(deps),
    idempotency: () => deleteClaimsBefore(deps.db, deps.clock.nowMs() - LIMITS.idempotencyTtlMs),
  };
  for (const [name, sweep] of Object.entries(sweeps)) {
    try {
      await sweep();
    } catch (error) {
      console.error(JSON.stringify({ sweep: name, fault: faultOf(error, Object.values(deps.secrets)) }));
    }
  }
}
