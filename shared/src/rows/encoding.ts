// The border of every file: its bytes as UTF-8, or why they are none and how they become so.
import { analyse } from 'chardet';
import { LineCounter } from './line-counter.ts';
import type { BadRow } from './row-reader.ts';

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

const NEWLINE = 0x0a;
const HEAD_BYTES = 4;
/** Further in a NUL byte is one odd character of a text. */
const BINARY_BYTES = 4096;
const GUESSED_BY_BYTES = 16_384;

/** What people have instead of text, by its first bytes. */
const BINARIES: readonly (readonly [name: string, fix: string, magic: readonly number[]])[] = [
  [
    'an Excel workbook or another zip archive',
    'Save the sheet as CSV (UTF-8), or unpack the archive.',
    [0x50, 0x4b, 3, 4],
  ],
  ['an empty zip archive', 'Pack it again, and give what is in it.', [0x50, 0x4b, 5, 6]],
  ['an old Excel workbook (.xls)', 'Save the sheet as CSV (UTF-8).', [0xd0, 0xcf, 0x11, 0xe0]],
  ['compressed by gzip', 'Unpack it first: gunzip in.gz.', [0x1f, 0x8b]],
  ['compressed by bzip2', 'Unpack it first: bunzip2 in.bz2.', [0x42, 0x5a, 0x68]],
  ['compressed by xz', 'Unpack it first: unxz in.xz.', [0xfd, 0x37, 0x7a, 0x58]],
  ['compressed by Zstandard', 'Unpack it first: unzstd in.zst.', [0x28, 0xb5, 0x2f, 0xfd]],
  ['a 7-Zip archive', 'Unpack it first: 7z x in.7z.', [0x37, 0x7a, 0xbc, 0xaf]],
  ['a RAR archive', 'Unpack it first.', [0x52, 0x61, 0x72, 0x21]],
  ['a PDF', 'Give the table itself, as CSV.', [0x25, 0x50, 0x44, 0x46]],
  ['a SQLite database', 'Export the table: sqlite3 -header -csv in.db "select …" > out.csv.', [0x53, 0x51, 0x4c, 0x69]],
  ['an Arrow or Feather file', 'Write it as Parquet or CSV, for example with pandas.', [0x41, 0x52, 0x52, 0x4f]],
  ['an Arrow or Feather file', 'Write it as Parquet or CSV, for example with pandas.', [0x46, 0x45, 0x41, 0x31]],
  ['an HDF5 file', 'Write it as Parquet or CSV, for example with pandas.', [0x89, 0x48, 0x44, 0x46]],
  ['a NumPy array', 'Write it as CSV with its columns named.', [0x93, 0x4e, 0x55, 0x4d]],
  ['an Avro file', 'Write it as Parquet or JSON Lines.', [0x4f, 0x62, 0x6a, 0x01]],
  ['a Python pickle', 'Write it as Parquet, CSV or JSON Lines, for example with pandas.', [0x80, 0x02]],
  ['a Python pickle', 'Write it as Parquet, CSV or JSON Lines, for example with pandas.', [0x80, 0x03]],
  ['a Python pickle', 'Write it as Parquet, CSV or JSON Lines, for example with pandas.', [0x80, 0x04]],
  ['a Python pickle', 'Write it as Parquet, CSV or JSON Lines, for example with pandas.', [0x80, 0x05]],
  ['a PNG picture', 'Give a table or JSON.', [0x89, 0x50, 0x4e, 0x47]],
];

const PARQUET = [0x50, 0x41, 0x52, 0x31];

const begins = (bytes: Uint8Array, magic: readonly number[]) => magic.every((byte, at) => bytes[at] === byte);

/** Parquet files are no stream: see `parquet.ts`. */
export function isParquet(head: Uint8Array): boolean {
  return begins(head, PARQUET);
}

const fault = (line: number, problem: string, fix: string): BadRow => ({ line, column: null, problem, fix });

function convert(from: string): string {
  return `Convert it: iconv -f ${from} -t UTF-8 in > out`;
}

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
  const binary = BINARIES.find(([, , magic]) => begins(head, magic));
  if (binary) return fault(1, `This is no text: the file is ${binary[0]}.`, binary[1]);
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
const CERTAIN = 40;

function guessEncoding(bytes: Uint8Array): string {
  const telling = tellingLines(bytes);
  const usual = telling.some((byte) => byte >= 0x80 && byte < 0xa0) ? 'windows-1252' : 'ISO-8859-1';
  const best = analyse(telling).find(({ name }) => !/^(?:ASCII|UTF)/.test(name));
  return !best || (LATIN.test(best.name) && best.confidence < CERTAIN) ? usual : best.name;
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
    const like = guessEncoding(bytes);
    this.fault = beyond
      ? fault(
          line,
          `This line is not UTF-8, while lines before it are: the file holds several encodings, here perhaps ${like}.`,
          'Write the file again in one encoding, or mend this line.',
        )
      : fault(line, `This is not UTF-8: it looks like ${like}.`, convert(like));
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
