// What every row of a results table is: something that is fit on K samples and then scores others.
import type { ItemStatistics } from '@tallrec/shared/item-opinions';
import type { MethodKind } from '@tallrec/shared/methods';
import type { LabelledSample, Sample } from '@tallrec/shared/sample';

export { METHOD_KINDS } from '@tallrec/shared/methods';

export interface FitData {
  /** The K shots. */
  train: readonly LabelledSample[];
  /** For early stopping and for the choice of hyper-parameters; the test rows are never seen by a fit. */
  valid: readonly LabelledSample[];
  /** Of items, from other records than the samples: what a blend is fit with. */
  facts?: ItemStatistics | undefined;
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
  /** Its scores are log-odds of a like, which stand for probabilities. */
  readonly logOdds?: boolean;
  /** Two fits of the same one give each sample the same score; without it samples are not scored apart from each other. */
  readonly identity?: string;
  /** What validation chose: hyper-parameters, the best step. */
  readonly chosen: Readonly<Record<string, number | string | boolean>>;
  /** Tokens that a language model has read so far, in fitting and in scoring. */
  readonly tokens?: number;
  /** What a paid service has charged so far, in US dollars, by the prices it was given. */
  readonly costUsd?: number;
  /** Milliseconds of this fit that an earlier run had done and kept. */
  readonly earlierMs?: number;
  /** Milliseconds that had been spent on scores which another method of the run needed first. */
  readonly earlierScoreMs?: number;
  close?(): Promise<void>;
}

export interface Method {
  /** As on a command line: lower case, words parted by hyphens. */
  readonly name: string;
  /** As in a table. */
  readonly title: string;
  readonly kind: MethodKind;
  /** All but data and seed that its scores follow from; a result is known by it. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What its scores do not depend on: it is then run once for all of them. */
  readonly ignores?: readonly ('shots' | 'seed')[];
  /**
   * A rough time for a fit and the scores of so many test rows, from a short piece of the work.
   * Without it a small fit is timed.
   * @returns milliseconds
   */
  estimateMs?(data: FitData, testRows: number, signal?: AbortSignal): Promise<number>;
  /** @throws TallrecError, by its code CANCELLED when the signal ended it */
  fit(data: FitData, options: FitOptions): Promise<FittedMethod>;
}
