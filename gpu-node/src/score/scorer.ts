// Scores and ranks: the probability of "Yes." against "No." at the answer's place.
import { type Blender, blender, probabilityOf, type WholeBlend } from '@tallrec/shared/blend';
import type { Sample } from '@tallrec/shared/sample';
import { compareRanked, type Ranked, type RankInput, type Score } from '@tallrec/shared/wire/score';
import { type AnswerLogits, type AnswerLogitsOptions, answerLogits } from '../llama/answer-logits.ts';
import type { LanguageModel } from '../llama/model.ts';
import type { PromptRows } from '../llama/prompt-rows.ts';

export type ScoreOptions = AnswerLogitsOptions;

export interface Scored<T> {
  results: T[];
  /** Prompt tokens that were computed. */
  tokens: number;
}

/**
 * @returns one score a sample, in the order of the samples
 * @throws TallrecError when aborted, or when a prompt does not fit
 */
export async function scoreSamples(
  model: LanguageModel,
  rows: PromptRows,
  samples: readonly Sample[],
  options: ScoreOptions = {},
): Promise<Scored<Score>> {
  const prompts = samples.map((sample) => rows.prompt(sample));
  const answers = await answerLogits(model, prompts, rows.answerTokens, options);
  return {
    results: answers.map(scoreOf),
    tokens: prompts.reduce((sum, prompt) => sum + prompt.length, 0),
  };
}

/** The softmax over the two answers. */
export function scoreOf({ yesLogit, noLogit }: AnswerLogits): Score {
  return { score: 1 / (1 + Math.exp(noLogit - yesLogit)), yesLogit, noLogit };
}

/** The scores with the blend's beside them. */
export function withBlend(blended: Blender | undefined, samples: readonly Sample[], scores: readonly Score[]): Score[] {
  if (!blended) return [...scores];
  return scores.map((score, index) => {
    const { rank, logOdds } = blended(samples[index]!, score);
    return { ...score, blendScore: probabilityOf(logOdds), blendRank: rank };
  });
}

/** Orders candidates for one history as the request says, the likeliest like first; equal ones keep the order of the request. */
export async function rankCandidates(
  model: LanguageModel,
  rows: PromptRows,
  input: RankInput,
  { blend, ...options }: ScoreOptions & { blend?: WholeBlend | undefined } = {},
): Promise<Scored<Ranked>> {
  const samples = samplesOf(input);
  const { results, tokens } = await scoreSamples(model, rows, samples, options);
  return { results: rankingOf(input, withBlend(blend && blender(blend), samples, results)), tokens };
}

/** One sample a candidate. */
export function samplesOf({ history, noun, candidates }: RankInput): Sample[] {
  return candidates.map((target) => ({ history, noun, target }));
}

/** @param scores one a candidate, in their order */
export function rankingOf({ candidates, orderBy }: RankInput, scores: readonly Score[]): Ranked[] {
  const order = compareRanked(orderBy);
  return scores
    .map((score, index) => ({ index, candidate: candidates[index]!, ...score }))
    .sort((a, b) => order(a, b) || a.index - b.index);
}
