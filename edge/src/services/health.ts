import type { Deps } from '../deps.ts';
import { pingRecord } from '../repo/db.ts';

const holds = (promise: Promise<unknown>) =>
  promise.then(
    () => true,
    () => false,
  );

export async function checkHealth(
  deps: Pick<Deps, 'db' | 'bucket'>,
): Promise<{ ok: boolean; record: boolean; storage: boolean }> {
  const [record, storage] = await Promise.all([holds(pingRecord(deps.db)), holds(deps.bucket.head('health'))]);
  return { ok: record && storage, record, storage };
}
