// Measures a tuning from what it tells as it goes.
import type { TuningEvent, TuningReport } from '@tallrec/shared/tuning';
import type { Measured } from './speeds.ts';

/** Fewer say more of the start than of the speed. */
const LEAST_STEPS = 3;

export class SpeedMeter {
  readonly #clock: () => number;
  readonly #beganAt: number;
  #lastAt: number;
  #trainMs = 0;
  #evaluateMs = 0;
  #evaluations = 0;
  #resumed = false;
  #epoch = 0;

  /**
   * @param clock milliseconds that only grow
   * @param earlierMs that it had taken before: its data had to come, and a process to start
   */
  constructor(clock: () => number, earlierMs = 0) {
    this.#clock = clock;
    this.#lastAt = clock();
    this.#beganAt = this.#lastAt - earlierMs;
  }

  /** Called with each event as it is told. */
  note(event: TuningEvent): void {
    const now = this.#clock();
    const took = now - this.#lastAt;
    this.#lastAt = now;
    if (event.type === 'started') this.#resumed = event.step > 0;
    if (event.type === 'step') {
      this.#trainMs += took;
      this.#epoch = event.epoch;
    }
    if (event.type === 'evaluated') {
      this.#evaluateMs += took;
      this.#evaluations++;
    }
  }

  /** @returns undefined for one that went on from a checkpoint, or was too short to tell */
  end({
    steps,
    tokens,
    trainSamples,
    validSamples,
  }: Pick<TuningReport, 'steps' | 'tokens' | 'trainSamples' | 'validSamples'>): Measured | undefined {
    if (this.#resumed || steps < LEAST_STEPS || this.#trainMs <= 0 || this.#epoch <= 0) return undefined;
    const tokensPerRow = tokens / (this.#epoch * trainSamples);
    const evaluatedTokens = this.#evaluations * validSamples * tokensPerRow;
    return {
      tokensPerSecond: (1000 * tokens) / this.#trainMs,
      stepTokens: tokens / steps,
      evaluatedTokensPerSecond: this.#evaluateMs > 0 ? (1000 * evaluatedTokens) / this.#evaluateMs : null,
      otherMs: Math.max(0, this.#clock() - this.#beganAt - this.#trainMs - this.#evaluateMs),
    };
  }
}
