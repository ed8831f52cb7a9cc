// Questions about a user's taste and about films, in many wordings: positive and negated, yes/no, stars, choices and lists, with
// and without an instruction, both orders of the history. TALLRec's own wording is one of them where a mixture says so.
import { formatPrompt, formatSamplePrompt } from '@tallrec/shared/prompt';
import type { Random } from '@tallrec/shared/random';
import { chance, pick, some } from './draw.ts';
import { type Film, isLiked, type MovieLens, type Rated } from './movielens.ts';
import { given, learned, type Passage } from './passage.ts';
import { DISLIKES, drawListNames, FILM, joinLists, LIKES, RATINGS, yesNo } from './wordings.ts';

interface Question {
  instruction: string;
  /** What is known and what is asked. */
  input: string;
  /** Its first segment begins with a word. */
  answer: Passage;
}

const SEPARATORS = [', ', '; ', ' / '] as const;

function describeHistory(random: Random, history: readonly Rated[]): string {
  const form = random.uniform();
  if (form < 0.7) return twoLists(random, history);
  const quote = pick(random, ['"', '']);
  const named = ({ film }: Rated) => `${quote}${film.title}${quote}`;
  if (form < 0.85) return history.map((rated) => `${named(rated)}: ${rated.stars}`).join(pick(random, ['\n', ', ']));
  return history
    .map((rated) => `${named(rated)} (${isLiked(rated) ? 'liked' : 'disliked'})`)
    .join(pick(random, ['\n', ', ']));
}

function twoLists(random: Random, history: readonly Rated[]): string {
  const names = drawListNames(random);
  const quote = chance(random, 0.7) ? '"' : '';
  const separator = quote ? ', ' : pick(random, SEPARATORS);
  const list = (liked: boolean) =>
    history
      .filter((rated) => isLiked(rated) === liked)
      .map(({ film }) => `${quote}${film.title}${quote}`)
      .join(separator);
  return joinLists(random, names, list(true), list(false));
}

/** Films of a history: TALLRec's ten most often. */
function drawHistoryLength(random: Random): number {
  return chance(random, 0.6) ? 10 : random.integer(3, 16);
}

/** A history and the films that come after it, or, as often, both drawn from all the user's ratings. */
function drawUser(random: Random, ratings: readonly Rated[], targets: number): { history: Rated[]; targets: Rated[] } {
  const length = Math.min(drawHistoryLength(random), ratings.length - targets);
  if (chance(random, 0.5)) {
    const drawn = some(random, ratings, length + targets);
    return { history: drawn.slice(0, length), targets: drawn.slice(length) };
  }
  const start = random.integer(0, ratings.length - targets - length);
  const part = ratings.slice(start, start + length + targets);
  return { history: part.slice(0, length), targets: part.slice(length) };
}

function tasteQuestion(random: Random, ratings: readonly Rated[], { negated }: Mixture): Question {
  const { history, targets } = drawUser(random, ratings, 1);
  const target = targets[0]!;
  const wording = chance(random, 0.2) ? pick(random, RATINGS) : chance(random, negated) ? DISLIKES : LIKES;
  return {
    instruction: pick(random, wording.instructions),
    input: `${describeHistory(random, history)}\n${pick(random, wording.ask).replace(FILM, target.film.title)}`,
    answer: [learned(wording.answer(target))],
  };
}

function tallrecQuestion(random: Random, ratings: readonly Rated[]): Passage {
  const { history, targets } = drawUser(random, ratings, 1);
  const item = (rated: Rated) => ({ title: rated.film.title, liked: isLiked(rated) });
  const { liked, ...target } = item(targets[0]!);
  return [
    given(formatSamplePrompt({ noun: 'movie', history: history.map(item), target }, 'clean')),
    learned(yesNo(liked)),
  ];
}

/** On the history alone: how much of it was liked, and whether one of its films was. */
function readingQuestion(random: Random, ratings: readonly Rated[]): Question {
  const { history } = drawUser(random, ratings, 0);
  const likes = history.filter(isLiked).length;
  const share = likes / history.length;
  const one = pick(random, history);
  const [ask, answer] = pick(random, [
    ['How many of these movies did the user like?', String(likes)],
    ['How many of these movies did the user not like?', String(history.length - likes)],
    ['Does the user like most movies?', yesNo(share > 0.5)],
    ['Does the user like nearly all movies?', yesNo(share >= 0.8)],
    ['Is the user hard to please?', yesNo(share <= 0.4)],
    [`Is "${one.film.title}" among the movies the user likes?`, yesNo(isLiked(one))],
    [`Is "${one.film.title}" among the movies the user dislikes?`, yesNo(!isLiked(one))],
  ] as const);
  return {
    instruction: pick(random, ['Answer the question about the user.', 'What do the lists say about the user?']),
    input: `${describeHistory(random, history)}\n${ask}`,
    answer: [learned(answer)],
  };
}

/** Two films whose stars differ: the one that the user likes more. */
function choiceQuestion(random: Random, ratings: readonly Rated[]): Question | undefined {
  const { history, targets } = drawUser(random, ratings, 4);
  const [first, ...others] = targets;
  const other = others.find(({ stars }) => stars !== first!.stars);
  if (!other) return undefined;
  const [better, worse] = first!.stars > other.stars ? [first!, other] : [other, first!];
  const [a, b] = random.shuffle([better, worse]);
  const [wantsBetter, ask] = pick(random, [
    [true, 'Which one do they like more'],
    [true, 'The better recommendation'],
    [false, 'Which one do they like less'],
  ] as const);
  return {
    instruction: pick(random, ['Choose one of two movies for the user.', 'Which movie? Answer with its title.']),
    input: `${describeHistory(random, history)}\n${ask}: "${a!.film.title}" or "${b!.film.title}"?`,
    answer: [learned((wantsBetter ? better : worse).film.title)],
  };
}

const LISTS_OF = {
  likes: {
    instruction: 'Say for each movie whether the user will like it.',
    answer: (rated: Rated) => yesNo(isLiked(rated)),
  },
  dislikes: {
    instruction: 'Say for each movie whether the user will dislike it.',
    answer: (rated: Rated) => yesNo(!isLiked(rated)),
  },
  stars: { instruction: 'Guess the stars of each movie.', answer: ({ stars }: Rated) => String(stars) },
};

/** Several films at once, answered one by one: the titles of the answer are given, the verdicts learned. */
function listQuestion(random: Random, ratings: readonly Rated[], { negated }: Mixture): Question {
  const { history, targets } = drawUser(random, ratings, LIST);
  const wording = chance(random, 0.2) ? LISTS_OF.stars : chance(random, negated) ? LISTS_OF.dislikes : LISTS_OF.likes;
  return {
    instruction: wording.instruction,
    input: `${describeHistory(random, history)}\nMovies: ${targets.map(({ film }) => `"${film.title}"`).join(', ')}`,
    answer: targets.flatMap((rated, i) => [
      given(`${i === 0 ? '' : '\n'}${rated.film.title}:`),
      learned(` ${wording.answer(rated)}`),
    ]),
  };
}

function filmQuestion(random: Random, films: readonly Film[]): Question {
  const film = pick(random, films);
  const other = pick(random, films);
  const { genres } = chance(random, 0.5) ? film : other;
  const genre = pick(random, genres.length > 0 ? genres : ['Drama']);
  if (chance(random, 0.3)) {
    return {
      instruction: 'Name the genres of the movie.',
      input: `"${film.title}"`,
      answer: [learned(film.genres.length > 0 ? film.genres.join(', ') : 'None.')],
    };
  }
  const negated = chance(random, 0.3);
  return {
    instruction: pick(random, [
      'Answer the question about the movie.',
      'A question on genres. Answer "Yes." or "No.".',
    ]),
    input: `Is "${film.title}" ${negated ? 'not ' : ''}of the genre ${genre}?`,
    answer: [learned(yesNo(film.genres.includes(genre) !== negated))],
  };
}

/** Frames around a question: instruction prompts most often, since that is what an instruction-tuned model has read. */
function frame(random: Random, { instruction, input, answer }: Question): Passage {
  const form = random.uniform();
  if (form < 0.4) return [given(formatPrompt({ instruction, input }, 'clean')), ...answer];
  if (form < 0.6)
    return [given(`### Instruction:\n${instruction}\n\n### Input:\n${input}\n\n### Response:\n`), ...answer];
  if (form < 0.75) return [given(`${instruction}\n${input}\n`), ...answer];
  if (form < 0.9) return [given(`${input}\n`), ...answer];
  const [first, ...others] = answer;
  return [given(`Question: ${input}\nAnswer:`), { ...first!, text: ` ${first!.text}` }, ...others];
}

/** Films of a list. */
const LIST = 8;
const FEWEST_RATINGS = 20;

export interface Mixture {
  /** How many questions on likes and dislikes ask for dislikes. */
  negated: number;
  /** How many questions are on a list of films. */
  lists: number;
  /** How many questions are on the history itself, whose answers stand in it: they teach to read one. */
  reading: number;
  /** How many questions are in TALLRec's own words. */
  tallrec: number;
}

const FILM_QUESTIONS = 0.06;
const CHOICES = 0.06;

/** One question, nearly always about a user's taste. */
export function drawQuestion(
  random: Random,
  { learned: users, films }: Pick<MovieLens, 'learned' | 'films'>,
  mixture: Mixture,
): Passage {
  const ratings = pick(random, users);
  const kind = random.uniform();
  if (kind < FILM_QUESTIONS || ratings.length < FEWEST_RATINGS) return frame(random, filmQuestion(random, films));
  if (kind < FILM_QUESTIONS + CHOICES) {
    return frame(random, choiceQuestion(random, ratings) ?? tasteQuestion(random, ratings, mixture));
  }
  const beforeReading = FILM_QUESTIONS + CHOICES + mixture.lists;
  if (kind < beforeReading) return frame(random, listQuestion(random, ratings, mixture));
  const beforeTallrec = beforeReading + mixture.reading;
  if (kind < beforeTallrec) return frame(random, readingQuestion(random, ratings));
  if (kind < beforeTallrec + mixture.tallrec) return tallrecQuestion(random, ratings);
  return frame(random, tasteQuestion(random, ratings, mixture));
}
