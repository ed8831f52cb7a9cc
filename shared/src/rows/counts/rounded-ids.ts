// Ids that a spreadsheet has rounded: several of them may have become one.
import { isRoundedText } from '../checks/rounded-text.ts';
import { shown } from '../row-fault.ts';

export interface RoundedIdsState {
  rows: number;
  example: string;
}

export class RoundedIds {
  readonly state: RoundedIdsState;

  constructor(from: RoundedIdsState = { rows: 0, example: '' }) {
    this.state = from;
  }

  /** @param ids of one row */
  add(...ids: (string | undefined)[]): void {
    const found = ids.find(isRoundedText);
    if (found === undefined) return;
    if (this.state.rows === 0) this.state.example = found;
    this.state.rows++;
  }

  warnings(): string[] {
    const { rows, example } = this.state;
    if (rows === 0) return [];
    return [
      `${rows === 1 ? '1 row has an id' : `${rows} rows have ids`} such as ${shown(example)}, which look rounded by a spreadsheet: several users or items may have become one. Format the column as text before export.`,
    ];
  }
}
