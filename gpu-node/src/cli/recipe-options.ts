// The recipe of a tuning as options, for every command that tunes.

import { hyperParametersSchema } from '@tallrec/shared/tuning';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { LINEAR_MODULES } from '../llama/lora.ts';
import { numberOf } from './option-values.ts';

export interface RecipeOptions {
  maxSteps?: number;
  epochs?: number;
  learningRate?: number;
  warmup?: number;
  weightDecay?: number;
  batchSize?: number;
  microBatchTokens?: number;
  cutoff?: number;
  evaluateEvery?: number;
  patience?: number;
  loraRank?: number;
  loraAlpha?: number;
  loraDropout?: number;
  loraModules?: string[];
  lossOn?: string;
  lossPairs?: number;
}

const { shape } = hyperParametersSchema;

export function withRecipeOptions(command: Command): Command {
  return command
    .optionsGroup('Recipe (the defaults are those of the published code):')
    .option('--max-steps <n>', 'optimizer steps at most', numberOf(shape.maxSteps))
    .option('--epochs <n>', 'passes over the training data at most (200)', numberOf(shape.epochs))
    .option('--learning-rate <x>', 'peak learning rate (1e-4)', numberOf(shape.learningRate))
    .option('--warmup <n>', 'steps of warm-up (20)', numberOf(shape.warmupSteps))
    .option('--weight-decay <x>', 'decoupled weight decay', numberOf(shape.weightDecay))
    .option('--batch-size <n>', 'samples of one optimizer step (128)', numberOf(shape.batchSize))
    .option(
      '--micro-batch-tokens <n>',
      'tokens computed at once: memory, not results (2048)',
      numberOf(shape.microBatchTokens),
    )
    .option('--cutoff <tokens>', 'longest prompt with its answer (512)', numberOf(shape.cutoffTokens))
    .option(
      '--evaluate-every <n>',
      'steps between evaluations (10; K/128·5 above 128 shots)',
      numberOf(shape.evaluateEverySteps),
    )
    .option('--patience <n>', 'evaluations without a gain before it stops (10)', numberOf(shape.patience))
    .option('--lora-rank <r>', 'rank of the adapter (8)', numberOf(shape.loraRank))
    .option('--lora-alpha <x>', 'its scale is alpha / rank (16)', numberOf(shape.loraAlpha))
    .option('--lora-dropout <p>', 'dropout before the adapter (0.05)', numberOf(shape.loraDropout))
    .option('--lora-modules <names>', `of ${LINEAR_MODULES.join(', ')} (q_proj,v_proj)`, moduleNames)
    .addOption(new Option('--loss-on <part>', 'answer (default), or all: the prompt too').choices(['answer', 'all']))
    .option(
      '--loss-pairs <weight>',
      'weight of a loss on pairs, a liked and a disliked target of one user (0: none)',
      numberOf(shape.lossPairs),
    );
}

function moduleNames(text: string): string[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const stranger = names.find((name) => !LINEAR_MODULES.some((module) => module === name));
  if (stranger !== undefined) throw new InvalidArgumentError(`"${stranger}" is none of ${LINEAR_MODULES.join(', ')}.`);
  return names;
}

/** In the words of the settings; what was left out is undefined. */
export function hyperParametersOf(options: RecipeOptions): Record<string, unknown> {
  return {
    maxSteps: options.maxSteps,
    epochs: options.epochs,
    learningRate: options.learningRate,
    warmupSteps: options.warmup,
    weightDecay: options.weightDecay,
    batchSize: options.batchSize,
    microBatchTokens: options.microBatchTokens,
    cutoffTokens: options.cutoff,
    evaluateEverySteps: options.evaluateEvery,
    patience: options.patience,
    loraRank: options.loraRank,
    loraAlpha: options.loraAlpha,
    loraDropout: options.loraDropout,
    loraModules: options.loraModules,
    lossOn: options.lossOn,
    lossPairs: options.lossPairs,
  };
}
