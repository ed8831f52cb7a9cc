// Option values that several commands share.
import { TEMPLATES } from '@tallrec/shared/prompt';
import type { BadRows } from '@tallrec/shared/wire/datasets';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { BYTE_SIZE_FORM, parseByteSize } from '../byte-size.ts';
import { WEIGHT_FORMATS } from '../llama/weight-file.ts';
import { COMPUTES } from '../models/converted-weights.ts';
import { parsedBy } from './fail.ts';

/** A whole number of at least `least`. */
export const wholeNumber = (least: number) => parsedBy(z.coerce.number().int().min(least));
/** A number within what a setting takes. */
export const numberOf = <N extends number | undefined>(setting: z.ZodType<N>) =>
  parsedBy(z.preprocess(Number, setting));
/** 0 stands for a free one. */
export const portNumber = parsedBy(z.coerce.number().int().min(0).max(65_535));
export const positiveNumber = parsedBy(z.coerce.number().positive());
export const anyNumber = parsedBy(z.string().trim().min(1).pipe(z.coerce.number()));
export const share = parsedBy(z.coerce.number().min(0).max(1));

export function templateOption(): Option {
  return templateChoice("prompt template (default: the adapter's own, else clean)");
}

/** Of what makes adapters of its own. */
export function cleanTemplateOption(): Option {
  return templateChoice('prompt template').default('clean');
}

function templateChoice(description: string): Option {
  return new Option('--template <name>', description).choices(TEMPLATES.filter((template) => template !== 'alpaca'));
}

export function forceOption(): Option {
  return new Option('--force', 'use the adapter though it was tuned on another checkpoint');
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
    'what matrices are multiplied in; int8 is for the CPU: faster and a little off (default: TALLREC_COMPUTE, else f16 on cuda, f32 elsewhere)',
  ).choices(COMPUTES);
}

export function memoryOption(): Option {
  return new Option(
    '--vram <size>',
    'the memory to keep to, as in 24GB (default: TALLREC_VRAM, else what the card or this machine has)',
  ).argParser(byteCount);
}

/** Bytes of `24GB`, `512MiB` and the like. */
export function badRowsOption(): Option {
  return new Option(
    '--leave-out-bad-rows',
    'take the others where rows cannot be used, unless these are more than half (default: nothing is taken)',
  );
}

export const badRowsOf = (leaveOutBadRows: boolean | undefined): BadRows => (leaveOutBadRows ? 'leave-out' : 'refuse');

export function byteCount(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes === undefined) throw new InvalidArgumentError(BYTE_SIZE_FORM);
  return bytes;
}

/** The options of every command that scores. */
export function withScoringOptions(command: Command): Command {
  return command
    .requiredOption('--model <dir|name>', 'a LLaMA checkpoint, by directory or by its name in the store')
    .option('--adapter <dir>', 'a PEFT adapter of that model')
    .option('--items <file>', "facts about items in place of those that the adapter's blend was tuned with")
    .addOption(forceOption())
    .addOption(templateOption())
    .option('--cutoff <tokens>', 'longest prompt; longer histories lose their oldest items', wholeNumber(64), 512)
    .addOption(providerOption())
    .addOption(weightsOption())
    .addOption(computeOption())
    .option('--json', 'print one JSON document');
}
