// A text of the corpus in segments: what is given, and what is to be learned.
import { IGNORED_LABEL, type LabelledRow } from '../llama/model.ts';
import type { Tokenizer } from '../llama/tokenizer.ts';

export interface Segment {
  text: string;
  /** Whether its tokens are predicted in training. */
  learned: boolean;
}

/** Segments part where words part (a word's space stands before it), so that each can be tokenised by itself. */
export type Passage = readonly Segment[];

export const given = (text: string): Segment => ({ text, learned: false });
export const learned = (text: string): Segment => ({ text, learned: true });

export function textOf(passage: Passage): string {
  return passage.map(({ text }) => text).join('');
}

/** @param endToken stands after a passage, and is learned, where it is given */
export function labelledRow(passage: Passage, tokenizer: Tokenizer, endToken?: number): LabelledRow {
  const tokens: number[] = [];
  const labels: number[] = [];
  for (const { text, learned } of passage) {
    for (const token of tokenizer.encode(text)) {
      tokens.push(token);
      labels.push(learned ? token : IGNORED_LABEL);
    }
  }
  if (endToken !== undefined) {
    tokens.push(endToken);
    labels.push(endToken);
  }
  labels[0] = IGNORED_LABEL;
  return { tokens, labels };
}
