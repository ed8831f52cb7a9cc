// Where things lie in R2, and paths on the edge that lead there.
import { type Grant, signGrant } from '@tallrec/shared/signing';
import { ADAPTER_FILES } from '@tallrec/shared/wire/adapters';
import type { Deps } from '../deps.ts';

/** Everything lies below the workspace that owns it. */
export const places = {
  dataset: (workspace: string, id: string) => `ws/${workspace}/datasets/${id}/`,
  /** A dataset's bytes as they were uploaded. */
  datasetRaw: (workspace: string, id: string) => `ws/${workspace}/datasets/${id}/raw`,
  /** Its validated rows, one JSON document a line. */
  datasetRows: (workspace: string, id: string) => `ws/${workspace}/datasets/${id}/rows.jsonl`,
  /** Its items, those in the most rows first, for searching. */
  datasetItems: (workspace: string, id: string) => `ws/${workspace}/datasets/${id}/items.json`,
  /** What facts about items come to, as `itemStatisticsSchema`. */
  datasetFacts: (workspace: string, id: string) => `ws/${workspace}/datasets/${id}/facts.json`,
  /** What one validation, with all its starts, leaves between its slices. */
  datasetValidation: (workspace: string, id: string, validation: string) =>
    `ws/${workspace}/datasets/${id}/validation/${validation}/`,

  adapter: (workspace: string, id: string) => `ws/${workspace}/adapters/${id}/`,
  adapterFile: (workspace: string, id: string, file: string) => `ws/${workspace}/adapters/${id}/${file}`,
  /** Of both of its files. */
  adapterFiles: (workspace: string, id: string) => ({
    config: `ws/${workspace}/adapters/${id}/${ADAPTER_FILES.config}`,
    weights: `ws/${workspace}/adapters/${id}/${ADAPTER_FILES.weights}`,
  }),
  /** `blend.json`, which the adapter's name says nothing of. */
  adapterBlend: (workspace: string, id: string, sha256: string) =>
    `ws/${workspace}/adapters/${id}/blend-${sha256}.json`,
  /** A file of an adapter on its way in; only what has been checked comes to the adapter's own place. */
  adapterImport: (workspace: string, id: string, file: string) => `ws/${workspace}/imports/${id}/${file}`,

  job: (workspace: string, id: string) => `ws/${workspace}/jobs/${id}/`,
  /** What a node sends of one run of a job. */
  jobResult: (workspace: string, id: string, fence: number, file: string) =>
    `ws/${workspace}/jobs/${id}/${fence}/${file}`,
  jobCheckpoint: (workspace: string, id: string, fence: number, step: number, file: string) =>
    `ws/${workspace}/jobs/${id}/${fence}/checkpoint-${step}/${file}`,
  /** The story of a job that has ended. */
  jobEvents: (workspace: string, id: string) => `ws/${workspace}/jobs/${id}/events.jsonl`,
  /** Of a batch, put together from its pieces. */
  batchPredictions: (workspace: string, id: string, format: 'jsonl' | 'csv') =>
    `ws/${workspace}/jobs/${id}/predictions.${format}`,
  /** Beginning of the places of all pieces of a batch. */
  batchPieces: (workspace: string, id: string) => `ws/${workspace}/jobs/${id}-`,
  /** What a step of putting it together leaves for the next one. */
  batchJoin: (workspace: string, id: string) => `ws/${workspace}/jobs/${id}/join/`,
  batchState: (workspace: string, id: string, part: string) => `ws/${workspace}/jobs/${id}/join/${part}`,
};

export const TRANSFERS_PATH = '/v1/transfers';

/** A path that carries its own permission: good for what the grant says, until its `exp` or while its fence holds, for whoever has it. */
export async function signedPath(deps: Pick<Deps, 'signing'>, grant: Grant): Promise<string> {
  return `${TRANSFERS_PATH}/${await signGrant(grant, deps.signing)}`;
}
