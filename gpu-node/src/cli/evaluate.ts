// `tallrec evaluate`: a model's AUC on labelled samples, beside the rules it has to beat.
import type { Differences, EvaluationReport, ItemGroup, JudgedDifference } from '@tallrec/shared/wire/evaluations';
import type { Command } from 'commander';
import { writeFileAtomically } from '../atomic-file.ts';
import { readLabelledSamples } from '../data/read-rows.ts';
import { interruptSignal } from '../dev/interrupt.ts';
import { evaluateSamples } from '../evaluate/evaluate.ts';
import { promptRowsOf } from '../llama/prompt-rows.ts';
import { modelCatalogue } from '../models/own-training.ts';
import { openAdapter, openEngine, templateOf, withItems } from './open-engine.ts';
import { wholeNumber, withScoringOptions } from './option-values.ts';
import { showProgress, warn } from './progress.ts';
import type { ScoringCommandOptions } from './score.ts';

interface Options extends ScoringCommandOptions {
  samples: string;
  limit?: number;
  train?: string;
  untuned?: boolean;
  predictions?: string;
}

export function registerEvaluate(program: Command): void {
  withScoringOptions(program.command('evaluate'))
    .description(
      'Evaluate a model on labelled samples: AUC with its interval, AUC within users, and rules without a model.',
    )
    .requiredOption('--samples <file>', 'labelled TALLRec samples: JSON, JSON Lines, CSV or Parquet')
    .option('--limit <n>', 'only the first n samples', wholeNumber(1))
    .option('--train <file>', 'training samples: for item popularity, and to tell warm rows from cold ones')
    .option('--untuned', 'score the model without the adapter, too, for the difference')
    .option('--predictions <file.jsonl>', 'where to write the score of each sample')
    .action(evaluate);
}

async function evaluate(options: Options): Promise<void> {
  const signal = interruptSignal();
  const samples = (await readLabelledSamples(options.samples, { onWarning: warn })).slice(0, options.limit);
  const train = options.train ? await readLabelledSamples(options.train, { onWarning: warn }) : undefined;
  const engine = await openEngine(options);
  const { model, place, provider, precision } = engine;
  const opened = await withItems(await openAdapter(options.adapter, engine), options.items);
  const template = templateOf(options.template, engine);
  const rows = promptRowsOf(engine, { template, cutoffTokens: options.cutoff });
  const progress = showProgress('Evaluating', 'samples');
  const { report, predictions } = await evaluateSamples(model, rows, samples, {
    adapter: opened?.adapter,
    blend: opened?.blend,
    template,
    train,
    catalogue: await modelCatalogue(place.dir),
    withUntuned: options.untuned,
    provider,
    precision,
    signal,
    onProgress: progress.update,
  }).finally(progress.stop);
  await model.close();
  if (options.predictions) {
    await writeFileAtomically(
      options.predictions,
      predictions.map((prediction) => `${JSON.stringify(prediction)}\n`),
    );
  }
  const document = {
    ...report,
    ...(report.perUserAuc === null ? { perUserAucReason: whyNotWithinUsers(report) } : {}),
    model: place.name,
    adapter: opened?.id ?? null,
  };
  process.stdout.write(options.json ? `${JSON.stringify(document)}\n` : describe(report));
}

function whyNotWithinUsers({ usersInferred }: EvaluationReport): string {
  return usersInferred
    ? 'no user has both a liked and a disliked target'
    : 'the samples name no users with both a liked and a disliked target, and their histories do not tell users apart';
}

function describe(report: EvaluationReport): string {
  const { interval } = report;
  const number = (value: number | null) => value?.toFixed(4) ?? 'undefined';
  const within = interval
    ? `${interval.level * 100} % interval ${number(interval.low)} to ${number(interval.high)}, by ${interval.resampled}`
    : 'one class only';
  const users =
    report.users > 0
      ? `${report.users} users${report.usersInferred ? ', found by their overlapping histories' : ''}`
      : whyNotWithinUsers(report);
  const lines: [string, string][] = [
    ['AUC', `${number(report.auc)} (${within})`],
    ['  within users', `${number(report.perUserAuc)} (${users})`],
    ['Rule: share of history liked', `${number(report.ruleAuc)} (within users ${number(report.rulePerUserAuc)})`],
    ...(report.popularityAuc === null
      ? []
      : ([
          [
            'Rule: item popularity',
            `${number(report.popularityAuc)} (within users ${number(report.popularityPerUserAuc)})`,
          ],
        ] as [string, string][])),
    ...(report.scoreBlendAuc === null
      ? []
      : ([
          [
            'Blend: score, and rank',
            `${number(report.scoreBlendAuc)} (within users, by the rank, ${number(report.rankBlendPerUserAuc)}), fit on validation samples`,
          ],
        ] as [string, string][])),
    ...differenceLines(report),
    ...groupLines(report),
    ['Samples', `${report.n}, ${(100 * report.likedShare).toFixed(1)} % liked`],
    [
      'Computed',
      `${report.provider} ${report.precision}, template ${report.template}, ${(report.durationMs / 1000).toFixed(1)} s`,
    ],
  ];
  return `${lines.map(([name, value]) => `${name.padEnd(36)}${value}`).join('\n')}\n`;
}

const OVER: Record<keyof Differences, string> = {
  rule: 'the history rule',
  popularity: 'item popularity',
  untuned: 'the untuned model',
};

/** In words, and by how much, with the interval: over all rows and within users. */
function differenceLines({ differences }: EvaluationReport): [string, string][] {
  if (!differences) return [];
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
  const told = (difference: JudgedDifference | null) =>
    difference
      ? `${difference.verdict}, ${signed(difference.value)} [${signed(difference.low)}, ${signed(difference.high)}]`
      : 'undefined';
  const lines = (name: string, of: Differences) =>
    (Object.keys(OVER) as (keyof Differences)[]).flatMap((rival): [string, string][] => {
      const both = of[rival];
      return both
        ? [[`${name}, over ${OVER[rival]}`, `${told(both.all)}; within users ${told(both.withinUsers)}`]]
        : [];
    });
  return [...lines('Model', differences), ...(differences.blend ? lines('Blend', differences.blend) : [])];
}

function groupLines({ warm, cold, unknownToModel }: EvaluationReport): [string, string][] {
  const groups: [string, ItemGroup | null][] = [
    ['Warm: target rated in training', warm],
    ['Cold: target not rated there', cold],
    ['Target unknown to the model', unknownToModel],
  ];
  const number = (value: number | null) => value?.toFixed(4) ?? 'undefined';
  return groups.flatMap(([name, group]): [string, string][] => {
    if (!group) return [];
    const { n, auc, interval, perUserAuc, users } = group;
    const ends = interval ? ` (${number(interval.low)} to ${number(interval.high)}, by ${interval.resampled})` : '';
    return [[name, `${n} rows, AUC ${number(auc)}${ends}, within users ${number(perUserAuc)} (${users})`]];
  });
}
