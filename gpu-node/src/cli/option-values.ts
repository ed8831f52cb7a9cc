// Option values that several commands share.
import { TEMPLATES } from '@tallrec/shared/prompt';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { WEIGHT_FORMATS } from '../llama/weight-file.ts';
import { COMPUTES } from '../models/converted-weights.ts';
import { parsedBy } from './fail.ts';

/** A whole number of at least `least`. */
export const wholeNumber = (least: number) => parsedBy(z.coerce.number().int().min(least));
export const positiveNumber = parsedBy(z.coerce.number().positive());
export const share = parsedBy(z.coerce.number().min(0).max(1));

export function templateOption(): Option {
  return new Option('--template <name>', 'prompt template')
    .choices(TEMPLATES.filter((template) => template !== 'alpaca'))
    .default('clean');
}

export function providerOption(): Option {
  return new Option('--provider <name>', 'what to compute on (default: TALLREC_PROVIDER, else auto)').choices([
    'auto',
    'cpu',
    'webgpu',
    'cuda',
  ]);
}

export function weightsOption(): Option {
  return new Option(
    '--weights <format>',
    'format of the frozen weights, converted once (default: TALLREC_WEIGHTS, else as stored)',
  ).choices(WEIGHT_FORMATS);
}

export function computeOption(): Option {
  return new Option(
    '--compute <type>',
    'what matrices are multiplied in; f16 is for GPUs, int8 for the CPU: faster and a little off',
  )
    .choices(COMPUTES)
    .default('f32');
}

/** The options of every command that scores. */
export function withScoringOptions(command: Command): Command {
  return command
    .requiredOption('--model <dir|name>', 'a LLaMA checkpoint, by directory or by its name in the store')
    .option('--adapter <dir>', 'a PEFT adapter of that model')
    .addOption(templateOption())
    .option('--cutoff <tokens>', 'longest prompt; longer histories lose their oldest items', wholeNumber(64), 512)
    .addOption(providerOption())
    .addOption(weightsOption())
    .addOption(computeOption())
    .option('--json', 'print one JSON document');
}
