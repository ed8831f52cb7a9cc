// `tallrec doctor`: what this machine can run, and whether the engine computes what PyTorch computes.
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { TallrecError } from '@tallrec/shared/errors';
import { hyperParametersSchema, tuningSettingsSchema } from '@tallrec/shared/tuning';
import type { Command } from 'commander';
import type { BaselineErrors } from '../baselines/check-baselines.ts';
import { config, turnOffTf32 } from '../config.ts';
import { compareAs, usualCompute } from '../doctor/compute-plan.ts';
import { memoryLimitBytes } from '../doctor/memory-limit.ts';
import { failures, type ReferenceErrors } from '../doctor/reference.ts';
import type { Provider } from '../graph/execution.ts';
import type { WeightFormat } from '../llama/weight-file.ts';
import type { Compute } from '../models/converted-weights.ts';
import { listModels } from '../models/store.ts';
import type { ProviderRequest } from '../runtime/choose-provider.ts';
import { computeRequest, planHere } from './open-engine.ts';
import { computeOption, memoryOption, numberOf, providerOption, weightsOption, wholeNumber } from './option-values.ts';
import { describePlan, planNamed } from './plan.ts';
import { say } from './progress.ts';

interface Options {
  reference?: string;
  baselines?: string;
  provider?: ProviderRequest;
  weights?: WeightFormat;
  compute?: Compute;
  json?: boolean;
  plan?: boolean;
  model?: string;
  seq: number;
  microBatch?: number;
  vram?: number;
}

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Say what this machine can run; with a reference case, how far the engine is from PyTorch.')
    .option('--reference <dir>', 'a reference case: base/, adapter/ and expected.json')
    .option('--baselines <file>', 'reference numbers of the conventional methods: how far TensorFlow.js is from them')
    .addOption(providerOption())
    .addOption(weightsOption())
    .addOption(computeOption())
    .optionsGroup('The memory that a tuning takes, without its weights at hand:')
    .option('--plan', 'state it, and the micro-batch that fits')
    .option('--model <dir|name|config.json>', 'what is tuned')
    .option('--seq <tokens>', 'tokens of a sequence', numberOf(hyperParametersSchema.shape.cutoffTokens), 512)
    .option('--micro-batch <n>', 'sequences computed at once (default: the most that fit)', wholeNumber(1))
    .addOption(memoryOption())
    .option('--json', 'print one JSON document')
    .action((options: Options) => {
      if (options.plan) return plan(options);
      return options.baselines ? baselines(options.baselines, options.json) : doctor(options);
    });
}

async function baselines(file: string, json: boolean | undefined): Promise<void> {
  // TensorFlow.js takes a while to load, and no other command of this file needs it.
  const { BASELINE_TOLERANCES, baselineFailures, checkBaselines } = await import('../baselines/check-baselines.ts');
  const { openTensorflow } = await import('../baselines/tensorflow.ts');
  const errors = await checkBaselines(file);
  const { backend, attempts } = await openTensorflow();
  const refused = attempts.flatMap(({ backend: name, refusal }) => (refusal ? [{ backend: name, refusal }] : []));
  process.stdout.write(
    json
      ? `${JSON.stringify({ baselines: errors, backend, refused })}\n`
      : describeBaselines(errors, BASELINE_TOLERANCES, backend),
  );
  const failed = baselineFailures(errors);
  if (failed.length > 0) {
    say(`error: TensorFlow.js (${backend}) is further from the reference than it may be in: ${failed.join(', ')}.`);
    process.exitCode = 1;
  }
}

function describeBaselines(
  errors: readonly BaselineErrors[],
  tolerances: Omit<BaselineErrors, 'name'>,
  backend: string,
): string {
  const row = ({ name, logitsMaxAbs, lossAbs, gradientsMaxRel }: BaselineErrors) =>
    [
      name.padEnd(20),
      ...[logitsMaxAbs, lossAbs, gradientsMaxRel].map((number) => number.toExponential(1).padStart(12)),
    ].join('');
  return [
    `TensorFlow.js on ${backend}; differences of logits and loss, of gradients relative to the largest`,
    ...errors.map(row),
    row({ name: '(may be)', ...tolerances }),
    '',
  ].join('\n');
}

async function plan({ model, provider, weights, compute, seq, vram, microBatch, json }: Options): Promise<void> {
  if (!model) {
    throw new TallrecError('BAD_REQUEST', 'A plan needs a model.', {
      fix: 'Name it: --model DIR, NAME or config.json.',
    });
  }
  const request = computeRequest({ weights, compute, memoryBytes: vram });
  const on: Provider = provider && provider !== 'auto' ? provider : request.memoryBytes === undefined ? 'cpu' : 'cuda';
  const planned = await planNamed({
    model,
    provider: on,
    weights: request.weights,
    compute: request.compute ?? usualCompute(on),
    limitBytes: request.memoryBytes ?? memoryLimitBytes(on) ?? totalmem(),
    settings: tuningSettingsSchema.parse({ hyperParameters: { cutoffTokens: seq } }),
    microBatch,
  });
  process.stdout.write(json ? `${JSON.stringify({ plan: planned })}\n` : describePlan(planned));
}

async function doctor(options: Options): Promise<void> {
  const { home, modelsDir } = config();
  const { provider, weights, compute, vram: memoryBytes } = options;
  const plan = await planHere({ provider, weights, compute, memoryBytes });
  const { runtime, reason, attempts, precision, proof } = plan;
  const reference = options.reference && (await compareAs(options.reference, plan, home));
  const models = await listModels({ home, modelsDir });
  const document = {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    home,
    provider: runtime.provider,
    precision,
    limitBytes: plan.memoryBytes ?? null,
    reason,
    attempts: attempts.map((attempt) => ({
      provider: attempt.provider,
      usable: attempt.refusal === undefined,
      refusal: attempt.refusal ?? null,
    })),
    proof: { ...proof.errors, durationMs: Math.round(proof.durationMs) },
    models: models.map(({ name, parameters, contentHash }) => ({ name, parameters, contentHash })),
    ...(reference ? { reference } : {}),
  };
  process.stdout.write(options.json ? `${JSON.stringify(document)}\n` : describe(document, proof.tolerances));
  const failed = reference ? failures(reference, proof.tolerances) : [];
  if (failed.length > 0) {
    say(`error: The engine is further from the reference than it may be in: ${failed.join(', ')}.`);
    say(adviceOn(options.reference!, runtime.provider));
    process.exitCode = 1;
  }
}

/** The engine has reproduced its own case on this provider before the one that was named. */
function adviceOn(dir: string, provider: Provider): string {
  const files = `Check that base/, adapter/ and expected.json of ${dir} are of one export: a config.json or weights changed since give other numbers.`;
  if (provider === 'cpu') return `The engine reproduces its own reference case. ${files}`;
  return `Try --provider cpu: if that agrees, do without ${provider}. If not: the engine reproduces its own reference case. ${files}`;
}

function describe(
  document: {
    node: string;
    platform: string;
    cpu: string;
    threads: number;
    memoryBytes: number;
    freeMemoryBytes: number;
    home: string;
    provider: Provider;
    precision: string;
    limitBytes: number | null;
    reason: string;
    proof: ReferenceErrors & { durationMs: number };
    models: { name: string; parameters: number }[];
    reference?: ReferenceErrors;
  },
  tolerances: ReferenceErrors,
): string {
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const lines: [string, string][] = [
    [
      'Machine',
      `${document.cpu}, ${document.threads} threads, ${gib(document.memoryBytes)} (${gib(document.freeMemoryBytes)} free)`,
    ],
    ['Node', `${document.node} on ${document.platform}`],
    ['Provider', `${document.provider} ${document.precision}: ${document.reason}`],
    ['Memory to keep to', document.limitBytes === null ? 'unknown: name it by --vram' : gib(document.limitBytes)],
    ...(document.provider === 'cuda' ? [['Products in f32', tf32()] as [string, string]] : []),
    ['Proof', `the reference case in ${(document.proof.durationMs / 1000).toFixed(1)} s`],
    ...errorLines(document.proof, tolerances),
    ['Home', document.home],
    ['Models', document.models.map(({ name }) => name).join(', ') || 'none; see "tallrec models pull --help"'],
  ];
  if (document.reference)
    lines.push(['Reference', 'the case that was named'], ...errorLines(document.reference, tolerances));
  return `${lines.map(([name, value]) => `${name.padEnd(20)}${value}`).join('\n')}\n`;
}

function errorLines(errors: ReferenceErrors, tolerances: ReferenceErrors): [string, string][] {
  return (Object.keys(tolerances) as (keyof ReferenceErrors)[]).map((name) => {
    return [`  ${name}`, `${errors[name].toExponential(1)} (may be ${tolerances[name].toExponential(0)})`];
  });
}

function tf32(): string {
  return turnOffTf32()
    ? 'of all 24 bits (NVIDIA_TF32_OVERRIDE=1 rounds them to TF32, faster)'
    : 'may be rounded to TF32, as NVIDIA_TF32_OVERRIDE says';
}
