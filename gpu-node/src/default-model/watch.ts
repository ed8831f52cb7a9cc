// How well a model in training tells liked from disliked, on users that nothing is learned from.
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { auc } from '@tallrec/shared/metrics';
import { formatPrompt } from '@tallrec/shared/prompt';
import type { LabelledSample } from '@tallrec/shared/sample';
import { answerLogits } from '../llama/answer-logits.ts';
import type { LanguageModel } from '../llama/model.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import type { Tokenizer } from '../llama/tokenizer.ts';
import { scoreSamples } from '../score/scorer.ts';
import type { Rated } from './movielens.ts';

const SAMPLING = samplingSchema.parse({});
/** Samples of each user. */
const PER_USER = 40;

/** TALLRec samples of users' earliest ratings. */
export function watchedSamples(users: readonly (readonly Rated[])[]): LabelledSample[] {
  const interactions = users.flatMap((ratings, user) =>
    ratings.slice(0, SAMPLING.historyLength + PER_USER).map(({ film: { title }, stars }, time) => {
      return { user: String(user), item: title, title, rating: stars, time };
    }),
  );
  return buildSamples(interactions, SAMPLING);
}

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
