// Scores and ranks: the probability of "Yes." against "No." at the answer's place.
import type { Sample } from '@tallrec/shared/sample';
import type { Ranked, RankInput, Score } from '@tallrec/shared/wire/score';
import { type AnswerLogitsOptions, answerLogits } from '../llama/answer-logits.ts';
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
    results: answers.map(({ yesLogit, noLogit }) => ({
      score: 1 / (1 + Math.exp(noLogit - yesLogit)),
      yesLogit,
      noLogit,
    })),
    tokens: prompts.reduce((sum, prompt) => sum + prompt.length, 0),
  };
}

/** Orders candidates for one history, the likeliest like first; equal scores keep the order of the request. */
export async function rankCandidates(
  model: LanguageModel,
  rows: PromptRows,
  { history, noun, candidates }: RankInput,
  options: ScoreOptions = {},
): Promise<Scored<Ranked>> {
  const samples = candidates.map((target) => ({ history, noun, target }));
  const { results, tokens } = await scoreSamples(model, rows, samples, options);
  const ranking = results
    .map((score, index) => ({ index, candidate: candidates[index]!, ...score }))
    .sort((a, b) => b.score - a.score || a.index - b.index);
  return { results: ranking, tokens };
}
