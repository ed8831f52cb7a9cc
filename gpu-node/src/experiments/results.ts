// `results.json`: everything that an experiment found, cell by cell and summed up over seeds, with how it was run.

import { PAPER_DOMAINS, type PaperDomain, paperAuc } from '@tallrec/shared/paper-figures';
import { mean, seedsInterval } from '@tallrec/shared/seeds-interval';
import { z } from 'zod';
import { METHOD_KINDS } from '../methods/method.ts';
import { type CellResult, cellResultSchema } from './cell.ts';

const auc = z.number().min(0).max(1).nullable();
const ends = { low: z.number(), high: z.number(), level: z.number() };
/** The level of a range is null. */
const seedsEnds = { ...ends, level: z.number().nullable() };

export const resultRowSchema = z.object({
  method: z.string(),
  title: z.string(),
  kind: z.enum(METHOD_KINDS),
  trainedOn: z.array(z.string()),
  testedOn: z.string(),
  /** Null where the method ignores them: its figures hold for every K. */
  shots: z.int().nullable(),
  /** How many cells the means are of; 1 where the method ignores the seed. */
  seeds: z.int(),
  auc,
  /** Student's, over seeds; null for one seed. */
  seedsInterval: z.object(seedsEnds).nullable(),
  /** Bootstrap over test users (or rows) of the first seed. */
  usersInterval: z.object({ ...ends, resampled: z.enum(['users', 'rows']) }).nullable(),
  perUserAuc: auc,
  perUserSeedsInterval: z.object(seedsEnds).nullable(),
  users: z.int(),
  n: z.int(),
  likedShare: z.number(),
  /** Of the share of history liked on the same rows. */
  ruleAuc: auc,
  rulePerUserAuc: auc,
  /** By shots, where the paper prints them: AUC in [0, 1]. */
  paper: z.array(z.object({ shots: z.int(), auc: z.number() })),
  /** Means over seeds. */
  fitMs: z.number(),
  scoreMs: z.number(),
  tokens: z.number().nullable(),
  /** Sum over seeds. */
  costUsd: z.number().nullable(),
});
export type ResultRow = z.infer<typeof resultRowSchema>;

export const resultsSchema = z.object({
  version: z.literal(1),
  experiment: z.string(),
  title: z.string(),
  /** Where the paper's figures come from. */
  paper: z.string(),
  command: z.string(),
  /** False after an interrupt or a failure: some cells are missing. */
  complete: z.boolean(),
  machine: z.object({
    cpu: z.string(),
    cores: z.int(),
    memoryBytes: z.number(),
    platform: z.string(),
    node: z.string(),
  }),
  model: z
    .object({ name: z.string(), contentHash: z.string(), computing: z.record(z.string(), z.string()) })
    .nullable(),
  shots: z.array(z.int()),
  seeds: z.int(),
  validLimit: z.int().nullable(),
  testLimit: z.int().nullable(),
  domains: z.array(
    z.object({
      name: z.string(),
      paper: z.enum(PAPER_DOMAINS).nullable(),
      /** How many samples shots were drawn from, and how many could validate. */
      trainSamples: z.int(),
      validSamples: z.int(),
      trainRule: z.string(),
      files: z.array(z.object({ path: z.string(), sha256: z.string() })),
    }),
  ),
  rows: z.array(resultRowSchema),
  cells: z.array(cellResultSchema),
  failures: z.array(z.object({ cell: z.string(), message: z.string() })),
});
export type Results = z.infer<typeof resultsSchema>;

/**
 * One row a method, source, test set and K, in the order of the cells.
 * @param paperOf the domain of the paper that a domain's figures are set beside
 */
export function summarise(
  cells: readonly CellResult[],
  shots: readonly number[],
  paperOf: (domain: string) => PaperDomain | undefined,
): ResultRow[] {
  const tests = cells.flatMap((cell) => cell.tests.map((test) => ({ cell, test })));
  const groups = Map.groupBy(tests, ({ cell, test }) =>
    JSON.stringify([cell.method, cell.trainedOn, test.domain, cell.shots]),
  );
  return [...groups.values()].map((group): ResultRow => {
    const bySeed = [...group].sort((a, b) => (a.cell.seed ?? 0) - (b.cell.seed ?? 0));
    const { cell, test } = bySeed[0]!;
    const aucs = defined(group.map(({ test }) => test.auc));
    const within = defined(group.map(({ test }) => test.perUserAuc));
    const tokens = defined(group.map(({ cell }) => cell.tokens));
    const costs = defined(group.map(({ cell }) => cell.costUsd));
    // What was trained on other domains too is no row of the paper's table.
    const domain = cell.trainedOn.length === 1 && cell.trainedOn[0] === test.domain ? paperOf(test.domain) : undefined;
    return {
      method: cell.method,
      title: cell.title,
      kind: cell.kind,
      trainedOn: cell.trainedOn,
      testedOn: test.domain,
      shots: cell.shots,
      seeds: group.length,
      auc: meanOrNull(aucs),
      seedsInterval: seedsInterval(aucs),
      usersInterval: test.interval,
      perUserAuc: meanOrNull(within),
      perUserSeedsInterval: seedsInterval(within),
      users: test.users,
      n: test.n,
      likedShare: test.likedShare,
      ruleAuc: test.ruleAuc,
      rulePerUserAuc: test.rulePerUserAuc,
      paper: (cell.shots === null ? shots : [cell.shots]).flatMap((k) => {
        const figure = paperAuc(domain, cell.method, k);
        return figure === null ? [] : [{ shots: k, auc: figure }];
      }),
      fitMs: mean(group.map(({ cell }) => cell.fitMs)),
      scoreMs: mean(group.map(({ test }) => test.scoreMs)),
      tokens: meanOrNull(tokens),
      costUsd: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0),
    };
  });
}

function defined(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : mean(values);
}
