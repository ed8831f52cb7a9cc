// Every method of the results tables by name: what it is, what it needs beside samples, and whether it learns from them.
import { z } from 'zod';

export const METHOD_KINDS = ['conventional', 'language-model', 'control'] as const;
export type MethodKind = (typeof METHOD_KINDS)[number];

/** A sentence encoder's folder, a model, a model with instruction data, the key of a paid service. */
export type MethodNeed = 'encoder' | 'model' | 'instructions' | 'remote';

export interface NamedMethod {
  name: string;
  /** As in a table. */
  title: string;
  kind: MethodKind;
  needs?: MethodNeed;
  /** Nothing is learned from training samples. */
  shotless?: true;
  /** It has a blend, which facts about items can enter. */
  blended?: true;
}

export const METHODS = [
  { name: 'gru4rec', title: 'GRU4Rec', kind: 'conventional' },
  { name: 'caser', title: 'Caser', kind: 'conventional' },
  { name: 'sasrec', title: 'SASRec', kind: 'conventional' },
  { name: 'dros', title: 'DROS', kind: 'conventional' },
  { name: 'gru-bert', title: 'GRU-BERT', kind: 'conventional', needs: 'encoder' },
  { name: 'dros-bert', title: 'DROS-BERT', kind: 'conventional', needs: 'encoder' },
  { name: 'zero-shot', title: 'Zero-shot', kind: 'language-model', needs: 'model', shotless: true },
  { name: 'blend-rank', title: 'Zero-shot, blend (rank)', kind: 'language-model', needs: 'model', blended: true },
  { name: 'blend-score', title: 'Zero-shot, blend (score)', kind: 'language-model', needs: 'model', blended: true },
  { name: 'in-context', title: 'In-context learning', kind: 'language-model', needs: 'model' },
  { name: 'in-context-remote', title: 'In-context learning, remote', kind: 'language-model', needs: 'remote' },
  { name: 'at', title: 'Alpaca tuning only (AT)', kind: 'language-model', needs: 'instructions', shotless: true },
  { name: 'rt', title: 'Rec tuning only (RT)', kind: 'language-model', needs: 'model' },
  { name: 'rt-blend', title: 'RT, blend', kind: 'language-model', needs: 'model', blended: true },
  { name: 'tallrec', title: 'TALLRec', kind: 'language-model', needs: 'instructions' },
  { name: 'tallrec-blend', title: 'TALLRec, blend', kind: 'language-model', needs: 'instructions', blended: true },
  { name: 'history-share', title: 'Share of history liked', kind: 'control', shotless: true },
  { name: 'popularity', title: 'Item popularity', kind: 'control' },
  { name: 'history-popularity', title: 'History + popularity', kind: 'control' },
  { name: 'ease', title: 'EASE', kind: 'control' },
  { name: 'matrix-factorisation', title: 'Matrix factorisation', kind: 'control' },
  { name: 'logistic-regression', title: 'Logistic regression', kind: 'control' },
] as const satisfies readonly NamedMethod[];
export type MethodName = (typeof METHODS)[number]['name'];

export function methodNamed(name: MethodName): NamedMethod {
  return METHODS.find((method) => method.name === name)!;
}

/** Whether a method is one of a model that a node holds. */
export function usesLanguageModel(name: MethodName): boolean {
  const { needs } = methodNamed(name);
  return needs === 'model' || needs === 'instructions';
}

/** A node spends no one's money at a request of the API: remote models are for the command line. */
export type EvaluatedMethod = Exclude<MethodName, 'in-context-remote'>;
export const evaluatedMethodSchema = z.enum(
  METHODS.map(({ name }) => name).filter((name): name is EvaluatedMethod => name !== 'in-context-remote'),
);
