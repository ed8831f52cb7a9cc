// The story of a tuning as it is told event by event, kept as curves and a log; an event told twice counts once.
import { downsample } from '@tallrec/shared/downsample';
import type { JobEvent, SequencedEvent } from '@tallrec/shared/wire/jobs';
import type { TuningMetrics } from '@tallrec/shared/wire/tunings';

type Step = TuningMetrics['steps'][number];
type Evaluation = TuningMetrics['evaluations'][number];
type Told<T extends JobEvent['type']> = Extract<JobEvent, { type: T }>;

export interface LogEntry {
  seq: number;
  at: string;
  event: Told<'started' | 'evaluated' | 'note' | 'checkpointed' | 'state'>;
}

/** What the page shows of it at one moment. */
export interface StoryView extends TuningMetrics {
  /** The newest first. */
  log: readonly LogEntry[];
  latest: Told<'step'> | null;
  /** Rows that each evaluation judged; null until that is told. */
  validSamples: number | null;
}

/** As many points of a curve as a chart of this width can show. */
const CURVE_POINTS = 400;
const LOG_ENTRIES = 200;

export class TuningStory {
  #lastSeq = 0;
  readonly #steps = new Map<number, Step>();
  readonly #evaluations = new Map<number, Evaluation>();
  readonly #log: LogEntry[] = [];
  #latest: Told<'step'> | null = null;
  #validRuleAuc: number | null = null;
  #validSamples: number | null = null;

  /** @returns whether it was news */
  add({ seq, at, event }: SequencedEvent): boolean {
    if (seq <= this.#lastSeq) return false;
    this.#lastSeq = seq;
    switch (event.type) {
      case 'step': {
        const { step, loss, learningRate, gradientNorm, tokensPerSecond } = event;
        // After a node was lost a step is run again, and counts as it was the second time.
        this.#steps.set(step, { step, loss, learningRate, gradientNorm, tokensPerSecond });
        this.#latest = event;
        break;
      }
      case 'evaluated': {
        const { step, validAuc, validLoss, best } = event;
        this.#evaluations.set(step, { step, validAuc, validLoss, best });
        if (best) this.#log.push({ seq, at, event });
        break;
      }
      case 'started':
        this.#validRuleAuc = event.validRuleAuc ?? this.#validRuleAuc;
        this.#validSamples = event.validSamples;
        this.#log.push({ seq, at, event });
        break;
      case 'note':
      case 'checkpointed':
      case 'state':
        this.#log.push({ seq, at, event });
        break;
      case 'progress':
        break;
    }
    return true;
  }

  view(): StoryView {
    return {
      steps: inOrder(this.#steps, ({ loss }) => loss),
      evaluations: inOrder(this.#evaluations, ({ validAuc, validLoss }) => validAuc ?? validLoss),
      validRuleAuc: this.#validRuleAuc,
      log: this.#log.slice(-LOG_ENTRIES).reverse(),
      latest: this.#latest,
      validSamples: this.#validSamples,
    };
  }
}

function inOrder<T extends { step: number }>(curve: Map<number, T>, height: (point: T) => number): T[] {
  const sorted = [...curve.values()].sort((a, b) => a.step - b.step);
  return downsample(sorted, CURVE_POINTS, height);
}
