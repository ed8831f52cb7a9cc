// A text cut into its tokens, as people can read it: joined, the pieces are the text again.

/** What has to be known of a tokenizer's file to see which bytes a token stands for. */
export interface TokenForm {
  /** Every token is written in the letters that GPT-2 gives to bytes. */
  byteLevel: boolean;
  /** Words that were added to the vocabulary stand for themselves. */
  added: ReadonlySet<string>;
  /** What marks a token that goes on with a word. */
  continuing: string;
}

const utf8 = new TextEncoder();
const SPACE = 0x20;
const isSpace = (byte: number | undefined) => byte === SPACE || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
/** A byte in the middle of a character. */
const continues = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

/** Source: `bytes_to_unicode` of GPT-2. */
const BYTE_OF_LETTER = new Map<string, number>();
let unprintable = 0;
for (let byte = 0; byte < 256; byte++) {
  const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  BYTE_OF_LETTER.set(String.fromCodePoint(printable ? byte : 256 + unprintable++), byte);
}

function bytesOf(token: string, { byteLevel, added, continuing }: TokenForm): Uint8Array {
  if (added.has(token)) return utf8.encode(token);
  if (byteLevel) {
    const bytes = [...token].map((letter) => BYTE_OF_LETTER.get(letter));
    return bytes.includes(undefined) ? utf8.encode(token) : Uint8Array.from(bytes as number[]);
  }
  const byte = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1];
  if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
  const word = continuing !== '' && token.startsWith(continuing) ? token.slice(continuing.length) : token;
  return utf8.encode(word.replaceAll('▁', ' '));
}

function standsAt(text: Uint8Array, at: number, bytes: Uint8Array): boolean {
  return at + bytes.length <= text.length && bytes.every((byte, index) => text[at + index] === byte);
}

interface Place {
  from: number;
  to: number;
}

/** @returns undefined where it is not what comes next */
function placeNext(text: Uint8Array, at: number, bytes: Uint8Array): Place | undefined {
  if (standsAt(text, at, bytes)) return { from: at, to: at + bytes.length };
  // A space that the tokenizer has put in front.
  const bare = bytes[0] === SPACE ? bytes.subarray(1) : bytes;
  if (bare !== bytes && standsAt(text, at, bare)) return { from: at, to: at + bare.length };
  // Space that it has left out goes with what it stands before.
  let word = at;
  while (isSpace(text[word])) word++;
  return bare.length > 0 && standsAt(text, word, bare) ? { from: at, to: word + bare.length } : undefined;
}

/** The next place behind what was not found. */
function placeBehind(text: Uint8Array, at: number, bytes: Uint8Array): Place | undefined {
  if (bytes.every(isSpace)) return undefined;
  for (let from = at; from + bytes.length <= text.length; from++) {
    if (standsAt(text, from, bytes)) return { from, to: from + bytes.length };
  }
  return undefined;
}

/**
 * Where several tokens make one character they are one piece; so are those that stand for what the text does not say in so many
 * letters, as an unknown word does, with all up to the next that is found. What tokenizers put before a text is in no piece.
 * @param tokens of the text, in order
 */
export function piecesOf(source: string, tokens: readonly string[], form: TokenForm): string[] {
  const text = utf8.encode(source);
  const ends: number[] = [];
  let at = 0;
  let lost = false;
  for (const token of tokens) {
    const bytes = bytesOf(token, form);
    const place: Place | undefined = lost ? placeBehind(text, at, bytes) : placeNext(text, at, bytes);
    lost = place === undefined;
    if (place === undefined) continue;
    ends.push(place.from, place.to);
    at = place.to;
  }
  if (lost || ends.length === 0) ends.push(text.length);
  // Left out at the end, as a line break may be.
  ends[ends.length - 1] = text.length;
  return cutAt(text, ends);
}

function cutAt(text: Uint8Array, ends: readonly number[]): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const pieces: string[] = [];
  let from = 0;
  for (const end of ends) {
    if (end <= from || continues(text[end])) continue;
    pieces.push(decoder.decode(text.subarray(from, end)));
    from = end;
  }
  return pieces;
}
