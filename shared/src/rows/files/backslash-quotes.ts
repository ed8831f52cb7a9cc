// Book-Crossing and MySQL write a quote within a quoted field as \" where CSV has "".
import type { Dialect } from './dialect.ts';

/** Of as many bytes, so that every place in the text stays where it is. */
const DOUBLED = '""';

/**
 * Rewrites \" as "", unless it ends its field: then the backslash belongs to the field and the quote closes it.
 * Text comes in pieces; what cannot be told yet is held back.
 */
export class BackslashQuotes {
  private readonly endsField: RegExp;
  private held = '';

  constructor({ delimiter, allQuoted }: Pick<Dialect, 'delimiter' | 'allQuoted'>) {
    const next = delimiter.replace('|', '\\|') + (allQuoted ? '"' : '');
    this.endsField = new RegExp(`^(?:${next}|\\r|\\n|$)`);
  }

  push(piece: string): string {
    const text = this.held + piece;
    // A backslash near the end may turn out either way.
    const sure = text.lastIndexOf('\\');
    const cut = sure !== -1 && sure >= text.length - 5 ? sure : text.length;
    this.held = text.slice(cut);
    return this.rewritten(text.slice(0, cut), this.held);
  }

  end(): string {
    const rest = this.held;
    this.held = '';
    return this.rewritten(rest, '');
  }

  private rewritten(text: string, behind: string): string {
    if (!text.includes('\\"')) return text;
    const whole = text + behind;
    return text.replace(/\\(\\|")/g, (pair, second: string, at: number) => {
      if (second === '\\') return pair;
      return this.endsField.test(whole.slice(at + 2, at + 5)) ? pair : DOUBLED;
    });
  }
}
