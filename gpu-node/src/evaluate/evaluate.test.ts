import { auc, historyShare } from '@tallrec/shared/metrics';
import type { LabelledSample } from '@tallrec/shared/sample';
import { describe, expect, test } from 'vitest';
import { readLabelledSamples } from '../data/read-rows.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import { ToyLanguageModel, toyTokenizer } from '../llama/toy-language-model.ts';
import { referenceData } from '../reference-data.ts';
import { evaluateSamples } from './evaluate.ts';
import { inferUsers } from './infer-users.ts';

/** A user's samples as TALLRec makes them: a window of three slides over what they saw. */
function user(name: string | undefined, letters: string, likes: string): LabelledSample[] {
  const seen = [...letters].map((letter, i) => ({ title: letter.repeat(3), liked: likes[i] === '+' }));
  return seen.slice(3).map(({ title, liked }, i) => ({
    ...(name ? { user: name } : {}),
    noun: 'movie',
    // The published form lists the liked before the disliked.
    history: seen.slice(i, i + 3).toSorted((a, b) => Number(b.liked) - Number(a.liked)),
    target: { title },
    liked,
  }));
}

describe('inferUsers', () => {
  test('finds where one user ends and the next begins', () => {
    const samples = [...user(undefined, 'abcdefg', '+-+-++-'), ...user(undefined, 'bcdxyz', '+-++-+')];
    const users = inferUsers(samples);
    expect(new Set(users.slice(0, 4)).size).toBe(1);
    expect(new Set(users.slice(4)).size).toBe(1);
    expect(users[0]).not.toBe(users[4]);
  });

  test('a changed taste, or samples in another order, are not one user', () => {
    const [first, second] = user(undefined, 'abcde', '+-+-+');
    expect(
      inferUsers([first!, { ...second!, history: second!.history.map((item) => ({ ...item, liked: !item.liked })) }]),
    ).toEqual([undefined, undefined]);
    expect(inferUsers([second!, first!])).toEqual([undefined, undefined]);
    expect(inferUsers([])).toEqual([]);
  });

  const movie = referenceData('data', 'tallrec', 'movie', 'test.json');
  test.skipIf(!movie)(
    'the published movie test has 16 users (skipped where the reference data is absent)',
    async () => {
      const users = inferUsers(await readLabelledSamples(movie!));
      expect(new Set(users).size).toBe(16);
      expect(users).not.toContain(undefined);
    },
  );
});

describe('evaluateSamples', () => {
  const rows = new PromptRows(toyTokenizer, { template: 'clean', cutoffTokens: 512 });
  const settings = { template: 'clean' as const, precision: 'f64', provider: 'cpu', clock: () => 0 };
  const named = [...user('ann', 'abcdefghij', '+-+-++-+-+'), ...user('bob', 'klmnopqrst', '--+---+--+')];
  const unnamed = named.map(({ user: _, ...sample }) => sample);

  test('reports the model beside the rules, overall and within users', async () => {
    const { report, predictions } = await evaluateSamples(new ToyLanguageModel(), rows, named, {
      ...settings,
      train: named,
    });
    expect(predictions.map(({ user: name, liked }) => [name, liked])).toEqual(
      named.map((sample) => [sample.user, sample.liked]),
    );
    expect(report).toMatchObject({
      n: 14,
      users: 2,
      usersInferred: false,
      template: 'clean',
      precision: 'f64',
      likedShare: 6 / 14,
    });
    expect(report.auc).toBe(auc(predictions));
    expect(report.ruleAuc).toBe(auc(named.map((sample) => ({ score: historyShare(sample), liked: sample.liked }))));
    expect(report.popularityAuc).not.toBeNull();
    expect(report.interval!.resampled).toBe('rows');
  });

  test('reports a blend beside the plain score, with popularity where training samples are given', async () => {
    const weights = { bias: 0.5, logit: 0, historyShare: 3 };
    const blend = { weights, withPopularity: { ...weights, historyShare: 0, popularity: 2 }, samples: 20 };
    const evaluated = (changes: object) =>
      evaluateSamples(new ToyLanguageModel(), rows, named, { ...settings, ...changes });
    const plain = await evaluated({});
    const blended = await evaluated({ blend });
    // Weights on one feature alone order as that feature does.
    expect(blended.report).toEqual({
      ...plain.report,
      blendAuc: plain.report.ruleAuc,
      blendPerUserAuc: plain.report.rulePerUserAuc,
      intervals: { ...plain.report.intervals, blend: plain.report.intervals!.rule },
    });
    expect(plain.report).toMatchObject({ blendAuc: null, blendPerUserAuc: null });
    expect(blended.predictions.map(({ blendScore, ...rest }) => rest)).toEqual(plain.predictions);
    const share = historyShare(named[0]!);
    expect(blended.predictions[0]!.blendScore).toBeCloseTo(1 / (1 + Math.exp(-0.5 - 3 * share)), 12);
    const { report } = await evaluated({ blend, train: named });
    expect([report.blendAuc, report.blendPerUserAuc]).toEqual([report.popularityAuc, report.popularityPerUserAuc]);
  });

  test('finds users by their histories, and says so', async () => {
    const [a, b] = await Promise.all(
      [named, unnamed].map((samples) => evaluateSamples(new ToyLanguageModel(), rows, samples, settings)),
    );
    const { examples, ...report } = b!.report;
    expect({ ...report, examples: null }).toEqual({ ...a!.report, usersInferred: true, examples: null });
    expect(examples!.best[0]!.user).toMatch(/^inferred-/);
  });

  test('has no AUC within users where none can be known', async () => {
    const apart = unnamed.filter((_, i) => i % 2 === 0);
    const { report } = await evaluateSamples(new ToyLanguageModel(), rows, apart, settings);
    expect(report).toMatchObject({ perUserAuc: null, users: 0, usersInferred: false, popularityAuc: null });
    expect(report.interval!.resampled).toBe('rows');
  });
});
