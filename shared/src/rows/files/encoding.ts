// The border of every file: its bytes as UTF-8, or why they are none and how they become so.

import { shown } from '../row-fault.ts';
import type { BadRow } from '../row-reader.ts';
import { begins, binaryFile, HEAD_BYTES, isParquet } from './binary-files.ts';
import { type EncodingGuess, guessEncodings } from './guess-encoding.ts';
import { LineCounter } from './line-counter.ts';

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** Further in a NUL byte is one odd character of a text. */
const BINARY_BYTES = 4096;

const fault = (line: number, problem: string, fix: string): BadRow => ({ line, column: null, problem, fix });

function convert(from: string): string {
  return `Convert it: iconv -f ${from} -t UTF-8 in > out`;
}

const named = ({ name, reading }: EncodingGuess) => (reading === undefined ? name : `${name} (${shown(reading)})`);

interface Opening {
  encoding: TextEncoding;
  /** Bytes that are no text. */
  skipped: number;
}

function openingOf(head: Uint8Array): Opening | BadRow {
  const [a, b, c, d] = head;
  if (isParquet(head)) {
    return fault(
      1,
      'This is a Parquet file, where text was expected.',
      'Give it as format parquet, or write it as CSV.',
    );
  }
  const binary = binaryFile(head);
  if (binary) return fault(1, `This is no text: the file is ${binary.name}.`, binary.fix);
  if (begins(head, [0xff, 0xfe, 0, 0]) || begins(head, [0, 0, 0xfe, 0xff])) {
    return fault(1, 'This is UTF-32, which is not read.', convert('UTF-32'));
  }
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', skipped: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', skipped: 2 };
  if (a && b === 0 && c && d === 0) {
    return fault(1, 'This looks like UTF-16 (little-endian) without a byte order mark.', convert('UTF-16LE'));
  }
  if (a === 0 && b && c === 0 && d) {
    return fault(1, 'This looks like UTF-16 (big-endian) without a byte order mark.', convert('UTF-16BE'));
  }
  return { encoding: 'utf-8', skipped: 0 };
}

/** Length of the sequence that this byte begins, 0 where it begins none. */
function sequenceLength(byte: number): number {
  if (byte < 0x80) return 1;
  if (byte < 0xc2 || byte > 0xf4) return 0;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}

/** @returns where the first sequence begins that is no UTF-8, or that is not whole; the length where all is well */
function soundUntil(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at]!);
    if (length === 1) {
      at++;
      continue;
    }
    if (length === 0 || at + length > bytes.length) return at;
    try {
      decoder.decode(bytes.subarray(at, at + length));
    } catch {
      return at;
    }
    at += length;
  }
  return at;
}

/** Bytes of a sequence that the next chunk completes. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}

/** UTF-16 code units of a text in UTF-8. */
function unitsIn(bytes: Uint8Array): number {
  let units = 0;
  for (const byte of bytes) if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  return units;
}

const concat = (a: Uint8Array, b: Uint8Array) => {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
};

export interface TextState {
  encoding: TextEncoding;
  /** Of the file, and of its text in UTF-8. */
  offset: { file: number; text: number };
}

/**
 * UTF-8 passes as it is, with its byte order mark; UTF-16 with one becomes UTF-8. All else is refused at its first odd byte, and nothing
 * after it is read.
 */
export class TextBorder {
  fault: BadRow | undefined;
  private encoding: TextEncoding | undefined;
  private held: Uint8Array = new Uint8Array();
  private readonly lines: LineCounter;
  private read = 0;
  private seenBeyondAscii = false;
  private readonly utf16 = new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true });
  private readonly encoder = new TextEncoder();
  /** Of UTF-16: how far its place in the file is known, and the text behind. */
  private known: TextState['offset'];
  private readonly pieces: Uint8Array[] = [];

  constructor(from: { line: number; state: TextState | undefined } = { line: 1, state: undefined }) {
    this.encoding = from.state?.encoding;
    this.lines = new LineCounter(from.line);
    this.known = from.state?.offset ?? { file: 0, text: 0 };
  }

  /** @returns the text that is whole with this chunk */
  push(chunk: Uint8Array): Uint8Array {
    if (this.fault) return new Uint8Array();
    let bytes = concat(this.held, chunk);
    this.held = new Uint8Array();
    if (!this.encoding) {
      if (bytes.length < HEAD_BYTES) {
        this.held = bytes.slice();
        return new Uint8Array();
      }
      const skipped = this.begin(bytes);
      if (skipped > 0) bytes = bytes.subarray(skipped);
    }
    return this.fault ? new Uint8Array() : this.pass(bytes);
  }

  end(): Uint8Array {
    if (this.fault) return new Uint8Array();
    let text: Uint8Array = new Uint8Array();
    if (!this.encoding && this.held.length > 0) {
      const { held } = this;
      this.held = new Uint8Array();
      const skipped = this.begin(held);
      text = this.fault ? text : this.pass(held.subarray(skipped));
    }
    if (this.held.length > 0) {
      this.fault = fault(
        this.lines.line,
        'The file ends in the middle of a character.',
        'Give the whole file: it seems to have been cut off.',
      );
    }
    return text;
  }

  /** Where in the file the text stands at this place, which is not before that of the call before. */
  state(textOffset: number): TextState {
    const encoding = this.encoding ?? 'utf-8';
    if (encoding === 'utf-8') return { encoding, offset: { file: textOffset, text: textOffset } };
    let { file, text } = this.known;
    while (text < textOffset) {
      const [piece] = this.pieces as [Uint8Array];
      const passed = piece.subarray(0, textOffset - text);
      file += 2 * unitsIn(passed);
      text += passed.length;
      if (passed.length === piece.length) this.pieces.shift();
      else this.pieces[0] = piece.subarray(passed.length);
    }
    this.known = { file, text };
    return { encoding, offset: this.known };
  }

  private begin(bytes: Uint8Array): number {
    const opening = openingOf(bytes);
    if ('problem' in opening) {
      this.fault = opening;
      return 0;
    }
    this.encoding = opening.encoding;
    this.known = { file: opening.skipped, text: 0 };
    return opening.skipped;
  }

  private pass(bytes: Uint8Array): Uint8Array {
    if (this.encoding !== 'utf-8') return this.passUtf16(bytes);
    const rest = unfinished(bytes);
    const whole = rest > 0 ? bytes.subarray(0, bytes.length - rest) : bytes;
    this.held = rest > 0 ? bytes.slice(bytes.length - rest) : this.held;
    if (this.read < BINARY_BYTES && whole.subarray(0, BINARY_BYTES - this.read).includes(0)) {
      this.fault = fault(
        1,
        'This is no text: there are NUL bytes in it.',
        'Give a table as CSV, JSON or JSON Lines in UTF-8, or Parquet.',
      );
      return new Uint8Array();
    }
    this.read += whole.length;
    try {
      const { length } = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(whole);
      this.seenBeyondAscii ||= length < whole.length;
      this.lines.add(whole);
      return whole;
    } catch {
      this.refuse(whole);
      return new Uint8Array();
    }
  }

  private refuse(bytes: Uint8Array): void {
    const sound = soundUntil(bytes);
    this.lines.add(bytes.subarray(0, sound));
    const { line } = this.lines;
    const beyond = this.seenBeyondAscii || bytes.subarray(0, sound).some((byte) => byte > 0x7f);
    const guesses = guessEncodings(bytes);
    const like = guesses.map(named).join(' or ');
    const [{ name }] = guesses;
    const fix = guesses.length === 1 ? convert(name) : `Take the one that reads right. ${convert(name)}`;
    this.fault = beyond
      ? fault(
          line,
          `This line is not UTF-8, while lines before it are: the file holds several encodings, here perhaps ${like}.`,
          'Write the file again in one encoding, or mend this line.',
        )
      : fault(line, `This is not UTF-8: it looks like ${like}.`, fix);
  }

  private passUtf16(bytes: Uint8Array): Uint8Array {
    const units = bytes.length >> 1;
    const whole = bytes.slice(0, 2 * units);
    if (this.encoding === 'utf-16be') {
      for (let at = 0; at < whole.length; at += 2) [whole[at], whole[at + 1]] = [whole[at + 1]!, whole[at]!];
    }
    // Half a pair of surrogates waits for its other half, in the order of the file.
    const high = whole.length > 0 && (whole[whole.length - 1]! & 0xfc) === 0xd8 ? 2 : 0;
    this.held = bytes.slice(whole.length - high);
    try {
      const utf8 = this.encoder.encode(this.utf16.decode(whole.subarray(0, whole.length - high)));
      this.pieces.push(utf8);
      this.lines.add(utf8);
      return utf8;
    } catch {
      const problem = 'This is broken UTF-16: there is half a character in it.';
      this.fault = fault(this.lines.line, problem, 'Write the file again as UTF-8.');
      return new Uint8Array();
    }
  }
}
