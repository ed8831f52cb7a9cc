// `tallrec serve`: joins an edge as a node, and may answer on localhost too.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import type { Command } from 'commander';
import { config } from '../config.ts';
import { interruptSignal } from '../dev/interrupt.ts';
import type { WeightFormat } from '../llama/weight-file.ts';
import type { Compute } from '../models/converted-weights.ts';
import { listModels, type ModelPlace, resolveModel } from '../models/store.ts';
import type { ProviderRequest } from '../runtime/choose-provider.ts';
import { memberSecret, parseEdgeUrl } from '../server/membership.ts';
import { startNode } from '../server/node.ts';
import { computeRequest } from './open-engine.ts';
import { computeOption, memoryOption, portNumber, providerOption, weightsOption } from './option-values.ts';

interface ServeOptions {
  edge: string;
  token?: string;
  models?: string;
  listen?: number;
  host: string;
  provider?: ProviderRequest;
  weights?: WeightFormat;
  compute?: Compute;
  vram?: number;
}

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('Join an edge as a node: it dials out, so it needs no open port.')
    .requiredOption('--edge <url>', 'URL of the edge')
    .option(
      '--token <token>',
      'the token that POST /v1/nodes gave, for the first start (default: TALLREC_NODE_TOKEN); later ones need none',
    )
    .option('--models <list>', 'checkpoint directories, folders of them, or names, by commas (default: the store)')
    .option('--listen <port>', "serve the node's own API on this machine too; 0 takes a free port", portNumber)
    .option('--host <address>', 'where --listen listens', '127.0.0.1')
    .addOption(providerOption())
    .addOption(weightsOption())
    .addOption(computeOption())
    .addOption(memoryOption())
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  const { home, nodeToken } = config();
  const edge = parseEdgeUrl(options.edge);
  const models = await findModels(options.models?.split(','));
  const secret = await memberSecret({ home, edge, token: options.token ?? nodeToken, nowMs: Date.now });
  const signal = interruptSignal();
  await startNode({
    edgeUrl: edge,
    secret,
    home,
    models,
    computing: computeRequest({ ...options, memoryBytes: options.vram }),
    listen: options.listen === undefined ? undefined : { port: options.listen, host: options.host },
    signal,
    log: (line) => process.stderr.write(`${line}\n`),
  });
}

/** A folder without a config.json stands for the checkpoints in it. */
async function findModels(named: string[] | undefined): Promise<ModelPlace[]> {
  const paths = config();
  const places: ModelPlace[] = [];
  if (named === undefined) {
    for (const { name } of await listModels(paths)) places.push(await resolveModel(name, paths));
  }
  for (const name of named ?? []) {
    const within = await checkpointsIn(name);
    for (const one of within ?? [name]) places.push(await resolveModel(one, paths));
  }
  const twice = places.find(({ name }, at) => places.findIndex((other) => other.name === name) !== at);
  if (twice) {
    throw new TallrecError('CONFLICT', `Two of the models are called ${twice.name}.`, {
      fix: 'Give one another name: tallrec models import DIR --name NAME.',
    });
  }
  if (places.length === 0) {
    throw new TallrecError('NOT_FOUND', 'There is no model to serve.', {
      fix: 'Get one: tallrec models pull HuggingFaceTB/SmolLM2-135M-Instruct, or name directories by --models.',
    });
  }
  return places;
}

async function checkpointsIn(folder: string): Promise<string[] | undefined> {
  const entries = await readdir(folder).catch(() => undefined);
  if (!entries || entries.includes('config.json')) return undefined;
  const dirs = entries.sort().map((entry) => join(folder, entry));
  const found: string[] = [];
  for (const dir of dirs) if (await stat(join(dir, 'config.json')).catch(() => undefined)) found.push(dir);
  return found;
}
