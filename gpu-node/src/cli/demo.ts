// `tallrec demo`: the whole story on this machine, and nothing left running after it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import type { Command } from 'commander';
import { config } from '../config.ts';
import { demoModel } from '../demo/model.ts';
import { type StorySettings, tellStory } from '../demo/story.ts';
import { aborted, interruptSignal } from '../dev/interrupt.ts';
import { startLocalStack } from '../dev/local-stack.ts';
import { resolveModel } from '../models/store.ts';

interface DemoOptions {
  model?: string;
  keep?: boolean;
  verbose?: boolean;
}

/** Sized so that the story takes minutes on two cores; a real checkpoint gets fewer ratings of each person. */
const TINY_STORY: Omit<StorySettings, 'model'> = {
  shots: 64,
  evaluationRows: 400,
  hyperParameters: { learningRate: 1e-2, batchSize: 16, maxSteps: 40, warmupSteps: 5, evaluateEverySteps: 8 },
};
const CHECKPOINT_STORY: Omit<StorySettings, 'model'> = {
  ratingsPerUser: 20,
  shots: 64,
  evaluationRows: 400,
  hyperParameters: { learningRate: 1e-3, batchSize: 16, maxSteps: 12, warmupSteps: 2, evaluateEverySteps: 4 },
};

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('Run the main job on this machine: upload ratings, tune, evaluate, score and rank.')
    .option('--model <dir|name>', 'a LLaMA checkpoint to run it on, in place of a small random one')
    .option('--keep', 'leave the edge and the node running until Ctrl-C')
    .option('--verbose', 'show what the edge and the node print')
    .action(demo);
}

async function demo(options: DemoOptions): Promise<void> {
  const startedAt = performance.now();
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const signal = interruptSignal();

  const stateDir = await mkdtemp(join(tmpdir(), 'tallrec-demo-'));
  let stop = async () => {};
  try {
    print('TALLRec Edge: a language model becomes a recommender, from a handful of examples.');
    let model = options.model;
    if (model !== undefined) await resolveModel(model, config());
    else {
      model = await demoModel(stateDir);
      print(
        'Model: a small LLaMA with random weights, made just now. It shows that everything works, not how well it can work:\n' +
          'it has never read a text, so expect an AUC near one half. With --model DIR the same runs on a real checkpoint.',
      );
    }
    print('Starting the edge (the Workers runtime, with D1 and R2, on this machine) and a node …');
    const stack = await startLocalStack({
      stateDir,
      models: [model],
      signal,
      onLine: (name, line) => options.verbose && process.stderr.write(`[${name}] ${line}\n`),
    });
    stop = stack.stop;
    const { items } = await stack.client.get('/v1/models', pageOf(modelSchema));
    const story = options.model === undefined ? TINY_STORY : CHECKPOINT_STORY;
    await tellStory(stack.client, { ...story, model: items[0]!.name }, print);
    print(`\nDone in ${Math.round((performance.now() - startedAt) / 1000)} s.`);
    print(nextSteps(options.model));
    if (options.keep) {
      print(`\nStill running, until Ctrl-C:\n  URL  ${stack.url}\n  key  ${stack.key}\n  API  ${stack.url}/docs`);
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
