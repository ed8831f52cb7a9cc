// Makes `data/movielens/items.csv`: likes and ratings of the demo's films among the users that the default model has read.
// Usage: npx node gpu-node/src/demo/write-item-facts.ts ML-LATEST-SMALL
import { fileURLToPath } from 'node:url';
import { stringify } from 'csv-stringify/sync';
import { writeFileAtomically } from '../atomic-file.ts';
import { isLiked, readMovieLens } from '../default-model/movielens.ts';
import { demoRatings } from './ratings.ts';

const [archive] = process.argv.slice(2);
if (archive === undefined) throw new Error('Name the folder with movies.csv and ratings.csv.');
const { learned } = await readMovieLens(archive);
const counts = new Map<string, { likes: number; ratings: number }>();
for (const rated of learned.flat()) {
  const own = counts.get(rated.film.title) ?? { likes: 0, ratings: 0 };
  counts.set(rated.film.title, { likes: own.likes + (isLiked(rated) ? 1 : 0), ratings: own.ratings + 1 });
}
const { ratings } = await demoRatings();
const titles = new Map(ratings.map(({ item, title }) => [item, title]));
const rows = [...titles]
  .flatMap(([item, title]) => {
    const own = title === undefined ? undefined : counts.get(title);
    return own ? [{ item, title, ...own }] : [];
  })
  .sort((a, b) => Number(a.item) - Number(b.item));
await writeFileAtomically(fileURLToPath(new URL('../../data/movielens/items.csv', import.meta.url)), [
  stringify(rows, { header: true }),
]);
