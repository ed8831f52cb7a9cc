// Which encoding bytes are in that are no UTF-8.
import { analyse } from 'chardet';

const NEWLINE = 0x0a;
const GUESSED_BY_BYTES = 16_384;

/** The lines that hold more than ASCII: detectors are led astray by the rest. */
function tellingLines(bytes: Uint8Array): Uint8Array {
  const telling: number[] = [];
  let start = 0;
  while (start < bytes.length && telling.length < GUESSED_BY_BYTES) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found === -1 ? bytes.length : found + 1;
    const line = bytes.subarray(start, end);
    if (line.some((byte) => byte > 0x7f)) for (const byte of line) telling.push(byte);
    start = end;
  }
  return Uint8Array.from(telling.slice(0, GUESSED_BY_BYTES));
}

/** Encodings whose alphabets differ in a few letters: by a few words a detector can hardly tell them from the usual ones. */
const LATIN = /^(?:ISO-8859-(?:1|2|9)|windows-125[02478])$/;
/** Of 100: what a detector says where nothing speaks against it is less. */
const LEAST = 20;
const CERTAIN = 40;
const FEW_LETTERS = 12;

/** @returns its name, as iconv takes it */
export function guessEncoding(bytes: Uint8Array): string {
  const telling = tellingLines(bytes);
  const usual = telling.some((byte) => byte >= 0x80 && byte < 0xa0) ? 'windows-1252' : 'ISO-8859-1';
  const best = analyse(telling).find(({ name }) => !/^(?:ASCII|UTF)/.test(name));
  if (!best) return usual;
  const letters = telling.filter((byte) => byte > 0x7f).length;
  const told = LATIN.test(best.name) ? best.confidence >= CERTAIN && letters >= FEW_LETTERS : best.confidence >= LEAST;
  return told ? best.name : usual;
}
