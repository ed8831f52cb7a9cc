// One user's ratings as a text in which every film is a target: ten times the learning of one question a prompt.
import type { Random } from '@tallrec/shared/random';
import { chance, pick, some } from './draw.ts';
import type { Rated } from './movielens.ts';
import { given, learned, type Passage, type Segment } from './passage.ts';

export const LIKED_ABOVE = 3;

interface SequenceForm {
  opening: string;
  /** What follows a title and names what is to be learned. */
  verdict: (rated: Rated) => { given: string; learned: string };
}

const stars = ({ stars }: Rated) => String(stars);
const likes = ({ stars }: Rated) => stars > LIKED_ABOVE;

const FORMS: readonly SequenceForm[] = [
  { opening: 'Ratings of a viewer:', verdict: (rated) => ({ given: ':', learned: ` ${stars(rated)}` }) },
  { opening: 'Films and stars', verdict: (rated) => ({ given: ' -', learned: ` ${stars(rated)} stars` }) },
  { opening: 'A diary of films seen.', verdict: (rated) => ({ given: ',', learned: ` ${stars(rated)} of 5` }) },
  {
    opening: 'What they thought:',
    verdict: (rated) => ({ given: '?', learned: likes(rated) ? ' liked' : ' disliked' }),
  },
  { opening: 'Did they like it?', verdict: (rated) => ({ given: ':', learned: likes(rated) ? ' Yes.' : ' No.' }) },
  { opening: 'Did they dislike it?', verdict: (rated) => ({ given: ':', learned: likes(rated) ? ' No.' : ' Yes.' }) },
  {
    opening: 'Four stars or more?',
    verdict: (rated) => ({ given: ':', learned: rated.stars >= 4 ? ' Yes.' : ' No.' }),
  },
  { opening: 'Thumbs', verdict: (rated) => ({ given: ':', learned: likes(rated) ? ' up' : ' down' }) },
];

/** Films a sequence holds at most: a few hundred tokens. */
const LONGEST = 30;
/** How often the titles themselves are to be learned, too: what is watched together. */
const TITLES_LEARNED = 0.25;

/** In time order, or, half the time, a random part in random order: taste does not hang on it, and a small model cannot learn it by heart. */
export function drawSequence(random: Random, ratings: readonly Rated[]): Passage {
  const form = pick(random, FORMS);
  const learnTitles = chance(random, TITLES_LEARNED);
  const segments: Segment[] = [given(form.opening)];
  for (const rated of drawPart(random, ratings)) {
    const verdict = form.verdict(rated);
    segments.push(
      given('\n'),
      { text: rated.film.title + verdict.given, learned: learnTitles },
      learned(verdict.learned),
    );
  }
  return segments;
}

function drawPart(random: Random, ratings: readonly Rated[]): readonly Rated[] {
  if (chance(random, 0.5)) return some(random, ratings, LONGEST);
  const start = random.integer(0, Math.max(0, ratings.length - LONGEST));
  return ratings.slice(start, start + LONGEST);
}
