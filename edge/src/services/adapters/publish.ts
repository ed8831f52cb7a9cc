import { TallrecError } from '@tallrec/shared/errors';
import type { TuningSettings } from '@tallrec/shared/tuning';
import { ADAPTER_FILES, adapterId } from '@tallrec/shared/wire/adapters';
import type { TuneResult } from '@tallrec/shared/wire/link';
import type { Deps } from '../../deps.ts';
import { places } from '../../storage/places.ts';
import { placeAdapter } from './place.ts';

export interface PublishedRun {
  workspace: string;
  job: string;
  fence: number;
  name: string;
  model: string;
  settings: Pick<TuningSettings, 'stage' | 'template'>;
  createdBy: string;
}

/**
 * Makes an adapter of what a node has sent: checks it against what the node says, copies it to its own place, records it.
 * Doing it again changes nothing. Whatever else goes wrong is of the platform, and to be tried again.
 * @throws TallrecError CHECKSUM_MISMATCH where the bytes are not there as announced: the node has to send them again
 */
export async function publishAdapter(
  deps: Pick<Deps, 'db' | 'bucket' | 'clock'>,
  { workspace, job, fence, name, model, settings, createdBy }: PublishedRun,
  { adapter: id, files, golden, blend, modelHash, bestValidAuc, bestValidLoss }: TuneResult,
): Promise<void> {
  if ((await adapterId(files)) !== id) {
    throw new TallrecError('CHECKSUM_MISMATCH', 'The node gave an adapter a name that its files do not have.');
  }
  const { configSha256, weightsSha256, weightsBytes } = files;
  const row = {
    workspace,
    id,
    state: 'ready' as const,
    name,
    model,
    modelHash,
    stage: settings.stage,
    template: settings.template,
    configSha256,
    weightsSha256,
    weightsBytes,
    tuning: job,
    validAuc: bestValidAuc,
    validLoss: bestValidLoss,
    golden,
    blend,
    createdBy,
    createdAt: deps.clock.nowMs(),
  };
  const source = (file: string) => places.jobResult(workspace, job, fence, file);
  const sources = { config: source(ADAPTER_FILES.config), weights: source(ADAPTER_FILES.weights) };
  const ctx = { workspace, actor: createdBy };
  try {
    await placeAdapter(deps, { row, sources, ctx, action: 'adapter.publish' });
  } catch (error) {
    // The deletion ends by itself.
    if (error instanceof TallrecError && error.code === 'CONFLICT') throw new Error(error.message);
    throw error;
  }
}
