// `tallrec tune`: samples in, a PEFT adapter and its report out.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { parseJson } from '@tallrec/shared/json';
import type { Template } from '@tallrec/shared/prompt';
import { Random } from '@tallrec/shared/random';
import {
  STAGES,
  type Stage,
  seedSchema,
  shotsSchema,
  type TuningEvent,
  type TuningReport,
  tuningReportSchema,
  tuningSettingsSchema,
} from '@tallrec/shared/tuning';
import { type Command, Option } from 'commander';
import { readItemFacts } from '../data/read-item-facts.ts';
import { readInstructions, readLabelledSamples, readText } from '../data/read-rows.ts';
import { interruptSignal } from '../dev/interrupt.ts';
import { isEmpty } from '../llama/peft.ts';
import type { WeightFormat } from '../llama/weight-file.ts';
import type { Compute } from '../models/converted-weights.ts';
import type { ProviderRequest } from '../runtime/choose-provider.ts';
import { type TuneOutcome, type TuningData, tune } from '../train/tune.ts';
import { REPORT_FILE, writeTuned } from '../train/tuned-files.ts';
import { keptToPlan, planCheckpoint, planNotes } from '../train/tuning-plan.ts';
import { openAdapter, openEngine, templateOf } from './open-engine.ts';
import {
  badRowsOf,
  badRowsOption,
  computeOption,
  forceOption,
  memoryOption,
  numberOf,
  providerOption,
  templateOption,
  weightsOption,
  wholeNumber,
} from './option-values.ts';
import { formatMs, type Progress, say, showProgress, warn } from './progress.ts';
import { hyperParametersOf, type RecipeOptions, withRecipeOptions } from './recipe-options.ts';

interface Options extends RecipeOptions {
  model: string;
  train: string;
  valid?: string;
  items?: string;
  validLimit?: number;
  stage: Stage;
  shots?: number;
  init?: string;
  seed: number;
  template?: Template;
  force?: boolean;
  out: string;
  resume?: boolean;
  provider?: ProviderRequest;
  weights?: WeightFormat;
  compute?: Compute;
  json?: boolean;
  leaveOutBadRows?: boolean;
  checkpointEvery: number;
  vram?: number;
}

export function registerTune(program: Command): void {
  const command = program
    .command('tune')
    .description("Tune a LoRA adapter by TALLRec's recipe. Ctrl-C ends it with the best adapter so far.")
    .requiredOption('--model <dir|name>', 'a LLaMA checkpoint, by directory or by its name in the store')
    .requiredOption('--train <file>', 'samples (or instructions, in the first stage): JSON, JSON Lines, CSV or Parquet')
    .requiredOption(
      '--out <dir>',
      'gets the PEFT adapter, report.json, blend.json where it could be fit and, while it runs, checkpoints',
    )
    .option('--valid <file>', 'validation data; with it the best adapter is kept, else the last')
    .option('--items <file>', 'facts for the blend: items by id or title, each with its likes and ratings elsewhere')
    .option('--valid-limit <n>', 'judge by n validation rows, drawn by the seed', wholeNumber(2))
    .option('--shots <k>', 'train on K samples, drawn by the seed', numberOf(shotsSchema))
    .addOption(
      new Option('--stage <name>', 'rec: recommendation; alpaca: instructions, the stage before')
        .choices(STAGES)
        .default('rec'),
    )
    .option('--init <adapter-dir>', 'start from this adapter')
    .option('--seed <n>', 'of every random choice', numberOf(seedSchema), 0)
    .addOption(forceOption())
    .addOption(templateOption())
    .addOption(badRowsOption())
    .option('--resume', 'go on from the newest checkpoint in --out')
    .addOption(providerOption())
    .addOption(weightsOption())
    .addOption(computeOption())
    .option('--json', 'print the report as one JSON document')
    .addOption(memoryOption())
    .option('--checkpoint-every <n>', 'steps between checkpoints', wholeNumber(1), 10)
    .action(run);
  withRecipeOptions(command);
}

async function run(options: Options): Promise<void> {
  const signal = interruptSignal();
  const asked = tuningSettingsSchema.parse({
    stage: options.stage,
    shots: options.shots,
    seed: options.seed,
    hyperParameters: hyperParametersOf(options),
  });
  const reportPath = join(options.out, REPORT_FILE);
  if (options.resume) await refuseFinished(reportPath);
  const data = await readData(options);
  const engine = await openEngine({
    ...options,
    adapter: options.init,
    memoryBytes: options.vram,
    planFor: ({ dir }, computing) => {
      const { microBatchTokens } = options;
      const { cutoffTokens } = asked.hyperParameters;
      const microBatch = microBatchTokens && Math.max(1, Math.floor(microBatchTokens / cutoffTokens));
      return planCheckpoint(dir, computing, { settings: asked, microBatch });
    },
  });
  const settings = { ...asked, template: templateOf(options.template, engine) };
  const { model, tokenizer, place, provider, precision, plan } = engine;
  const init = await openAdapter(options.init, engine);
  const checkpointDir = join(options.out, 'checkpoints');
  if (!options.resume) await rm(checkpointDir, { recursive: true, force: true });

  const outcome = await follow(
    (onValidationProgress) =>
      tune({
        model,
        tokenizer,
        modelContentHash: place.contentHash,
        provider,
        precision,
        settings: plan ? keptToPlan(settings, plan) : settings,
        notes: plan && planNotes(plan),
        data,
        init: init?.adapter,
        checkpointDir,
        checkpointEverySteps: options.checkpointEvery,
        resume: options.resume,
        signal,
        onValidationProgress,
      }),
    options,
  );
  await model.close();
  const { adapter, report } = outcome;
  if (report.stopReason === 'cancelled' && isEmpty(adapter)) {
    throw new TallrecError('CANCELLED', 'Stopped before anything was learned, so there is no adapter.');
  }
  const { report: whole } = await writeTuned(options.out, place, outcome);
  if (report.stopReason !== 'cancelled') await rm(checkpointDir, { recursive: true, force: true });
  summarise(whole, options.out);
  if (options.json) process.stdout.write(`${JSON.stringify({ ...whole, out: options.out })}\n`);
}

async function refuseFinished(reportPath: string): Promise<void> {
  const text = await readText(reportPath).catch(() => undefined);
  const report = text === undefined ? undefined : tuningReportSchema.safeParse(parseJson(text));
  if (!report?.success || report.data.stopReason === 'cancelled') return;
  throw new TallrecError(
    'ILLEGAL_STATE',
    `The tuning of ${reportPath} is over (${report.data.stopReason}): there is nothing to resume.`,
    {
      fix: 'Start another with another --out, or go on from its adapter by --init.',
    },
  );
}

async function readData(options: Options): Promise<TuningData> {
  const { stage, train, valid, items, validLimit, seed, leaveOutBadRows } = options;
  const reading = { onWarning: warn, badRows: badRowsOf(leaveOutBadRows) };
  const draw = <T>(rows: T[]) =>
    validLimit === undefined ? rows : Random.seeded(seed).shuffle(rows).slice(0, validLimit);
  if (stage === 'alpaca') {
    return {
      stage,
      train: await readInstructions(train, reading),
      valid: valid ? draw(await readInstructions(valid, reading)) : [],
    };
  }
  return {
    stage,
    train: await readLabelledSamples(train, reading),
    valid: valid ? draw(await readLabelledSamples(valid, reading)) : [],
    ...(items ? { facts: await readItemFacts(items, reading) } : {}),
  };
}

/** Shows a tuning's events until it ends. */
async function follow(
  begin: (onValidationProgress: Progress['update']) => AsyncGenerator<TuningEvent, TuneOutcome>,
  options: Options,
): Promise<TuneOutcome> {
  const steps = showProgress('Tuning', 'steps');
  const validation = showProgress('Validating', 'samples');
  const events = begin((done, total) => {
    steps.stop();
    validation.update(done, total);
  });
  try {
    while (true) {
      const next = await events.next();
      if (next.done) return next.value;
      const event = next.value;
      validation.stop();
      if (event.type === 'step') {
        const rates = `lr ${event.learningRate.toExponential(1)}, ‖g‖ ${event.gradientNorm.toFixed(3)}`;
        const note = `loss ${event.loss.toFixed(4)}, ${rates}, ${Math.round(event.tokensPerSecond)} tokens/s`;
        steps.update(event.step, event.totalSteps, event.etaMs, note);
      } else {
        steps.stop();
        say(describe(event, options));
      }
    }
  } finally {
    steps.stop();
    validation.stop();
  }
}

function describe(event: Exclude<TuningEvent, { type: 'step' }>, { resume }: Options): string {
  if (event.type === 'note') return event.message;
  if (event.type === 'evaluated') {
    const auc = event.validAuc === null ? '' : `AUC ${event.validAuc.toFixed(4)}, `;
    const within = event.validPerUserAuc === null ? '' : `within users ${event.validPerUserAuc.toFixed(4)}, `;
    return `Step ${event.step}: validation ${auc}${within}loss ${event.validLoss.toFixed(4)}${event.best ? ' (best so far)' : ''}`;
  }
  const start = resume ? `${event.step > 0 ? 'Going on' : 'No checkpoint yet: starting'} at step ${event.step}. ` : '';
  const rule =
    event.validRuleAuc === null ? '' : ` The rule to beat has validation AUC ${event.validRuleAuc.toFixed(4)}.`;
  return `${start}${event.trainSamples} training and ${event.validSamples} validation samples, ${event.totalSteps} steps, ${event.trainableParameters} trainable parameters.${rule}`;
}

function summarise(report: TuningReport, out: string): void {
  const { stopReason, steps, bestStep, bestValidAuc, validRuleAuc, durationMs } = report;
  const rule = validRuleAuc === null ? '' : ` (the rule: ${validRuleAuc.toFixed(4)})`;
  const best =
    bestValidAuc === null ? '' : `; best at step ${bestStep} with validation AUC ${bestValidAuc.toFixed(4)}${rule}`;
  say(`${stopReason} after ${steps} steps in ${formatMs(durationMs)}${best}. The adapter is in ${out}.`);
  if (stopReason === 'cancelled') say('The same command with --resume goes on from here.');
}
