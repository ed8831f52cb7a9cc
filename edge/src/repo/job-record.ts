// What the JSON columns of a job hold, by its kind.
import type { Template } from '@tallrec/shared/prompt';
import type { HyperParameters, TuningSettings } from '@tallrec/shared/tuning';
import type { GivenFacts } from '@tallrec/shared/wire/datasets';
import type { Evaluation, evaluationReportSchema } from '@tallrec/shared/wire/evaluations';
import type { JobKind } from '@tallrec/shared/wire/jobs';
import type { Scoring } from '@tallrec/shared/wire/scorings';
import type { TuningProgress } from '@tallrec/shared/wire/tunings';
import type { z } from 'zod';

/** `chunk`: a piece of a batch scoring, which the API does not show. */
export type RowKind = JobKind | 'chunk';

export interface TuningSpec {
  kind: 'tuning';
  dataset: string;
  validDataset: string | null;
  initAdapter: string | null;
  /** Absent in older rows, as in those of the other kinds. */
  items?: GivenFacts | null;
  /** The adapter is used whatever it was tuned on; absent in older rows, as the warnings are. */
  force?: boolean;
  warnings?: string[];
  settings: TuningSettings;
}

export interface EvaluationSpec {
  kind: 'evaluation';
  adapter: string | null;
  template: Template;
  force?: boolean;
  warnings?: string[];
  dataset: string;
  split: Evaluation['split'];
  trainDataset: string | null;
  items?: GivenFacts | null;
  limit: number | null;
  untuned?: boolean;
  method: Evaluation['method'];
  shots: number | null;
  seed: number | null;
  validDataset: string | null;
  instructionsDataset: string | null;
  hyperParameters: HyperParameters | null;
}

export interface ScoringSpec {
  kind: 'scoring';
  adapter: string | null;
  items?: GivenFacts | null;
  template: Template;
  force?: boolean;
  warnings?: string[];
  task: Scoring['task'];
  dataset: string;
  catalogue: string | null;
  top: number | null;
}

export interface ChunkSpec {
  kind: 'chunk';
  /** From 0, in the order of the dataset. */
  index: number;
  range: { offset: number; bytes: number } | null;
  firstRow: number;
  rows: number;
}

export type JobSpec = TuningSpec | EvaluationSpec | ScoringSpec | ChunkSpec;

export type JobProgressRecord =
  | ({ kind: 'tuning' } & TuningProgress)
  | ({ kind: 'evaluation' } & NonNullable<Evaluation['progress']>)
  | ({ kind: 'scoring' } & NonNullable<Scoring['progress']>)
  | { kind: 'chunk'; done: number };

export type JobResultRecord =
  | { kind: 'tuning'; adapter: string; bestValidAuc: number | null; stopReason: string; fence: number }
  | { kind: 'evaluation'; report: z.input<typeof evaluationReportSchema>; fence: number }
  | { kind: 'scoring'; rows: number; tokens: number; bytes: number }
  | { kind: 'chunk'; rows: number; tokens: number; bytes: number; fence: number };

export interface JobCheckpointRecord {
  step: number;
  fence: number;
  files: { file: string; bytes: number; sha256: string }[];
}
