// The datasets that a stage can learn from.
import type { Stage } from '@tallrec/shared/tuning';
import type { DatasetKind } from '@tallrec/shared/wire/datasets';
import { type ReadyDatasets, useDatasetsReady } from '../../queries/ready-datasets.ts';

export type { ReadyDatasets };

const KINDS: Record<Stage, readonly DatasetKind[]> = { rec: ['interactions', 'samples'], alpaca: ['instructions'] };

export function useReadyDatasets(stage: Stage): ReadyDatasets {
  return useDatasetsReady(KINDS[stage]);
}
