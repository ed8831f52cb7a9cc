// `tallrec doctor`: what this machine can run, and whether the engine computes what PyTorch computes.
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import { type Command, Option } from 'commander';
import type { BaselineErrors } from '../baselines/check-baselines.ts';
import { config } from '../config.ts';
import { chooseRuntime, requireFloat16 } from '../doctor/choose-runtime.ts';
import {
  compareWithReference,
  FLOAT16_TOLERANCES,
  failures,
  REFERENCE_TOLERANCES,
  type ReferenceErrors,
} from '../doctor/reference.ts';
import type { Runtime } from '../graph/execution.ts';
import type { LoadOptions } from '../llama/load.ts';
import { isQuantized, type WeightFormat } from '../llama/weight-file.ts';
import { checkpointContentHash } from '../models/content-hash.ts';
import { computeType, convertedWeights, precisionOf, weightsFor } from '../models/converted-weights.ts';
import { listModels } from '../models/store.ts';
import type { ProviderRequest } from '../runtime/choose-provider.ts';
import { providerOption, weightsOption, wholeNumber } from './option-values.ts';
import { byteCount, describePlan, planNamed } from './plan.ts';
import { say } from './progress.ts';

interface Options {
  reference?: string;
  baselines?: string;
  provider?: ProviderRequest;
  weights?: WeightFormat;
  compute: 'f32' | 'f16';
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
    .addOption(new Option('--compute <type>', 'what to compute in').choices(['f32', 'f16']).default('f32'))
    .optionsGroup('The memory that a tuning takes, without its weights at hand:')
    .option('--plan', 'state it, and the micro-batch that fits')
    .option('--model <dir|name|config.json>', 'what is tuned')
    .option('--seq <tokens>', 'tokens of a sequence', wholeNumber(16), 512)
    .option('--micro-batch <n>', 'sequences computed at once (default: the most that fit)', wholeNumber(1))
    .option('--vram <size>', "a GPU's memory, as in 24GB; without it this machine's memory is meant", byteCount)
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
  const planned = await planNamed({
    model,
    provider: provider && provider !== 'auto' ? provider : vram === undefined ? 'cpu' : 'cuda',
    weights: weights ?? config().weights,
    compute,
    limitBytes: vram ?? totalmem(),
    settings: tuningSettingsSchema.parse({ hyperParameters: { cutoffTokens: seq } }),
    microBatch,
  });
  process.stdout.write(json ? `${JSON.stringify({ plan: planned })}\n` : describePlan(planned));
}

async function doctor(options: Options): Promise<void> {
  const { provider: preset, weights: weightsPreset, threads, home, modelsDir } = config();
  const { compute } = options;
  const format = weightsFor(compute, options.weights ?? weightsPreset);
  const { runtime, attempts, reason } = await chooseRuntime(options.provider ?? preset, threads ? { threads } : {});
  if (compute === 'f16') await requireFloat16(runtime);
  const reference = options.reference ? await compare(options.reference, runtime, home, format, compute) : undefined;
  const narrow = compute === 'f16' && !(format && isQuantized(format));
  const tolerances = narrow ? FLOAT16_TOLERANCES : REFERENCE_TOLERANCES[format ?? 'f32'];
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
    precision: precisionOf(format, compute),
    reason,
    attempts: attempts.map(({ provider, refusal }) => ({
      provider,
      usable: refusal === undefined,
      refusal: refusal ?? null,
    })),
    models: models.map(({ name, parameters, contentHash }) => ({ name, parameters, contentHash })),
    ...(reference ? { reference } : {}),
  };
  process.stdout.write(options.json ? `${JSON.stringify(document)}\n` : describe(document, tolerances));
  const failed = reference ? failures(reference, tolerances) : [];
  if (failed.length > 0) {
    say(`error: The engine is further from the reference than it may be in: ${failed.join(', ')}.`);
    say('Try --provider cpu; if that fails too, reinstall with npm ci.');
    process.exitCode = 1;
  }
}

/** With weights of a format, the case's base is converted as any checkpoint is. */
async function compare(
  dir: string,
  runtime: Runtime,
  home: string,
  format: WeightFormat | undefined,
  compute: Options['compute'],
): Promise<ReferenceErrors> {
  const options: LoadOptions = { compute: computeType(compute) };
  if (!format) return compareWithReference(dir, runtime, options);
  const contentHash = await checkpointContentHash(join(dir, 'base'), join(home, 'hashes'));
  return compareWithReference(dir, runtime, { ...options, weights: convertedWeights(home, { contentHash }, format) });
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
    provider: string;
    precision: string;
    reason: string;
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
    ['Home', document.home],
    ['Models', document.models.map(({ name }) => name).join(', ') || 'none; see "tallrec models pull --help"'],
  ];
  for (const [name, error] of Object.entries(document.reference ?? {})) {
    const limit = tolerances[name as keyof ReferenceErrors];
    lines.push([name, `${error.toExponential(1)} (may be ${limit.toExponential(0)})`]);
  }
  return `${lines.map(([name, value]) => `${name.padEnd(20)}${value}`).join('\n')}\n`;
}
