// Runs one cell: draws the shots, fits on them and the validation rows, and only then reads and scores the test rows.
import { TallrecError } from '@tallrec/shared/errors';
import { Random } from '@tallrec/shared/random';
import { type LabelledSample, withoutLabel } from '@tallrec/shared/sample';
import { judge } from '../evaluate/judge.ts';
import { throwIfCancelled } from '../methods/cancelled.ts';
import type { FitData, FittedMethod } from '../methods/method.ts';
import { drawShots } from '../train/tune.ts';
import { type CellFile, type CellPlan, cellKey, type TestResult } from './cell.ts';
import type { Domain } from './domain.ts';

export interface RunCellOptions {
  signal?: AbortSignal | undefined;
  /** @param phase `fit`, or the name of the domain that is scored */
  onProgress?: ((phase: string, done: number, total: number) => void) | undefined;
  clock?: () => number;
}

/** @throws TallrecError, by its code CANCELLED when aborted */
export async function runCell(
  plan: CellPlan,
  { signal, onProgress, clock = () => performance.now() }: RunCellOptions = {},
): Promise<CellFile> {
  throwIfCancelled(signal);
  const { method, seed } = plan;
  const data = fitData(plan);
  const startedAt = clock();
  const fitted = await method.fit(data, {
    seed: seed ?? 0,
    signal,
    onProgress: (done, total) => onProgress?.('fit', done, total),
  });
  try {
    const fitMs = clock() - startedAt + (fitted.earlierMs ?? 0);
    const tests: { result: TestResult; scores: number[] }[] = [];
    for (const domain of plan.testedOn) tests.push(await test(fitted, domain, plan, { signal, onProgress, clock }));
    throwIfCancelled(signal);
    return {
      key: cellKey(plan),
      method: method.name,
      title: method.title,
      kind: method.kind,
      trainedOn: plan.trainedOn.map(({ name }) => name),
      shots: plan.shots,
      seed,
      trainSamples: data.train.length,
      validSamples: data.valid.length,
      chosen: { ...fitted.chosen },
      fitMs,
      tokens: fitted.tokens ?? null,
      costUsd: fitted.costUsd ?? null,
      tests: tests.map(({ result }) => result),
      scores: tests.map(({ scores }) => scores),
    };
  } finally {
    await fitted.close?.();
  }
}

/** The same shots and validation rows for every method of a seed. Users of two domains are never one. */
export function fitData({ trainedOn, shots, seed, validLimit }: CellPlan): FitData {
  const draw = (rows: readonly LabelledSample[], count: number | undefined) =>
    count === undefined ? [...rows] : drawShots(rows, count, Random.seeded(seed ?? 0));
  const apart = (name: string, rows: LabelledSample[]) =>
    trainedOn.length === 1
      ? rows
      : rows.map((row) => (row.user === undefined ? row : { ...row, user: `${name}/${row.user}` }));
  return {
    train: trainedOn.flatMap(({ name, train }) => apart(name, draw(train, shots ?? undefined))),
    valid: trainedOn.flatMap(({ name, valid }) => apart(name, draw(valid, validLimit))),
  };
}

async function test(
  fitted: FittedMethod,
  domain: Domain,
  { method, testLimit }: CellPlan,
  { signal, onProgress, clock }: RunCellOptions & { clock: () => number },
): Promise<{ result: TestResult; scores: number[] }> {
  const rows = (await domain.readTest()).slice(0, testLimit);
  const startedAt = clock();
  const earlierMs = fitted.earlierScoreMs ?? 0;
  const scores = await fitted.score(rows.map(withoutLabel), {
    signal,
    onProgress: (done, total) => onProgress?.(domain.name, done, total),
  });
  const scoreMs = clock() - startedAt + (fitted.earlierScoreMs ?? 0) - earlierMs;
  if (scores.length !== rows.length || !scores.every(Number.isFinite)) {
    throw new TallrecError('ENGINE_FAILED', `${method.name} gave no finite score for each of ${rows.length} samples.`);
  }
  const { n, likedShare, auc, interval, perUserAuc, users, ruleAuc, rulePerUserAuc } = judge(rows, scores).figures;
  return {
    scores,
    result: {
      domain: domain.name,
      n,
      likedShare,
      auc,
      interval,
      perUserAuc,
      users,
      ruleAuc,
      rulePerUserAuc,
      scoreMs,
    },
  };
}
