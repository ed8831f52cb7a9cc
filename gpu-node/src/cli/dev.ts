// `tallrec dev`: the edge and one node on this machine, to build against.
import { join } from 'node:path';
import type { Command } from 'commander';
import { config } from '../config.ts';
import { demoModel } from '../demo/model.ts';
import { aborted, interruptSignal } from '../dev/interrupt.ts';
import { type LocalStack, startLocalStack } from '../dev/local-stack.ts';
import { portNumber } from './option-values.ts';

interface DevOptions {
  port?: number;
  models?: string;
  state?: string;
  verbose?: boolean;
  json?: boolean;
}

export function registerDev(program: Command): void {
  program
    .command('dev')
    .description('Run the edge and one node on this machine, and print the URL and a key to build against.')
    .option('--port <n>', 'port of the edge; 0 takes a free one (default: 8787, or a free one)', portNumber)
    .option(
      '--models <list>',
      'checkpoint directories or names, separated by commas (default: the model that comes with the project, or a small random LLaMA)',
    )
    .option('--state <dir>', 'where the database and the files are kept between runs (default: ~/.tallrec/dev)')
    .option('--verbose', 'show what the edge and the node print')
    .option('--json', 'print one JSON document {url, key, operatorSecret, dashboard} on stdout once both are up')
    .action(dev);
}

async function dev(options: DevOptions): Promise<void> {
  const signal = interruptSignal();
  const stateDir = options.state ?? join(config().home, 'dev');
  const models = options.models?.split(',') ?? [(await demoModel(join(config().home, 'models'))).dir];
  let stack: LocalStack | undefined;
  try {
    stack = await startLocalStack({
      stateDir,
      models,
      port: options.port,
      signal,
      onLine: (name, line) => options.verbose && process.stderr.write(`[${name}] ${line}\n`),
      onNotice: (sentence) => process.stderr.write(`${sentence}\n`),
    });
    const { url, key } = stack;
    const { operatorSecret } = stack.edge;
    const dashboard = await stack.client.signInLink();
    if (options.json) process.stdout.write(`${JSON.stringify({ url, key, operatorSecret, dashboard })}\n`);
    else {
      process.stdout.write(
        `The edge and a node are up, until Ctrl-C.\n  URL        ${url}\n  key        ${key}\n  API        ${url}/docs\n` +
          `  Dashboard  ${dashboard}\n             (signs in once, within ten minutes; later with the key)\n\n` +
          `Try:\n  curl -H "Authorization: Bearer ${key}" ${url}/v1/models\n`,
      );
    }
    await Promise.race([aborted(signal), stack.edge.process.failed()]);
  } catch (error) {
    if (!signal.aborted) throw error;
    // Stopped before all was up; what was started is stopped.
    process.exitCode = 130;
  } finally {
    await stack?.stop();
  }
}
