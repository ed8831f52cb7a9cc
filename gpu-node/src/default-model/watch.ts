// How well a model in training tells liked from disliked, on users that nothing is learned from.
import { auc } from '@tallrec/shared/metrics';
import { formatPrompt } from '@tallrec/shared/prompt';
import type { LabelledSample } from '@tallrec/shared/sample';
import { answerLogits } from '../llama/answer-logits.ts';
import type { LanguageModel } from '../llama/model.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import type { Tokenizer } from '../llama/tokenizer.ts';
import { scoreSamples } from '../score/scorer.ts';
import type { Rated } from './movielens.ts';
import { LIKED_ABOVE } from './sequences.ts';

const HISTORY = 10;
const PER_USER = 40;

/** TALLRec samples of users' earliest ratings. */
export function watchedSamples(users: readonly (readonly Rated[])[]): LabelledSample[] {
  return users.flatMap((ratings, user) =>
    ratings.slice(HISTORY, HISTORY + PER_USER).map((target, i) => ({
      user: String(user),
      noun: 'movie',
      history: ratings.slice(i, i + HISTORY).map((rated) => ({ title: rated.film.title, liked: isLiked(rated) })),
      target: { title: target.film.title },
      liked: isLiked(target),
    })),
  );
}

const isLiked = ({ stars }: Rated) => stars > LIKED_ABOVE;

/** One of the corpus's own wordings. */
function knownPrompt({ history, target }: LabelledSample): string {
  const list = (liked: boolean) =>
    history
      .filter((item) => item.liked === liked)
      .map(({ title }) => `"${title}"`)
      .join(', ');
  return formatPrompt(
    {
      instruction: 'Say whether the viewer will enjoy the film. Answer "Yes." or "No.".',
      input: `Likes: ${list(true)}\nDislikes: ${list(false)}\nWill they like "${target.title}"?`,
    },
    'clean',
  );
}

export async function watch(model: LanguageModel, tokenizer: Tokenizer, samples: readonly LabelledSample[]) {
  const rows = new PromptRows(tokenizer, { template: 'clean', cutoffTokens: 512 });
  const known = await answerLogits(
    model,
    samples.map((sample) => tokenizer.encode(knownPrompt(sample))),
    rows.answerTokens,
    {},
  );
  const { results } = await scoreSamples(model, rows, samples);
  const aucOf = (answers: readonly { yesLogit: number; noLogit: number }[]) =>
    auc(answers.map(({ yesLogit, noLogit }, i) => ({ score: yesLogit - noLogit, liked: samples[i]!.liked })))!;
  return { knownAuc: aucOf(known), tallrecAuc: aucOf(results) };
}
