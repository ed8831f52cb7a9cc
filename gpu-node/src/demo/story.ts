// The demo's story, told through the edge's public API alone: upload, tune, evaluate, score, rank.

import { TallrecError } from '@tallrec/shared/errors';
import { buildSamples, type SplitParts, samplingSchema } from '@tallrec/shared/interactions';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { HyperParameters } from '@tallrec/shared/tuning';
import { previewSchema } from '@tallrec/shared/wire/datasets';
import { type Evaluation, evaluationSchema } from '@tallrec/shared/wire/evaluations';
import { isTerminal, type SequencedEvent } from '@tallrec/shared/wire/jobs';
import { type Ranked, rankResponseSchema, scoreResponseSchema } from '@tallrec/shared/wire/score';
import { type Tuning, tuningSchema } from '@tallrec/shared/wire/tunings';
import { z } from 'zod';
import type { EdgeClient } from '../dev/edge-client.ts';
import { type Comparison, verdict } from './comparison.ts';
import { curvesOf } from './curves.ts';
import { drawComparison, drawCurves, drawRanking } from './draw.ts';
import { demoRatings } from './ratings.ts';

export interface StorySettings {
  /** A model that the node serves. */
  model: string;
  /** Ratings of each person; all when left out. */
  ratingsPerUser?: number;
  shots: number;
  evaluationRows: number;
  hyperParameters: Partial<HyperParameters>;
}

/** More people to judge by than the paper's 8:1:1 leaves of so few ratings. */
const SPLIT: SplitParts = [4, 2, 4];

/** What the story came to. */
export interface Told extends Comparison {
  model: string;
  ratings: number;
  users: number;
  /** One prompt as the model reads it, and the answer it is to learn. */
  sample: { prompt: string; answer: string | null };
  tuning: Tuning;
  events: readonly SequencedEvent[];
  /** The next films of one user, best first, and whether that user liked each (in the order of the request). */
  ranked: { user: string; history: LabelledSample['history']; ranking: readonly Ranked[]; liked: readonly boolean[] };
}

/** What is happening, and why the numbers matter. */
export function premise(shots: number): string {
  return (
    `A language model is shown ${shots} answers to "will this user like this film?", then asked about people it has not seen.\n` +
    'AUC is how often it puts a liked film above a disliked one (½ is chance); it means something only beside a rule that reads\n' +
    "no titles, the share of a user's films that were liked, and within users, where that rule knows next to nothing."
  );
}

/** @throws TallrecError when a job of it fails */
export async function tellStory(
  client: EdgeClient,
  settings: StorySettings,
  print: (line: string) => void,
): Promise<Told> {
  const { model, shots } = settings;
  const { ratings, csv, users } = await demoRatings(settings.ratingsPerUser);

  print(`\n1. Upload: ${ratings.length} ratings of ${users} people (MovieLens), through a signed URL.`);
  const dataset = await client.upload(
    { name: 'MovieLens, a part', kind: 'interactions', format: 'csv', sampling: { parts: SPLIT } },
    csv,
  );
  if (dataset.state !== 'ready') {
    throw new TallrecError('DATASET_REJECTED', `The ratings were rejected: ${JSON.stringify(dataset.rowErrors[0])}`);
  }
  const preview = await client.get(`/v1/datasets/${dataset.id}/preview?limit=1&model=${model}`, previewSchema);
  const first = preview.samples[0]!;
  print(`   Checked and ready. Its first sample, as the model reads it (${first.tokens ?? '?'} tokens):\n`);
  print(first.prompt.replace(/^/gm, '   │ ') + first.answer);

  const evaluate = async (name: string, adapter?: string) => {
    const body = {
      name,
      model,
      adapter,
      dataset: dataset.id,
      trainDataset: dataset.id,
      limit: settings.evaluationRows,
    };
    const { id } = await client.post('/v1/evaluations', body, evaluationSchema);
    return finishedReport(
      await client.until(`/v1/evaluations/${id}`, evaluationSchema, ({ state }) => isTerminal(state)),
    );
  };

  print('\n2. Evaluate the model as it is, on people it will not be tuned on.');
  const before = await evaluate('before');
  print(`   AUC ${before.auc?.toFixed(3)} on ${before.n} samples of ${before.users} people (½ is chance).`);

  print(`\n3. Tune it on ${shots} samples (LoRA; the base model stays as it is).`);
  const body = { name: 'demo', model, dataset: dataset.id, shots, hyperParameters: settings.hyperParameters };
  const { id } = await client.post('/v1/tunings', body, tuningSchema);
  const events: SequencedEvent[] = [];
  for await (const event of client.events('tuning', id)) {
    events.push(event);
    const line = eventLine(event);
    if (line) print(`   ${line}`);
  }
  const tuning = await client.get(`/v1/tunings/${id}`, tuningSchema);
  if (tuning.state !== 'succeeded') {
    throw new TallrecError(tuning.error?.code ?? 'INTERNAL', `The tuning ${tuning.state}: ${tuning.error?.message}`);
  }
  print(`\n${drawCurves(curvesOf(events))}`);
  const adapter = tuning.adapter!;
  print(`   Kept: the adapter of the best validation AUC, ${adapter.slice(0, 12)}…`);

  print('\n4. Put it into use (the alias "production") and evaluate again, on the same rows.');
  await client.put('/v1/aliases/production', { adapter }, z.unknown());
  const after = await evaluate('after', 'production');
  const comparison = { before, after, shots };
  print(drawComparison(comparison));
  print(`   ${verdict(comparison)}`);

  const own = nextOfOneUser(buildSamples(ratings, samplingSchema.parse({})));
  const { user, history, target, noun } = own[0]!;
  const { scores } = await client.post(
    '/v1/score',
    { model, adapter: 'production', samples: [{ noun, history, target }] },
    scoreResponseSchema,
  );
  print(`\n5. Score: will user ${user} like ${target.title}? Yes with ${scores[0]!.score.toFixed(3)}.`);
  const candidates = own.map(({ target: { title, id } }) => ({ title, id }));
  const { ranking } = await client.post(
    '/v1/rank',
    { model, adapter: 'production', history, candidates },
    rankResponseSchema,
  );
  print(`   Rank: the next ${candidates.length} films of the same user, best first.`);
  const liked = own.map((sample) => sample.liked);
  print(drawRanking(ranking, liked));
  const sample = { prompt: first.prompt, answer: first.answer };
  const ranked = { user: user ?? '', history, ranking, liked };
  return { ...comparison, model, ratings: ratings.length, users, sample, tuning, events, ranked };
}

/** The last films of the last user who liked some of them and some not. */
function nextOfOneUser(samples: readonly LabelledSample[], films = 8): LabelledSample[] {
  for (const last of samples.toReversed()) {
    const own = samples.filter(({ user }) => user === last.user).slice(-films);
    const liked = own.filter((sample) => sample.liked).length;
    if (own.length === films && liked > 2 && liked < films - 2) return own;
  }
  return samples.slice(-films);
}

function finishedReport(evaluation: Evaluation): NonNullable<Evaluation['report']> {
  if (evaluation.report) return evaluation.report;
  throw new TallrecError(
    evaluation.error?.code ?? 'INTERNAL',
    `The evaluation "${evaluation.name}" ${evaluation.state}: ${evaluation.error?.message}`,
  );
}

function eventLine({ event }: SequencedEvent): string | undefined {
  switch (event.type) {
    case 'started':
      return `${event.trainSamples} samples, ${event.trainableParameters} trainable parameters, ${event.precision} on ${event.provider}; the rule has validation AUC ${event.validRuleAuc?.toFixed(3) ?? '–'}`;
    case 'evaluated':
      return `step ${event.step}: validation AUC ${event.validAuc?.toFixed(3) ?? '–'}, loss ${event.validLoss.toFixed(3)}${event.best ? '  ← best so far' : ''}`;
    case 'step':
      return event.step % 5 === 0
        ? `step ${event.step} of ${event.totalSteps}: loss ${event.loss.toFixed(3)}, ${Math.round(event.tokensPerSecond)} tokens/s, ${Math.ceil(event.etaMs / 1000)} s to go`
        : undefined;
    case 'note':
      return event.message;
    case 'state':
      return event.state === 'queued' ? undefined : event.state;
  }
}
