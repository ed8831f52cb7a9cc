// What every row of a results table is: something that is fit on K samples and then scores others.
import type { LabelledSample, Sample } from '@tallrec/shared/sample';

export const METHOD_KINDS = ['conventional', 'language-model', 'control'] as const;
export type MethodKind = (typeof METHOD_KINDS)[number];

export interface FitData {
  /** The K shots. */
  train: readonly LabelledSample[];
  /** For early stopping and for the choice of hyper-parameters; the test rows are never seen by a fit. */
  valid: readonly LabelledSample[];
}

export interface FitOptions {
  /** Of every random choice: the same data and seed give the same scores on the same machine. */
  seed: number;
  signal?: AbortSignal | undefined;
  /** @param total what is to be done, as far as it is known */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface FittedMethod {
  /** One finite number a sample, in their order: higher means more likely liked. */
  score(
    samples: readonly Sample[],
    options?: { signal?: AbortSignal | undefined; onProgress?: FitOptions['onProgress'] },
  ): Promise<number[]>;
  /** What validation chose: hyper-parameters, the best step. */
  readonly chosen: Readonly<Record<string, number | string | boolean>>;
  /** Tokens that a language model has read so far, in fitting and in scoring. */
  readonly tokens?: number;
  close?(): Promise<void>;
}

export interface Method {
  /** As on a command line: lower case, words parted by hyphens. */
  readonly name: string;
  /** As in a table. */
  readonly title: string;
  readonly kind: MethodKind;
  /** @throws TallrecError, by its code CANCELLED when the signal ended it */
  fit(data: FitData, options: FitOptions): Promise<FittedMethod>;
}
