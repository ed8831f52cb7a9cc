import type { Deps } from '../../deps.ts';
import { setInstance } from '../../repo/jobs.ts';

/** Starts a Workflow that drives the job from where it stands. Each start has an instance of its own, an ended one never wakes. */
export async function startDriver(deps: Pick<Deps, 'db' | 'drivers' | 'clock'>, id: string): Promise<void> {
  const instance = `${id}-${deps.clock.nowMs().toString(36)}-${crypto.randomUUID().slice(0, 8)}`;
  await setInstance(deps.db, id, instance);
  await deps.drivers.start(id, instance);
}
