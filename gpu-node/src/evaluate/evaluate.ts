// Evaluates a model on labelled samples: its AUC beside its interval, what is left within users, and the rules it has to beat.
import { blender, type Logits, probabilityOf, type WholeBlend } from '@tallrec/shared/blend';
import type { Template } from '@tallrec/shared/prompt';
import type { LabelledSample } from '@tallrec/shared/sample';
import type { EvaluationReport } from '@tallrec/shared/wire/evaluations';
import type { Score } from '@tallrec/shared/wire/score';
import type { LanguageModel } from '../llama/model.ts';
import type { PromptRows } from '../llama/prompt-rows.ts';
import { type ScoreOptions, scoreOf, scoreSamples } from '../score/scorer.ts';
import { judge } from './judge.ts';
import { type OnScored, scoreInSlices } from './score-in-slices.ts';
import type { ScoresCheckpoint } from './scores-checkpoint.ts';
import { showScores } from './show-scores.ts';

export interface EvaluateOptions extends Omit<ScoreOptions, 'onProgress'> {
  template: Template;
  precision: string;
  provider: string;
  /** Training samples, for item popularity, and to tell warm rows from cold ones. */
  train?: readonly LabelledSample[] | undefined;
  /** The adapter's, reported beside the plain score. */
  blend?: WholeBlend | null | undefined;
  /** Titles that the model was trained on, where that is known. */
  catalogue?: ReadonlySet<string> | undefined;
  /** Scores the model without its adapter, too, where it has one: the difference is then reported. */
  withUntuned?: boolean | undefined;
  /** Where it keeps what is scored, and goes on from. */
  checkpoint?: ScoresCheckpoint | undefined;
  /** When aborted, the rows that are scored by then are all that is reported on. */
  stop?: AbortSignal | undefined;
  onProgress?: OnScored | undefined;
  clock?: () => number;
}

/** A sample's score beside the truth. */
export interface Prediction extends Score {
  liked: boolean;
  user?: string | undefined;
}

export interface Evaluation {
  report: EvaluationReport;
  /** In the order of the samples. */
  predictions: Prediction[];
}

/**
 * @param rows made with the same template
 * @throws TallrecError when aborted, when stopped before any row was scored, or when a prompt does not fit
 */
export async function evaluateSamples(
  model: LanguageModel,
  rows: PromptRows,
  samples: readonly LabelledSample[],
  { template, precision, provider, train, blend, catalogue, withUntuned, ...more }: EvaluateOptions,
): Promise<Evaluation> {
  const { checkpoint, stop, onProgress, clock, ...options } = more;
  /** One after the other, each slice: with the adapter, and where it is asked for without. */
  const adapters = withUntuned && options.adapter ? [options.adapter, undefined] : [options.adapter];
  const columns = 2 * adapters.length;
  const scored = await scoreInSlices({
    rows: samples.length,
    columns,
    score: async (from, to, onSlice) => {
      const slice = samples.slice(from, to);
      const values = new Array<number>(columns * slice.length);
      let read = 0;
      for (const [pass, adapter] of adapters.entries()) {
        const onProgress = (done: number) => onSlice(Math.floor((pass * slice.length + done) / adapters.length));
        const { results, tokens } = await scoreSamples(model, rows, slice, { ...options, adapter, onProgress });
        results.forEach(({ yesLogit, noLogit }, row) => {
          values[columns * row + 2 * pass] = yesLogit;
          values[columns * row + 2 * pass + 1] = noLogit;
        });
        read += tokens;
      }
      return { values, tokens: read };
    },
    ...{ checkpoint, stop, onProgress, clock },
  });
  const judged = samples.slice(0, scored.rows);
  const answerOf = (row: number, pass: number): Logits => {
    const [yesLogit, noLogit] = scored.values.subarray(columns * row + 2 * pass);
    return { yesLogit: yesLogit!, noLogit: noLogit! };
  };
  const results = judged.map((_, row) => scoreOf(answerOf(row, 0)));
  // Logits, not probabilities: where those round to 0 or 1, the order would be lost.
  const logits = results.map(({ yesLogit, noLogit }) => yesLogit - noLogit);
  const blendedBy = blend ? blender(blend) : undefined;
  const blended = blendedBy && judged.map((sample, index) => blendedBy(sample, results[index]!));
  const untuned =
    adapters.length > 1
      ? judged.map((_, row) => {
          const { yesLogit, noLogit } = answerOf(row, 1);
          return yesLogit - noLogit;
        })
      : undefined;
  const { figures, users } = judge(judged, logits, { train, catalogue, blended, untuned });
  const { tokens, durationMs } = scored;
  return {
    predictions: results.map((score, index) => ({
      ...score,
      ...(blended ? { blendScore: probabilityOf(blended[index]!.logOdds), blendRank: blended[index]!.rank } : {}),
      liked: judged[index]!.liked,
      user: users[index],
    })),
    report: {
      ...figures,
      ...showScores(judged, {
        scores: logits,
        probabilities: results.map(({ score }) => score),
        blended: blended?.map(({ logOdds }) => probabilityOf(logOdds)),
        users,
      }),
      template,
      precision,
      provider,
      tokens,
      durationMs,
      fit: null,
    },
  };
}
