// Titles found by words, as people type them.

const MARKS = /\p{M}/gu;
const APOSTROPHE = /['’]/;
const APOSTROPHES = /['’]/g;
const NO_WORD = /[^\p{L}\p{N}]+/u;
const IN_WORD = /[\p{L}\p{N}]/u;
/** Nothing parts words in these. */
const UNSPACED = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
const ASCII = /^[\x20-\x7e]*$/;

/** Without case and accents. */
function folded(text: string): string {
  return (ASCII.test(text) ? text : text.normalize('NFKD').replace(MARKS, '')).toLowerCase();
}

const joined = (text: string) => text.replace(APOSTROPHES, '');

function beginsWordIn(text: string, part: string, anywhere: boolean): boolean {
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) {
    if (anywhere || at === 0 || !IN_WORD.test(text[at - 1]!)) return true;
  }
  return false;
}

/**
 * `damelie`, `d'amelie` and `amelie` find `d'Amélie`.
 * @returns whether each word of the search begins a word of the title; without a word, all do
 */
export function titleMatcher(search: string): (title: string) => boolean {
  const words = joined(folded(search)).split(NO_WORD);
  const parts = words.filter((word) => word !== '').map((word) => ({ word, anywhere: UNSPACED.test(word) }));
  return (title) => {
    if (parts.length === 0) return true;
    const text = folded(title);
    const other = APOSTROPHE.test(text) ? joined(text) : undefined;
    return parts.every(
      ({ word, anywhere }) =>
        beginsWordIn(text, word, anywhere) || (other !== undefined && beginsWordIn(other, word, anywhere)),
    );
  };
}
