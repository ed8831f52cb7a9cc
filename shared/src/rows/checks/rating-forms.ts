// Ratings that are no plain number, and how to make one of them.

/** No rating is longer, and a pattern could take long over what is. */
const MOST_CHARACTERS = 100;
const YES_NO = /^(?:y|n|yes|no|t|f|true|false|(?:dis)?likes?|(?:dis)?liked|(?:thumbs?[ _-]?)?(?:up|down))$/i;
const NUMBER = String.raw`(\d+(?:[.,]\d+)?)`;
const OF_A_SCALE = new RegExp(String.raw`^${NUMBER}\s*(?:(?:\/|out of|of)\s*\d+(?:[.,]\d+)?)?\s*(?:stars?)?$`, 'i');
const PERCENT = new RegExp(String.raw`^${NUMBER}\s*%$`);
const STARS = /^([★⭐]+)\ufe0f?☆*$/u;

const threshold = (likedAbove: number) =>
  `--liked-above ${likedAbove} on the command line, likedAbove: ${likedAbove} of sampling in the API`;

/** @returns how to write such ratings; null for what has no form that is known */
export function ratingFix(value: unknown): string | null {
  const text = String(value).trim();
  if (text.length > MOST_CHARACTERS) return null;
  if (YES_NO.test(text)) {
    return `Write 1 for a like and 0 for none, and count ratings above 0 as likes: ${threshold(0)}.`;
  }
  const [, share] = PERCENT.exec(text) ?? [];
  if (share !== undefined) {
    const number = share.replace(',', '.');
    return `Write the number alone, here ${number}, and say above which one a rating is a like, such as 60: ${threshold(60)}.`;
  }
  const number = OF_A_SCALE.exec(text)?.[1]?.replace(',', '.') ?? starsIn(text);
  return number === undefined ? null : `Write the number alone, here ${number}.`;
}

function starsIn(text: string): number | undefined {
  const [, filled] = STARS.exec(text) ?? [];
  return filled === undefined ? undefined : [...filled].length;
}
