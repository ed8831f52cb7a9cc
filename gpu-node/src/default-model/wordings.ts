// What questions are worded like, positive and negated, and what the lists of a history are called; none of it is TALLRec's own wording.
import type { Random } from '@tallrec/shared/random';
import { chance, pick } from './draw.ts';
import { isLiked, type Rated } from './movielens.ts';

export const yesNo = (yes: boolean) => (yes ? 'Yes.' : 'No.');

/** A wording of one question about one film, and what its answer is. */
export interface Wording {
  instructions: readonly string[];
  ask: readonly string[];
  answer: (rated: Rated) => string;
}

export const FILM = '{film}';

export const LIKES: Wording = {
  instructions: [
    'Say whether the viewer will enjoy the film. Answer "Yes." or "No.".',
    'From what somebody liked and disliked, tell whether they will like one more movie by answering "Yes." or "No.".',
    'Given what the user likes and dislikes, identify whether the movie suits the user. Answer with "Yes." or "No.".',
    'Decide if this movie should be recommended to the person.',
    "Look at the user's favourites and at what the user did not enjoy, and judge the next movie.",
    'Predict if a user is going to like a movie.',
    'Here is the taste of a user. Does the target movie fit it?',
  ],
  ask: [
    `Will they like "${FILM}"?`,
    `Does the viewer enjoy "${FILM}"?`,
    `Is "${FILM}" a good recommendation?`,
    `Would "${FILM}" please this person?`,
    `The user is shown "${FILM}". Do they like it?`,
    `Target: "${FILM}". Liked?`,
    `Should we recommend ${FILM}?`,
    `Is ${FILM} something for the user?`,
    `Whether "${FILM}" is liked:`,
    `Does the movie "${FILM}" fit the user's taste?`,
    `Tell whether the user enjoys the movie "${FILM}".`,
  ],
  answer: (rated) => yesNo(isLiked(rated)),
};

export const DISLIKES: Wording = {
  instructions: [
    'Say whether the viewer will dislike the film. Answer "Yes." or "No.".',
    'From what somebody liked and disliked, tell whether one more movie will disappoint them by answering "Yes." or "No.".',
    'Given what the user likes and dislikes, identify whether the user will not enjoy the movie. Answer with "Yes." or "No.".',
    'Decide if this movie should be kept from the person.',
    'Predict if a user is going to be bored by a movie.',
  ],
  ask: [
    `Will they dislike "${FILM}"?`,
    `Did they not enjoy "${FILM}"?`,
    `Is "${FILM}" a bad recommendation?`,
    `Would "${FILM}" disappoint this person?`,
    `The user is shown "${FILM}". Do they dislike it?`,
    `Target: "${FILM}". Disliked?`,
    `Should we leave out ${FILM}?`,
    `Tell whether the user dislikes the movie "${FILM}".`,
  ],
  answer: (rated) => yesNo(!isLiked(rated)),
};

export const RATINGS: readonly Wording[] = [
  {
    instructions: [
      'Tell whether the user gives the movie four stars or more.',
      'Will the user\'s rating be at least 4 of 5? Answer "Yes." or "No.".',
    ],
    ask: [`Four stars or more for "${FILM}"?`, `Does "${FILM}" get 4 stars or more?`, `At least 4 for ${FILM}?`],
    answer: ({ stars }) => yesNo(stars >= 4),
  },
  {
    instructions: ['Tell whether the user gives the movie fewer than three stars.', 'Is the rating of the movie low?'],
    ask: [`Fewer than three stars for "${FILM}"?`, `Is the rating of ${FILM} below 3?`],
    answer: ({ stars }) => yesNo(stars < 3),
  },
  {
    instructions: [
      'Guess how many stars the user gives to the movie.',
      'Give the rating, from 0.5 to 5, that the viewer will give.',
      'Rate the movie as the user would.',
    ],
    ask: [`How many stars for "${FILM}"?`, `Rating of "${FILM}":`, `Stars for ${FILM}:`],
    answer: ({ stars }) => String(stars),
  },
  {
    instructions: ['Say "liked" or "disliked".', 'Tell what the user thinks of the movie, "liked" or "disliked".'],
    ask: [`"${FILM}" was`, `The verdict on ${FILM}:`, `What do they think of "${FILM}"?`],
    answer: (rated) => (isLiked(rated) ? 'liked' : 'disliked'),
  },
];

/** What the two lists of a history are called. */
export type ListNames = readonly [liked: string, disliked: string];

const LISTS: readonly ListNames[] = [
  ['Likes', 'Dislikes'],
  ['Liked', 'Disliked'],
  ['Liked movies', 'Disliked movies'],
  ['Films they liked', 'Films they did not like'],
  ['Favourites', 'Not for them'],
  ['Enjoyed', 'Not enjoyed'],
  ['The user likes', 'The user dislikes'],
  ['Good', 'Bad'],
  ['Preferred', 'Not preferred'],
  ['Movies the user prefers', 'Movies the user avoids'],
  ['User likes', 'User dislikes'],
  ['Thumbs up', 'Thumbs down'],
  ['Four stars and more', 'Three stars and fewer'],
  ['Wanted', 'Unwanted'],
  ['Loved', 'Unloved'],
  ['Interesting', 'Uninteresting'],
  ['User taste', 'User distaste'],
  ['User interest', 'User disinterest'],
  ['Preferences', 'Aversions'],
];

export const TALLREC_LISTS: ListNames = ['User Preference', 'User Unpreference'];

export function drawListNames(random: Random): ListNames {
  return pick(random, LISTS);
}

/** What was liked and what was not, each under its name, in either order. */
export function joinLists(
  random: Random,
  [likedName, dislikedName]: ListNames,
  liked: string,
  disliked: string,
): string {
  const lists = [`${likedName}: ${liked}`, `${dislikedName}: ${disliked}`];
  return (chance(random, 0.6) ? lists : lists.toReversed()).join('\n');
}
