// Drills in reading two lists: which of them a film stands in, and how long they are. Verdicts are drawn by chance, so that nothing but
// the lists tells an answer, and each of many films is asked for: one question on a real user's history teaches this slowly.
import type { Random } from '@tallrec/shared/random';
import { chance, pick, some } from './draw.ts';
import { given, learned, type Passage } from './passage.ts';
import { drawListNames, joinLists, TALLREC_LISTS, yesNo } from './wordings.ts';

const [FEWEST, MOST] = [3, 10];
/** How many drills ask for each film; the others ask for the lists' lengths. */
const ABOUT_EACH = 0.75;

/**
 * @param titles to draw from: best those that are one token each, since they are read soonest
 * @param tallrec how often the lists are called what TALLRec calls them
 */
export function drawDrill(random: Random, titles: readonly string[], tallrec: number): Passage {
  const likes = random.uniform();
  const items = some(random, titles, random.integer(FEWEST, MOST)).map((title) => {
    return { title, liked: chance(random, likes) };
  });
  const quoted = (liked: boolean) =>
    items
      .filter((item) => item.liked === liked)
      .map(({ title }) => `"${title}"`)
      .join(', ');
  const names = chance(random, tallrec) ? TALLREC_LISTS : drawListNames(random);
  const lists = joinLists(random, names, quoted(true), quoted(false));
  if (chance(random, ABOUT_EACH)) {
    return [
      given(`${lists}\nMovies:`),
      ...random
        .shuffle(items)
        .flatMap(({ title, liked }) => [given(`\n"${title}":`), learned(liked ? ' Yes' : ' No'), given('.')]),
    ];
  }
  const liked = items.filter((item) => item.liked).length;
  const [ask, answer] = pick(random, [
    ['How many of these movies did the user like?', String(liked)],
    ['Does the user like most movies?', yesNo(liked > items.length / 2)],
  ] as const);
  return [given(`${lists}\n${ask}\n`), learned(answer)];
}
