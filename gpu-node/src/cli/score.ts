// `tallrec score`: the probability of a like for each sample of a file.
import { blender } from '@tallrec/shared/blend';
import type { Template } from '@tallrec/shared/prompt';
import type { Command } from 'commander';
import { writeFileAtomically } from '../atomic-file.ts';
import { readSamples } from '../data/read-rows.ts';
import { interruptSignal } from '../dev/interrupt.ts';
import { promptRowsOf } from '../llama/prompt-rows.ts';
import type { WeightFormat } from '../llama/weight-file.ts';
import type { Compute } from '../models/converted-weights.ts';
import type { ProviderRequest } from '../runtime/choose-provider.ts';
import { scoreSamples, withBlend } from '../score/scorer.ts';
import { blendOf, openAdapter, openEngine, templateOf, withItems } from './open-engine.ts';
import { withScoringOptions } from './option-values.ts';
import { say, showProgress, warn } from './progress.ts';

export interface ScoringCommandOptions {
  model: string;
  adapter?: string;
  template?: Template;
  items?: string;
  force?: boolean;
  cutoff: number;
  provider?: ProviderRequest;
  weights?: WeightFormat;
  compute?: Compute;
  json?: boolean;
}

export function registerScore(program: Command): void {
  withScoringOptions(program.command('score'))
    .description('Score samples: one line each, in order, with score, yesLogit and noLogit.')
    .requiredOption('--samples <file>', 'TALLRec samples: JSON, JSON Lines, CSV or Parquet')
    .option(
      '--blend',
      'end with an error where the adapter has no blend; where it has one blendScore and blendRank are there',
    )
    .option('--out <file.jsonl>', 'where to write the scores (default: standard output)')
    .action(score);
}

async function score(
  options: ScoringCommandOptions & { samples: string; out?: string; blend?: boolean },
): Promise<void> {
  const signal = interruptSignal();
  const samples = await readSamples(options.samples, { onWarning: warn });
  const engine = await openEngine(options);
  const { model, place, provider, precision } = engine;
  const opened = await withItems(await openAdapter(options.adapter, engine), options.items);
  const blend = blendOf(opened, options.blend);
  const template = templateOf(options.template, engine);
  const rows = promptRowsOf(engine, { template, cutoffTokens: options.cutoff });
  const progress = showProgress('Scoring', 'samples');
  const startedAt = performance.now();
  const { results: scores, tokens } = await scoreSamples(model, rows, samples, {
    adapter: opened?.adapter,
    signal,
    onProgress: progress.update,
  }).finally(progress.stop);
  const durationMs = performance.now() - startedAt;
  const results = withBlend(blend && blender(blend), samples, scores);
  await model.close();

  const lines = results.map((result) => `${JSON.stringify(result)}\n`);
  if (options.out) await writeFileAtomically(options.out, lines);
  else if (!options.json) process.stdout.write(lines.join(''));
  say(`Scored ${samples.length} samples (${tokens} tokens) in ${(durationMs / 1000).toFixed(1)} s.`);
  if (options.json) {
    const summary = {
      n: samples.length,
      tokens,
      durationMs,
      model: place.name,
      adapter: opened?.id ?? null,
      provider,
      precision,
    };
    const output = options.out ? { out: options.out } : { scores: results };
    process.stdout.write(`${JSON.stringify({ ...summary, template, ...output })}\n`);
  }
}
