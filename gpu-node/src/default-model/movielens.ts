// MovieLens latest-small as it is published, its users split once by a hash of their ids.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { samplingSchema } from '@tallrec/shared/interactions';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

export interface Film {
  title: string;
  genres: readonly string[];
}

export interface Rated {
  film: Film;
  /** Half stars, 0.5 to 5. */
  stars: number;
}

/** As TALLRec's samples have it (`samplingSchema`). */
const LIKED_ABOVE = samplingSchema.parse({}).likedAbove;

export function isLiked({ stars }: Rated): boolean {
  return stars > LIKED_ABOVE;
}

export interface MovieLens {
  films: readonly Film[];
  /** Users to learn from: each one's ratings, oldest first. */
  learned: readonly (readonly Rated[])[];
  /** Users that judge the learning while it runs, and are learned from by nobody. */
  watched: readonly (readonly Rated[])[];
  /** Ratings of films that `movies.csv` does not have. */
  ratingsLeftOut: number;
}

/**
 * Whose ratings a user's are, by the first 8 hexadecimal digits of SHA-256 of the user id as a number: one in five is held out for
 * tuning and testing and never read here (`gpu-node/data/movielens` holds a part of those), one in 25 judges the learning.
 */
export function partOfUser(user: string): 'held-out' | 'watched' | 'learned' {
  const bucket = Number.parseInt(createHash('sha256').update(user).digest('hex').slice(0, 8), 16);
  if (bucket % 5 === 0) return 'held-out';
  return bucket % 25 === 1 ? 'watched' : 'learned';
}

const NO_GENRES = '(no genres listed)';

const filmRows = z.array(z.object({ movieId: z.string(), title: z.string().trim().min(1), genres: z.string() }));
const ratingRows = z.array(
  z.object({
    userId: z.string().min(1),
    movieId: z.string(),
    rating: z.coerce.number().min(0.5).max(5),
    timestamp: z.coerce.number(),
  }),
);

/**
 * @param dir the unpacked archive: `movies.csv` and `ratings.csv`
 * @throws TallrecError when they are missing or hold something else
 */
export async function readMovieLens(dir: string): Promise<MovieLens> {
  const films = new Map<string, Film>();
  for (const { movieId, title, genres } of await readCsv(join(dir, 'movies.csv'), filmRows)) {
    films.set(movieId, { title, genres: genres === NO_GENRES ? [] : genres.split('|') });
  }
  const rows = await readCsv(join(dir, 'ratings.csv'), ratingRows);
  const ratings = rows.filter(({ movieId }) => films.has(movieId));
  const byUser = Map.groupBy(ratings, ({ userId }) => userId);
  const users = (part: ReturnType<typeof partOfUser>) =>
    [...byUser]
      .filter(([user]) => partOfUser(user) === part)
      .map(([, own]) =>
        own
          .toSorted((a, b) => a.timestamp - b.timestamp)
          .map(({ movieId, rating }) => ({ film: films.get(movieId)!, stars: rating })),
      );
  return {
    films: [...films.values()],
    learned: users('learned'),
    watched: users('watched'),
    ratingsLeftOut: rows.length - ratings.length,
  };
}

async function readCsv<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw unreadable(`${path} cannot be read`, cause);
  });
  try {
    return schema.parse(parse(text, { columns: true, bom: true }));
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    throw unreadable(
      `${path}${issue ? `, row ${Number(issue.path[0]) + 1}, ${String(issue.path[1])}: ${issue.message}` : ' is no CSV file'}`,
      cause,
    );
  }
}

function unreadable(what: string, cause?: unknown): TallrecError {
  return new TallrecError('VALIDATION_FAILED', `${what}.`, {
    fix: 'Unpack https://files.grouplens.org/datasets/movielens/ml-latest-small.zip and name its folder by --data.',
    cause,
  });
}
