// Which encodings bytes may be in that are no UTF-8, and how each would read them.
import { analyse } from 'chardet';

const [LF, CR] = [0x0a, 0x0d];
const GUESSED_BY_BYTES = 16_384;

/** The lines that hold more than ASCII: detectors are led astray by the rest. */
function tellingLines(bytes: Uint8Array): Uint8Array[] {
  const telling: Uint8Array[] = [];
  let taken = 0;
  let start = 0;
  while (start < bytes.length && taken < GUESSED_BY_BYTES) {
    let end = start;
    while (end < bytes.length && bytes[end] !== LF && bytes[end] !== CR) end++;
    const line = bytes.subarray(start, Math.min(end, start + GUESSED_BY_BYTES - taken));
    if (line.some((byte) => byte > 0x7f)) {
      telling.push(line);
      taken += line.length;
    }
    start = end + 1;
  }
  return telling;
}

/** The upper half of DOS's code page for western Europe, which decoders of the web do not have. */
const CP850 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0';

/** What detectors do not know, or know too rarely, by the confidence that they are worth unseen; of 100, as detectors count. */
const UNSEEN: Readonly<Record<string, number>> = {
  'windows-1252': 30,
  MACINTOSH: 25,
  CP850: 25,
  'ISO-8859-2': 20,
  'windows-1250': 20,
  GB18030: 15,
};
/** Where fewer letters speak, detectors can hardly tell the alphabets of Europe from one another. */
const LEAST_DETECTED = 10;
const MOST_CANDIDATES = 3;
/** One that leads by so much stands alone. */
const CLEAR_LEAD = 30;
const IMPLAUSIBLE_COSTS = 150;
const SHOWN_CHARACTERS = 40;

/** @returns null where there is no such text in this encoding */
function decoded(bytes: Uint8Array, name: string): string | null {
  if (name === 'CP850') {
    return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : CP850[byte - 0x80])).join('');
  }
  try {
    const text = new TextDecoder(name, { fatal: true, ignoreBOM: true }).decode(bytes);
    // Decoders of the web read ISO-8859-1 as windows-1252, and leave control characters where that has none.
    return /[\u0080-\u009f\ue000-\uf8ff]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

/** Letters that stand as no language has them, and symbols within words. */
const IMPLAUSIBLE = [
  /(?<=\p{Ll})(?![A-Z])\p{Lu}/gu,
  /(?<=\p{Lu}\p{Lu})(?![a-z])\p{Ll}(?=\p{Lu})/gu,
  /(?<=\p{L})[^\0-\x7f\p{L}\p{M}’‘'·‐–—…™®©°\p{Z}\p{N}»”“](?!$)/gu,
  /[^\0-\x7f\p{L}\p{M}’‘'·‐–—…™®©°\p{Z}\p{N}«»„”“‚‹¿¡£€§¶†](?=\p{L})/gu,
  /[ˆˇ˘˙˚˛˜˝]/g,
  /(?<=[À-ɏ]{3})[À-ɏ]/g,
  /(?<=[a-z])(?:\p{Script=Han}|\p{Script=Hangul})|(?:\p{Script=Han}|\p{Script=Hangul})(?=[a-z])/gu,
  /(?<=\p{Script=Hangul})\p{Script=Han}|\p{Script=Han}(?=\p{Script=Hangul})/gu,
];
/** Hanja are rare in Korean of today, and half-width kana in Japanese. */
const RARE: Readonly<Record<string, RegExp>> = { 'EUC-KR': /\p{Script=Han}/gu, Shift_JIS: /[\uff61-\uff9f]/g };

/** @returns the share of the characters beyond ASCII */
function implausible(text: string, name: string): number {
  const beyond = text.match(/[^\0-\x7f]/gu)?.length ?? 1;
  const patterns = [...IMPLAUSIBLE, ...(RARE[name] ? [RARE[name]] : [])];
  const odd = patterns.reduce((sum, pattern) => sum + (text.match(pattern)?.length ?? 0), 0);
  return Math.min(1, odd / beyond);
}

export interface EncodingGuess {
  /** As iconv takes it. */
  name: string;
  /** A text of the file, where several may be meant and they differ in it. */
  reading?: string;
}

/** @returns the likely ones, the likeliest first; one alone where there is little doubt */
export function guessEncodings(bytes: Uint8Array): [EncodingGuess, ...EncodingGuess[]] {
  const lines = tellingLines(bytes);
  const telling = Uint8Array.from(lines.flatMap((line) => [...line, LF]));
  const usual = telling.some((byte) => byte >= 0x80 && byte < 0xa0) ? 'windows-1252' : 'ISO-8859-1';
  const scores = new Map(
    Object.entries(UNSEEN).map(([name, score]) => [name === 'windows-1252' ? usual : name, score]),
  );
  for (const { name, confidence } of analyse(telling)) {
    if (/^(?:ASCII|UTF)/.test(name) || confidence < LEAST_DETECTED) continue;
    scores.set(name, Math.max(confidence, scores.get(name) ?? 0));
  }
  const found: { name: string; score: number; text: string }[] = [];
  for (const [name, score] of scores) {
    const text = decoded(telling, name);
    if (text !== null) found.push({ name, text, score: score - IMPLAUSIBLE_COSTS * implausible(text, name) });
  }
  found.sort((a, b) => b.score - a.score);
  const [first] = found;
  if (!first) return [{ name: usual }];
  // What reads the same text goes by the usual name.
  const best = found.find(({ name, text }) => name === usual && text === first.text) ?? first;
  const others = found.filter((one) => one !== best);
  const texts = new Set([best.text]);
  const likely = others.filter(({ score, text }) => {
    if (texts.has(text) || score <= first.score - CLEAR_LEAD) return false;
    texts.add(text);
    return true;
  });
  if (likely.length === 0) return [{ name: best.name }];
  const candidates = [best, ...likely].slice(0, MOST_CANDIDATES);
  const telltale = lines.find((line) => decoded(line, best.name) !== decoded(line, likely[0]!.name)) ?? lines[0]!;
  const [top, ...rest] = candidates.map(({ name }) => ({ name, reading: readingOf(telltale, name) }));
  return [top!, ...rest];
}

/** The cell with the first character beyond ASCII. */
function readingOf(line: Uint8Array, name: string): string {
  const cell = /[^,;|"\t]*[^\0-\x7f][^,;|"\t]*/u.exec(decoded(line, name) ?? '')?.[0] ?? '';
  return cell.trim().slice(0, SHOWN_CHARACTERS).toWellFormed();
}
