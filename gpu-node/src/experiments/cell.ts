// A cell of an experiment's grid: one fit of one method, and its scores on one or more test sets. It is known by a content hash.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { METHOD_KINDS, type Method } from '../methods/method.ts';
import type { Domain } from './domain.ts';

/** Changes when the same inputs would give other results, or more of them. */
const CELL_VERSION = 2;

export interface CellPlan {
  method: Method;
  /** Shots are drawn from each of these. */
  trainedOn: readonly Domain[];
  testedOn: readonly Domain[];
  /** Of each domain; null for a method that ignores them. */
  shots: number | null;
  /** Null for a method that ignores it. */
  seed: number | null;
  /** Validation rows of each domain, drawn by the seed; all when left out. */
  validLimit?: number | undefined;
  /** The first so many test rows of each domain; all when left out. */
  testLimit?: number | undefined;
}

const auc = z.number().min(0).max(1).nullable();

export const testResultSchema = z.object({
  domain: z.string(),
  n: z.int(),
  likedShare: z.number(),
  auc,
  /** Percentile bootstrap of this one seed's AUC. */
  interval: z
    .object({ low: z.number(), high: z.number(), level: z.number(), resampled: z.enum(['users', 'rows']) })
    .nullable(),
  perUserAuc: auc,
  /** Counted in the mean of the users' own AUCs. */
  users: z.int(),
  /** Of the share of history liked on the same rows: what the method has to pass. */
  ruleAuc: auc,
  rulePerUserAuc: auc,
  scoreMs: z.number(),
});

export const cellResultSchema = z.object({
  key: z.string(),
  method: z.string(),
  title: z.string(),
  kind: z.enum(METHOD_KINDS),
  trainedOn: z.array(z.string()),
  shots: z.int().nullable(),
  seed: z.int().nullable(),
  trainSamples: z.int(),
  validSamples: z.int(),
  chosen: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  fitMs: z.number(),
  tokens: z.number().nullable(),
  costUsd: z.number().nullable(),
  tests: z.array(testResultSchema),
});
export type CellResult = z.infer<typeof cellResultSchema>;
export type TestResult = z.infer<typeof testResultSchema>;

/** A cell's file holds its scores too, one a test row. */
export const cellFileSchema = cellResultSchema.extend({ scores: z.array(z.array(z.number())) });
export type CellFile = z.infer<typeof cellFileSchema>;

/** SHA-256 over all that a cell's results follow from: data files, method with its settings, shots, seed and limits. */
export function cellKey({ method, trainedOn, testedOn, shots, seed, validLimit, testLimit }: CellPlan): string {
  const identity = {
    CELL_VERSION,
    method: method.name,
    settings: method.settings ?? {},
    shots,
    seed,
    validLimit: validLimit ?? null,
    testLimit: testLimit ?? null,
    trainedOn: trainedOn.map(({ name, files }) => [name, files.train?.sha256 ?? null, files.valid.sha256]),
    testedOn: testedOn.map(({ name, files }) => [name, files.test.sha256]),
  };
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

export function describeCell({ method, trainedOn, shots, seed }: CellPlan): string {
  const on = trainedOn.map(({ name }) => name).join(' + ');
  return [method.name, on, ...(shots === null ? [] : [`K=${shots}`]), ...(seed === null ? [] : [`seed ${seed}`])].join(
    ', ',
  );
}
