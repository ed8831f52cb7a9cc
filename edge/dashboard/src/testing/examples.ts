// Tunings, evaluations and adapters as the API gives them, for tests of what pages make of them.
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import { type Adapter, adapterSchema } from '@tallrec/shared/wire/adapters';
import {
  type Evaluation,
  type EvaluationReport,
  evaluationReportSchema,
  evaluationSchema,
} from '@tallrec/shared/wire/evaluations';
import { type Tuning, tuningSchema } from '@tallrec/shared/wire/tunings';
import type { z } from 'zod';

/** The same for the same number; later ones sort after earlier ones. */
export const idOf = (prefix: 'ds' | 'tun' | 'eval', number: number): string =>
  `${prefix}_01jdgq5v5v5v5v5v5v5v5v${String(number).padStart(4, '0')}`;
export const hashOf = (number: number): string => String(number).padStart(64, '0');

const AT = '2026-01-01T00:00:00.000Z';
const job = {
  ...{ name: 'run', state: 'succeeded', priority: 0, node: null, fence: 1, stopping: false, checkpointStep: null },
  ...{ error: null, createdBy: 'key', createdAt: AT, updatedAt: AT, endedAt: AT },
} as const;

type Settings = z.input<typeof tuningSettingsSchema>;

export function tuningOf(
  number: number,
  { settings, ...changes }: Partial<Omit<Tuning, 'settings'>> & { settings?: Settings } = {},
): Tuning {
  return tuningSchema.parse({
    ...job,
    ...{ id: idOf('tun', number), name: `tuning ${number}`, model: 'tiny', dataset: idOf('ds', 1), validDataset: null },
    ...{
      items: null,
      initAdapter: null,
      progress: null,
      adapter: hashOf(number),
      bestValidAuc: 0.6,
      stopReason: 'finished',
    },
    settings: tuningSettingsSchema.parse(settings ?? {}),
    warnings: [],
    ...changes,
  });
}

export function reportOf(auc: number | null, changes: Partial<EvaluationReport> = {}): EvaluationReport {
  return evaluationReportSchema.parse({
    ...{ auc, interval: null, perUserAuc: null, users: 0, n: 10, likedShare: 0.5, ruleAuc: 0.7, rulePerUserAuc: null },
    ...{ popularityAuc: null, popularityPerUserAuc: null, template: null, precision: null, provider: null },
    ...{ tokens: 0, durationMs: 1, ...changes },
  });
}

/** On the first dataset. */
export function evaluationOf(number: number, changes: Partial<Evaluation> = {}): Evaluation {
  return evaluationSchema.parse({
    ...job,
    ...{ id: idOf('eval', number), name: `evaluation ${number}`, model: null, adapter: null, dataset: idOf('ds', 1) },
    ...{
      warnings: [],
      untuned: false,
      split: 'test',
      trainDataset: null,
      items: null,
      limit: null,
      template: null,
      method: null,
      shots: null,
      seed: null,
    },
    ...{ validDataset: null, instructionsDataset: null, hyperParameters: null, progress: null, report: reportOf(0.6) },
    ...changes,
  });
}

export function adapterOf(number: number, changes: Partial<Adapter> = {}): Adapter {
  return adapterSchema.parse({
    ...{
      id: hashOf(number),
      name: `adapter ${number}`,
      model: 'tiny',
      modelHash: null,
      stage: 'rec',
      template: 'clean',
      templateAssumed: false,
    },
    files: { configSha256: hashOf(1), weightsSha256: hashOf(2), weightsBytes: 1 },
    ...{ items: null, tuning: idOf('tun', number), metrics: null, blend: null, aliases: [], warnings: [] },
    ...{ createdBy: 'key', createdAt: AT },
    ...changes,
  });
}
