// How fast this machine tuned which model, kept on its disk: what the times of later tunings are told from.
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseJson } from '@tallrec/shared/json';
import { loraModuleSchema, type TuningSettings } from '@tallrec/shared/tuning';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';

/** What a speed depends on beside the model. */
export const workSchema = z.object({
  provider: z.string(),
  precision: z.string(),
  /** As in `MemoryPlan`. */
  checkpointing: z.boolean(),
  lossOn: z.enum(['answer', 'all']),
  loraModules: z.array(loraModuleSchema),
  loraRank: z.int(),
  microBatchTokens: z.int(),
  /** Rows that are in pairs are scored before each step. */
  lossPairs: z.boolean().default(false),
});
export type Work = z.infer<typeof workSchema>;

export const measuredSchema = z.object({
  tokensPerSecond: z.number().positive(),
  /** Mean tokens of a step: small steps are slower for their size. */
  stepTokens: z.number().positive(),
  /** Of the rows of an evaluation; null where there was none. */
  evaluatedTokensPerSecond: z.number().positive().nullable(),
  /** Neither steps nor evaluations: loading, checkpoints, the end. */
  otherMs: z.number().min(0),
});
export type Measured = z.infer<typeof measuredSchema>;

const speedSchema = measuredSchema.extend({
  atMs: z.number(),
  /** A whole tuning, or a few rows tried out. */
  from: z.enum(['tuning', 'trial']),
  work: workSchema,
});
export type Speed = z.infer<typeof speedSchema>;

const KEPT = 20;
/** Fewer than are kept, so that a machine that has become faster or slower is soon known. */
const TAKEN = 5;

export function workOf(
  { provider, precision }: { provider: string; precision: string },
  settings: TuningSettings,
  checkpointing: boolean,
): Work {
  const { lossOn, loraModules, loraRank, microBatchTokens, lossPairs } = settings.hyperParameters;
  return {
    ...{ provider, precision, checkpointing, lossOn },
    loraModules: [...loraModules].sort(),
    ...{ loraRank, microBatchTokens },
    lossPairs: lossPairs > 0,
  };
}

export interface KnownSpeed extends Omit<Measured, 'tokensPerSecond' | 'stepTokens'> {
  /** What each step takes, and each token of it. */
  stepMs: number;
  tokenMs: number;
  from: Speed['from'];
  /** So many measurements. */
  count: number;
  /** They were of the very same work. */
  alike: boolean;
}

/** @returns undefined where nothing was measured under the same provider and precision */
export function speedFor(work: Work, speeds: readonly Speed[]): KnownSpeed | undefined {
  const comparable = speeds.filter(
    (speed) => speed.work.provider === work.provider && speed.work.precision === work.precision,
  );
  const isAlike = (speed: Speed) => JSON.stringify(speed.work) === JSON.stringify(work);
  const tunings = comparable.filter(({ from }) => from === 'tuning');
  const best = [tunings.filter(isAlike), tunings, comparable].find((found) => found.length > 0);
  if (!best) return undefined;
  const taken = best.slice(-TAKEN);
  const evaluated = taken.flatMap((speed) => speed.evaluatedTokensPerSecond ?? []);
  return {
    ...stepCost(taken),
    evaluatedTokensPerSecond: evaluated.length > 0 ? median(evaluated) : null,
    otherMs: median(taken.map((speed) => speed.otherMs)),
    from: taken[0]!.from,
    count: taken.length,
    alike: taken.every(isAlike),
  };
}

/** Steps as different as this tell what they take beside their tokens. */
const DIFFERENT = 1.5;

/** Least squares over steps of different sizes; else all of it lies in the tokens. */
function stepCost(speeds: readonly Speed[]): Pick<KnownSpeed, 'stepMs' | 'tokenMs'> {
  const sizes = speeds.map(({ stepTokens }) => stepTokens);
  const inTokens = { stepMs: 0, tokenMs: median(speeds.map(({ tokensPerSecond }) => 1000 / tokensPerSecond)) };
  if (Math.max(...sizes) < DIFFERENT * Math.min(...sizes)) return inTokens;
  const took = speeds.map(({ stepTokens, tokensPerSecond }) => (1000 * stepTokens) / tokensPerSecond);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanSize, meanTook] = [mean(sizes), mean(took)];
  const tokenMs =
    sizes.reduce((sum, size, at) => sum + (size - meanSize) * (took[at]! - meanTook), 0) /
    sizes.reduce((sum, size) => sum + (size - meanSize) ** 2, 0);
  const stepMs = meanTook - tokenMs * meanSize;
  return tokenMs > 0 && stepMs >= 0 ? { stepMs, tokenMs } : inTokens;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** One file a model, by its content; one process at a time adds to it. */
export class SpeedStore {
  readonly #dir: string;

  constructor(home: string) {
    this.#dir = join(home, 'speeds');
  }

  /** The oldest first; none where the file is not there, or of another version. */
  async read(contentHash: string): Promise<Speed[]> {
    const text = await readFile(this.#path(contentHash), 'utf8').catch(() => '');
    const parsed = z.array(speedSchema).safeParse(parseJson(text));
    return parsed.success ? parsed.data : [];
  }

  async add(contentHash: string, speed: Speed): Promise<void> {
    const path = this.#path(contentHash);
    const speeds = [...(await this.read(contentHash)), speedSchema.parse(speed)].slice(-KEPT);
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically(path, [JSON.stringify(speeds)]);
  }

  #path(contentHash: string): string {
    return join(this.#dir, `${contentHash}.json`);
  }
}
