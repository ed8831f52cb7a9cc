// The demo's story, told through the edge's public API alone: upload, tune, evaluate, score, rank.

import { TallrecError } from '@tallrec/shared/errors';
import { buildSamples, paperSplit, type SplitParts, samplingSchema } from '@tallrec/shared/interactions';
import { itemPopularity } from '@tallrec/shared/item-opinions';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { HyperParameters } from '@tallrec/shared/tuning';
import { previewSchema } from '@tallrec/shared/wire/datasets';
import { type Evaluation, evaluationSchema } from '@tallrec/shared/wire/evaluations';
import { isTerminal, type SequencedEvent } from '@tallrec/shared/wire/jobs';
import { rankResponseSchema } from '@tallrec/shared/wire/score';
import { type Tuning, tuningSchema } from '@tallrec/shared/wire/tunings';
import { z } from 'zod';
import type { EdgeClient } from '../dev/edge-client.ts';
import { type Comparison, judgeFacts, verdict } from './comparison.ts';
import { curvesOf } from './curves.ts';
import { drawComparison, drawCurves, drawRanking } from './draw.ts';
import { type RankedFilms, rankingVerdict } from './ranked-films.ts';
import { demoFacts, demoRatings } from './ratings.ts';

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
  ranked: RankedFilms;
}

/** What is happening, and why the numbers matter. */
export function premise(shots: number): string {
  return (
    `A language model is shown ${shots} answers to "will this user like this film?", then asked about people it has not seen.\n` +
    'AUC is how often it puts a liked film above a disliked one (½ is chance). Over all rows it means something only beside a rule that\n' +
    "reads no titles, the share of a user's films that were liked; within users that rule knows next to nothing, and popularity is the rival."
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
  const facts = await demoFacts();

  print(
    `\n1. Upload, through signed URLs: ${ratings.length} ratings of ${users} people (MovieLens), and what is known of the films:`,
  );
  print(`   how many of 467 other people rated and liked each of ${facts.films}.`);
  const upload = async (request: Parameters<EdgeClient['upload']>[0], bytes: Uint8Array<ArrayBuffer>) => {
    const made = await client.upload(request, bytes);
    if (made.state === 'ready') return made;
    throw new TallrecError('DATASET_REJECTED', `${request.name} was rejected: ${JSON.stringify(made.rowErrors[0])}`);
  };
  const sampling = { parts: SPLIT };
  const [dataset, items] = [
    await upload({ name: 'MovieLens, a part', kind: 'interactions', format: 'csv', sampling }, csv),
    await upload({ name: 'What others liked', kind: 'item-facts', format: 'csv' }, facts.csv),
  ];
  const preview = await client.get(`/v1/datasets/${dataset.id}/preview?limit=1&model=${model}`, previewSchema);
  const first = preview.samples[0]!;
  print(`   Checked and ready. The first sample, as the model reads it (${first.tokens ?? '?'} tokens):\n`);
  print(first.prompt.replace(/^/gm, '   │ ') + first.answer);

  print(`\n2. Tune it on ${shots} samples (LoRA; the base model stays as it is).`);
  const { hyperParameters } = settings;
  const body = { name: 'demo', model, dataset: dataset.id, items: items.id, shots, hyperParameters };
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
  print(
    `   Kept: the adapter of the best validation AUC, ${adapter.slice(0, 12)}…, and with it a blend: what the model says, weighed`,
  );
  print('   with what others thought of each film, on people who were not tuned on.');

  print(
    '\n3. Put it into use (the alias "production"), and judge it on people whom neither has seen; the model untuned beside it.',
  );
  await client.put('/v1/aliases/production', { adapter }, z.unknown());
  const made = await client.post(
    '/v1/evaluations',
    {
      ...{ name: 'demo', model, adapter: 'production', untuned: true },
      ...{ dataset: dataset.id, trainDataset: dataset.id, limit: settings.evaluationRows },
    },
    evaluationSchema,
  );
  const report = finishedReport(
    await client.until(`/v1/evaluations/${made.id}`, evaluationSchema, ({ state }) => isTerminal(state)),
  );
  const { train, test } = paperSplit(buildSamples(ratings, samplingSchema.parse({})), sampling);
  const judged = test.slice(0, report.n);
  const comparison = { report, facts: judgeFacts(judged, ({ target }) => facts.scoreOf(target)), shots };
  print(drawComparison(comparison));
  for (const sentence of verdict(comparison)) print(`   ${sentence}`);

  const own = nextOfOneUser(judged);
  const { user = '', history } = own[0]!;
  const candidates = own.map(({ target: { title, id } }) => ({ title, id }));
  const request = { model, adapter: 'production', history, candidates };
  const { ranking } = await client.post('/v1/rank', request, rankResponseSchema);
  const popularity = itemPopularity(train);
  const ranked: Told['ranked'] = {
    ...{ user, history, ranking },
    liked: own.map((sample) => sample.liked),
    popularity: own.map((sample) => popularity(sample)),
  };
  print(`\n4. Rank: the next ${candidates.length} films of user ${user}, best first. (${CHOICE})`);
  print(drawRanking(ranked));
  print(`   ${rankingVerdict(ranked)}`);
  const sample = { prompt: first.prompt, answer: first.answer };
  return { ...comparison, model, ratings: ratings.length, users, sample, tuning, events, ranked };
}

/** Films that are ranked. */
const FILMS = 8;
const EACH = 3;
export const CHOICE = `Of the people judged, the first whose last ${FILMS} films hold ${EACH} or more of either kind.`;

/** See `CHOICE`; where there is nobody like that, the last films of all. */
function nextOfOneUser(samples: readonly LabelledSample[]): LabelledSample[] {
  for (const all of Map.groupBy(samples, ({ user }) => user).values()) {
    const own = all.slice(-FILMS);
    const liked = own.filter((sample) => sample.liked).length;
    if (own.length === FILMS && liked >= EACH && FILMS - liked >= EACH) return own;
  }
  return samples.slice(-FILMS);
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
