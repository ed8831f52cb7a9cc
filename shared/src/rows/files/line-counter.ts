// Lines of a text that comes in chunks: they end with LF, CRLF or CR.

const [LF, CR] = [0x0a, 0x0d];

export class LineCounter {
  /** The one that the next byte is on, the first is 1. */
  line: number;
  private afterCr = false;

  constructor(line = 1) {
    this.line = line;
  }

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) this.addByte(bytes[at]!);
  }

  addByte(byte: number): void {
    if (byte === CR || (byte === LF && !this.afterCr)) this.line++;
    this.afterCr = byte === CR;
  }
}

/** @returns how many line ends a text holds */
export function lineEndsIn(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
