// `tallrec experiment`: the paper's experiments as grids of cells, resumable, with tables and figures.
import { freemem } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { shotsSchema } from '@tallrec/shared/tuning';
import type { Command } from 'commander';
import { z } from 'zod';
import { interruptSignal } from '../dev/interrupt.ts';
import { describeCell } from '../experiments/cell.ts';
import { CellStore } from '../experiments/cell-store.ts';
import { CellWorkers } from '../experiments/cell-workers.ts';
import { DESIGNS, type Design, type ExperimentName, planCells } from '../experiments/designs.ts';
import { type Domain, openDomain } from '../experiments/domain.ts';
import { estimateGrid, type PlannedCell } from '../experiments/estimate.ts';
import { runGrid } from '../experiments/run-grid.ts';
import { resultsOf, writeResults } from '../experiments/write-results.ts';
import { IN_CONTEXT_DEFAULTS } from '../methods/in-context.ts';
import type { Method } from '../methods/method.ts';
import { METHOD_NAMES } from '../methods/registry.ts';
import { conventionalOptions, experimentMethods, type MethodOptions } from './experiment-methods.ts';
import { parsedBy } from './fail.ts';
import {
  cleanTemplateOption,
  computeOption,
  numberOf,
  positiveNumber,
  providerOption,
  weightsOption,
  wholeNumber,
} from './option-values.ts';
import { formatMs, say, showProgress, warn } from './progress.ts';
import { withRecipeOptions } from './recipe-options.ts';

/** Of a thread with TensorFlow.js, a sentence encoder and the data of a domain. */
const WORKER_BYTES = 1e9;

interface Options extends MethodOptions {
  domain: string[];
  data?: string;
  shots: number[];
  seeds: number;
  out: string;
  cache?: string;
  limit?: number;
  validLimit?: number;
  jobs: number;
  dryRun?: boolean;
  json?: boolean;
}

export function registerExperiment(program: Command): void {
  const experiment = program
    .command('experiment')
    .description("Run the paper's experiments, with the controls it lacks.");
  experiment
    .command('methods')
    .description('List every method by name.')
    .option('--json', 'print one JSON document')
    .action(listMethods);
  for (const name of Object.keys(DESIGNS) as ExperimentName[]) registerDesign(experiment, name);
}

function registerDesign(experiment: Command, name: ExperimentName): void {
  const { title, methods }: Design = DESIGNS[name];
  const command = experiment
    .command(name)
    .description(`${title}. A cell that is done is not run again; Ctrl-C stops, and the same command goes on.`)
    .option(
      '--domain <list>',
      'movie, book, or folders with train, valid and test samples, by commas',
      words,
      name === 'cross-domain' ? ['movie', 'book'] : ['movie'],
    )
    .option('--data <dir>', 'the folder that holds movie and book as published')
    .option('--shots <list>', 'training samples K, by commas', wholeNumbers, [16, 64, 256])
    .option('--seeds <n>', 'seeds 0 to n − 1', wholeNumber(1), 5)
    .option(
      '--methods <list>',
      `names or kinds ("tallrec experiment methods"), or all (default: ${methods.join(',')})`,
      words,
    )
    .requiredOption('--out <dir>', 'gets results.json, results.md, results.html')
    .option('--cache <dir>', 'finished cells and tuned adapters, which experiments may share (default: OUT/cache)')
    .option('--limit <n>', 'only the first n test rows', wholeNumber(1))
    .option('--valid-limit <n>', 'validate by n rows, drawn by the seed', wholeNumber(2))
    .option('--jobs <n>', 'cells at once, each on a thread; language models run alone', wholeNumber(1), 1)
    .option('--dry-run', 'print the cells and an estimate of the time, and run none')
    .option('--json', 'print one JSON document')
    .option('--encoder <dir>', 'a sentence encoder such as all-MiniLM-L6-v2 as ONNX, for gru-bert and dros-bert')
    .optionsGroup('Language model:')
    .option('--model <dir|name>', 'a LLaMA checkpoint, by directory or by its name in the store')
    .option('--instructions <file>', 'instruction data of the first stage: JSON array or JSONL')
    .addOption(cleanTemplateOption())
    .addOption(providerOption())
    .addOption(weightsOption())
    .addOption(computeOption())
    .option('--learning-rates <list>', 'rates of rec tuning, by commas, to choose from on validation', rates)
    .option('--examples <n>', 'in-context examples at most', wholeNumber(0), IN_CONTEXT_DEFAULTS.examples)
    .option(
      '--context-tokens <n>',
      "longest prompt with examples, within the model's context",
      wholeNumber(64),
      IN_CONTEXT_DEFAULTS.contextTokens,
    )
    .optionsGroup('Remote model (its key is read from OPENAI_API_KEY):')
    .option('--remote-model <name>', 'a model behind an OpenAI-compatible endpoint, for in-context-remote')
    .option('--remote-url <url>', "the API's base (default: OpenAI's)", parsedBy(z.url({ protocol: /^https?$/ })))
    .option('--price-input <usd>', 'price of a million input tokens', positiveNumber)
    .option('--price-output <usd>', 'price of a million output tokens', positiveNumber)
    .option('--concurrency <n>', 'requests at once', wholeNumber(1), 4);
  withRecipeOptions(command).action((options: Options) => run(name, options));
}

const words = (text: string) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
const shotsOf = numberOf(shotsSchema);
const wholeNumbers = (text: string) => [...new Set(words(text).map(shotsOf))].sort((a, b) => a - b);
const rates = (text: string) => words(text).map(positiveNumber);

function listMethods({ json }: { json?: boolean }): void {
  const methods = METHOD_NAMES.map(({ name, title, kind }) => ({ name, title, kind }));
  if (json) process.stdout.write(`${JSON.stringify({ methods })}\n`);
  else
    for (const { name, title, kind } of methods) process.stdout.write(`${name.padEnd(22)}${kind.padEnd(16)}${title}\n`);
}

async function run(experiment: ExperimentName, options: Options): Promise<void> {
  const signal = interruptSignal();
  const { out, shots, seeds, validLimit, limit: testLimit, cache = join(out, 'cache') } = options;
  const { methods, languageModel } = await experimentMethods(options, DESIGNS[experiment].methods, cache);
  const domains = await openDomains(options);
  const size = { domains, methods, shots, seeds, validLimit, testLimit };
  const plans = planCells(experiment, size);
  const store = new CellStore(join(cache, 'cells'));
  const workers = await cellWorkers(options, methods);
  try {
    if (options.dryRun) {
      const planned = await estimateGrid(plans, store, {
        signal,
        onProbe: (plan) => say(`Timing a short piece of ${describeCell(plan)}`),
      });
      printPlan(planned, options);
      return;
    }
    const progress = showProgress('Experiment', 'cells');
    const outcome = await runGrid(plans, {
      store,
      workers,
      signal,
      onProgress: ({ done, total, etaMs, note }) => progress.update(done, total, etaMs, note),
    }).finally(progress.stop);
    const model = languageModel && describeModel(languageModel.options);
    const results = resultsOf({
      experiment,
      size,
      command: ['tallrec', ...process.argv.slice(2)].join(' '),
      model: model ?? null,
      plannedCells: plans.length,
      outcome,
    });
    for (const path of await writeResults(out, results)) say(path);
    if (options.json) process.stdout.write(`${JSON.stringify(results)}\n`);
    refuseIncomplete(outcome, plans.length);
  } finally {
    await workers?.close();
    await languageModel?.close();
  }
}

async function openDomains({ domain: names, data }: Options): Promise<Domain[]> {
  const domains = await Promise.all(names.map((name) => openDomain(name, data, warn)));
  const twice = domains.find(({ name }, index) => domains.findIndex((other) => other.name === name) < index);
  if (!twice) return domains;
  throw new TallrecError('BAD_REQUEST', `Two domains have the name ${twice.name}.`, {
    fix: 'Rename one of the folders.',
  });
}

/** As many threads as were asked for and have memory; none for one. */
async function cellWorkers(options: Options, methods: readonly Method[]): Promise<CellWorkers | undefined> {
  const count = Math.min(options.jobs, Math.max(1, Math.floor(freemem() / WORKER_BYTES)));
  if (count < options.jobs) say(`Memory is free for ${count} of ${options.jobs} jobs.`);
  if (count === 1) return undefined;
  const domains = options.domain.map((nameOrDir) => ({ nameOrDir, dataDir: options.data }));
  const names = methods.map(({ name }) => name);
  return new CellWorkers(count, { domains, conventional: await conventionalOptions(options, names) });
}

function describeModel({
  name,
  contentHash,
  computing,
}: {
  name: string;
  contentHash: string;
  computing: Readonly<Record<string, string>>;
}) {
  return { name, contentHash, computing: { ...computing } };
}

function refuseIncomplete({ cells, failures, cancelled }: Awaited<ReturnType<typeof runGrid>>, planned: number): void {
  if (cancelled) {
    throw new TallrecError('CANCELLED', `Stopped: ${cells.length} of ${planned} cells are done.`, {
      fix: 'The same command goes on from here.',
    });
  }
  const [first] = failures;
  if (!first) return;
  throw new TallrecError(
    'ENGINE_FAILED',
    `${failures.length} of ${planned} cells failed; the first, ${first.cell}: ${first.message}`,
  );
}

function printPlan(planned: readonly PlannedCell[], { json }: Options): void {
  const left = planned.filter(({ done }) => !done);
  const estimateMs = left.reduce((sum, { ms }) => sum + ms, 0);
  if (json) {
    const cells = planned.map(({ plan, done, ms }) => ({
      method: plan.method.name,
      trainedOn: plan.trainedOn.map(({ name }) => name),
      testedOn: plan.testedOn.map(({ name }) => name),
      shots: plan.shots,
      seed: plan.seed,
      done,
      ms,
    }));
    process.stdout.write(`${JSON.stringify({ cells, left: left.length, estimateMs })}\n`);
    return;
  }
  for (const { plan, done, ms } of planned) {
    process.stdout.write(`${done ? 'done' : '    '} ${describeCell(plan).padEnd(56)} ${formatMs(ms)}\n`);
  }
  process.stdout.write(`${left.length} of ${planned.length} cells are left, about ${formatMs(estimateMs)}.\n`);
}
