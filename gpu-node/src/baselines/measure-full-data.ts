// Measures the conventional methods with plenty of data: every user's first ratings to train, the next to validate, the last to test.
// Usage: npx node gpu-node/src/baselines/measure-full-data.ts FOLDER [--methods gru4rec,sasrec] [--learning-rates 0.001] [--epochs 8]
//        [--dropout 0.1] [--l2 1e-6] [--within-users] [--history 10] [--seed 0]
//        FOLDER holds ratings.csv and movies.csv as MovieLens publishes them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSamples, type Interaction, samplingSchema } from '@tallrec/shared/interactions';
import { itemPopularity } from '@tallrec/shared/item-opinions';
import { auc, historyShare, perUserAuc } from '@tallrec/shared/metrics';
import type { LabelledSample } from '@tallrec/shared/sample';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { CONVENTIONAL_SETTING, conventionalMethods } from './conventional-methods.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    methods: { type: 'string', default: 'gru4rec,sasrec' },
    'learning-rates': { type: 'string', default: '0.001' },
    epochs: { type: 'string', default: '8' },
    dropout: { type: 'string', default: String(CONVENTIONAL_SETTING.dropout) },
    l2: { type: 'string', default: String(CONVENTIONAL_SETTING.l2) },
    'within-users': { type: 'boolean', default: false },
    history: { type: 'string', default: '10' },
    seed: { type: 'string', default: '0' },
  },
});

const csv = async <T>(name: string, row: z.ZodType<T>) =>
  z.array(row).parse(parse(await readFile(join(positionals[0] ?? '.', name), 'utf8'), { columns: true }));
const movies = await csv('movies.csv', z.object({ movieId: z.string(), title: z.string() }));
const titles = new Map(movies.map(({ movieId, title }) => [movieId, title]));
const ratings = await csv(
  'ratings.csv',
  z.object({ userId: z.string(), movieId: z.string(), rating: z.coerce.number(), timestamp: z.coerce.number() }),
);
const interactions = ratings.map(
  ({ userId, movieId, rating, timestamp }): Interaction => ({
    user: userId,
    item: movieId,
    title: titles.get(movieId) ?? movieId,
    rating,
    time: timestamp,
  }),
);

const byUser = Map.groupBy(
  buildSamples(interactions, samplingSchema.parse({ historyLength: Number(values.history) })),
  ({ user }) => user,
);
const part = (from: number, to: number) =>
  [...byUser.values()].flatMap((own) => own.slice(Math.floor(own.length * from), Math.floor(own.length * to)));
const [train, valid, test] = [part(0, 0.8), part(0.8, 0.9), part(0.9, 1)];

function report(name: string, scores: readonly number[], more: object = {}): void {
  const rows = test.map(({ user, liked }, i) => ({ user, liked, score: scores[i]! }));
  const within = perUserAuc(rows);
  console.log(JSON.stringify({ name, auc: auc(rows), perUserAuc: within.mean, users: within.users, ...more }));
}

console.log(JSON.stringify({ train: train.length, valid: valid.length, test: test.length }));
report('history-share', test.map(historyShare));
const popularity = itemPopularity(train);
report('popularity', test.map(popularity));
const names = values.methods.split(',');
for (const method of conventionalMethods({
  cacheDir: '',
  learningRates: values['learning-rates'].split(',').map(Number),
  setting: {
    maxEpochs: Number(values.epochs),
    dropout: Number(values.dropout),
    l2: Number(values.l2),
    judgedWithinUsers: values['within-users'],
  },
})) {
  if (!names.includes(method.name)) continue;
  const from = performance.now();
  const fitted = await method.fit({ train, valid }, { seed: Number(values.seed) });
  const seconds = Math.round((performance.now() - from) / 1000);
  report(method.name, await fitted.score(test as LabelledSample[]), { ...fitted.chosen, seconds });
}
