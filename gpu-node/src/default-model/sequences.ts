// One user's ratings as a text in which every film is a target: ten times the learning of one question a prompt.
import type { Random } from '@tallrec/shared/random';
import { chance, pick, some } from './draw.ts';
import { isLiked, type Rated } from './movielens.ts';
import { given, learned, type Passage, type Segment } from './passage.ts';

interface SequenceForm {
  opening: string;
  /** Between a title and the verdict. */
  between: string;
  verdict: (rated: Rated) => string;
  after?: string;
}

const stars = ({ stars }: Rated) => ` ${stars}`;

const FORMS: readonly SequenceForm[] = [
  { opening: 'Ratings of a viewer:', between: ':', verdict: stars },
  { opening: 'Films and stars', between: ' -', verdict: stars, after: ' stars' },
  { opening: 'A diary of films seen.', between: ',', verdict: stars, after: ' of 5' },
  { opening: 'Seen and rated', between: '', verdict: stars },
  { opening: 'Liked or disliked', between: '', verdict: (rated) => (isLiked(rated) ? ' liked' : ' disliked') },
  { opening: 'What they thought:', between: '?', verdict: (rated) => (isLiked(rated) ? ' liked' : ' disliked') },
  { opening: 'Did they like it?', between: ':', verdict: (rated) => (isLiked(rated) ? ' Yes' : ' No'), after: '.' },
  { opening: 'Did they dislike it?', between: ':', verdict: (rated) => (isLiked(rated) ? ' No' : ' Yes'), after: '.' },
  { opening: 'Four stars or more?', between: ':', verdict: ({ stars }) => (stars >= 4 ? ' Yes' : ' No'), after: '.' },
  { opening: 'Thumbs', between: ':', verdict: (rated) => (isLiked(rated) ? ' up' : ' down') },
];

/** Films a sequence holds at most: a few hundred tokens. */
const LONGEST = 30;
/** How often the titles themselves are to be learned, too: what is watched together. */
const TITLES_LEARNED = 0.1;

/** In time order, or, half the time, a random part in random order: taste does not hang on it, and a small model cannot learn it by heart. */
export function drawSequence(random: Random, ratings: readonly Rated[]): Passage {
  const form = pick(random, FORMS);
  const learnTitles = chance(random, TITLES_LEARNED);
  const segments: Segment[] = [given(form.opening)];
  for (const rated of drawPart(random, ratings)) {
    segments.push(given('\n'), { text: rated.film.title + form.between, learned: learnTitles });
    segments.push(learned(form.verdict(rated)), given(form.after ?? ''));
  }
  return segments;
}

function drawPart(random: Random, ratings: readonly Rated[]): readonly Rated[] {
  if (chance(random, 0.5)) return some(random, ratings, LONGEST);
  const start = random.integer(0, Math.max(0, ratings.length - LONGEST));
  return ratings.slice(start, start + LONGEST);
}
