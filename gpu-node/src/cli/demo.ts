// `tallrec demo`: the whole story on this machine, and nothing left running after it.
import { access, constants, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TallrecError } from '@tallrec/shared/errors';
import { modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import type { Command } from 'commander';
import { writeFileAtomically } from '../atomic-file.ts';
import { config } from '../config.ts';
import { demoModel } from '../demo/model.ts';
import { storyPage } from '../demo/report.ts';
import { STORIES } from '../demo/settings.ts';
import { premise, type Told, tellStory } from '../demo/story.ts';
import { aborted, interruptSignal } from '../dev/interrupt.ts';
import { startLocalStack } from '../dev/local-stack.ts';
import { describeTraining, ownTraining } from '../models/own-training.ts';
import { resolveModel } from '../models/store.ts';
import { page } from '../report/page.ts';

interface DemoOptions {
  model?: string;
  report: string;
  keep?: boolean;
  verbose?: boolean;
}

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('Run the main job on this machine: upload ratings, tune, evaluate, score and rank.')
    .option('--model <dir|name>', 'a LLaMA checkpoint to run it on, in place of the one that comes with the project')
    .option('--report <file>', 'where the page with the curves and tables goes', 'tallrec-demo.html')
    .option('--keep', 'leave the edge and the node running until Ctrl-C')
    .option('--verbose', 'show what the edge and the node print')
    .action(demo);
}

async function demo(options: DemoOptions): Promise<void> {
  const startedAt = performance.now();
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const signal = interruptSignal();

  await checkWritable(options.report);
  const stateDir = await mkdtemp(join(tmpdir(), 'tallrec-demo-'));
  let stop = async () => {};
  try {
    const { model, story, about } = await chooseModel(options.model, stateDir);
    const settings = STORIES[story];
    print(
      `TALLRec Edge: a language model becomes a recommender, from a handful of examples.\n${premise(settings.shots)}`,
    );
    print(`\nModel: ${about}`);
    print('Starting the edge (the Workers runtime, with D1 and R2, on this machine) and a node …');
    const stack = await startLocalStack({
      stateDir,
      models: [model],
      signal,
      onLine: (name, line) => options.verbose && process.stderr.write(`[${name}] ${line}\n`),
      onNotice: (sentence) => process.stderr.write(`${sentence}\n`),
    });
    stop = stack.stop;
    const { items } = await stack.client.get('/v1/models', pageOf(modelSchema));
    const told = await tellStory(stack.client, { ...settings, model: items[0]!.name }, print);
    const durationMs = performance.now() - startedAt;
    const report = await writeReport(options, told, { about, durationMs });
    print(
      `\nDone in ${Math.round(durationMs / 1000)} s. The same with its curves, to look at in a browser:\n  ${report}`,
    );
    print(nextSteps(options.model));
    if (options.keep) {
      const dashboard = await stack.client.signInLink();
      print(
        `\nStill running, until Ctrl-C:\n  URL        ${stack.url}\n  key        ${stack.key}\n  API        ${stack.url}/docs`,
      );
      print(`  Dashboard  ${dashboard}\n             (signs in once, within ten minutes; later with the key)`);
      await aborted(signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    print('\nInterrupted; stopping what was started.');
    process.exitCode = 130;
  } finally {
    await stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

interface ChosenModel {
  /** A checkpoint's directory, or its name in the store. */
  model: string;
  story: keyof typeof STORIES;
  about: string;
}

async function chooseModel(named: string | undefined, stateDir: string): Promise<ChosenModel> {
  if (named !== undefined) {
    const { name } = await resolveModel(named, config());
    return { model: named, story: 'checkpoint', about: `${name}, a checkpoint of yours.` };
  }
  const { dir, kind } = await demoModel(stateDir);
  const name = basename(dir);
  const training = await ownTraining(dir);
  const about = {
    movies: `${name}, which comes with the project${training ? `: ${describeTraining(training)}` : ''}.`,
    random:
      `${name}, a small LLaMA with random weights, made just now. It shows that everything works, not how well: it has never ` +
      'read a text, so an AUC near one half is to be expected. `--model DIR` runs the same on a real checkpoint.',
  }[kind];
  return { model: dir, story: kind, about };
}

async function checkWritable(report: string): Promise<void> {
  const dir = dirname(resolve(report));
  try {
    await mkdir(dir, { recursive: true });
    await access(dir, constants.W_OK);
  } catch (cause) {
    throw new TallrecError('BAD_REQUEST', `The report cannot be written to ${dir}.`, {
      fix: 'Name another place by --report FILE.',
      cause,
    });
  }
}

/** @returns the page's address */
async function writeReport(
  { report, model }: DemoOptions,
  told: Told,
  { about, durationMs }: { about: string; durationMs: number },
): Promise<string> {
  const command = `npm run demo${model === undefined ? '' : ` -- --model ${model}`}`;
  const path = resolve(report);
  await writeFileAtomically(path, [
    await page(storyPage(told, { command, durationMs, at: new Date(), aboutModel: about })),
  ]);
  return pathToFileURL(path).href;
}

function nextSteps(model: string | undefined): string {
  return [
    'What next:',
    '  npx tallrec dev                          the edge and a node, with a URL and a key to build on',
    '  npx tallrec tune --help                  the same without the edge: files in, a PEFT adapter out',
    ...(model === undefined
      ? [
          '  npx tallrec models pull HuggingFaceTB/SmolLM2-135M-Instruct',
          '  npm run demo -- --model HuggingFaceTB/SmolLM2-135M-Instruct    the same story on a real model',
        ]
      : []),
  ].join('\n');
}
