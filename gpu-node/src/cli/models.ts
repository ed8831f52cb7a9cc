// `tallrec models`: the models that can be used by name.
import type { Command } from 'commander';
import { config } from '../config.ts';
import { interruptSignal } from '../dev/interrupt.ts';
import { pullModel } from '../models/pull.ts';
import { importModel, listModels, type StoredModel } from '../models/store.ts';
import { say, showProgress, warn } from './progress.ts';

export function registerModels(program: Command): void {
  const models = program.command('models').description('List, import and fetch models.');
  models
    .command('list')
    .description('The models in the store, with what they are and where they came from.')
    .option('--json', 'print one JSON document')
    .action(list);
  models
    .command('import')
    .description('Check a checkpoint of LLaMA, Mistral or Qwen and make it known by a name.')
    .argument('<dir>', 'a Hugging Face checkpoint: config.json, tokenizer.json, *.safetensors')
    .option('--name <name>', "its name (default: the directory's)")
    .option('--copy', 'copy the files; else they are linked and the directory must stay')
    .option('--json', 'print one JSON document')
    .action(importDir);
  models
    .command('pull')
    .description('Fetch a model from the Hugging Face hub; a stopped download goes on where it was.')
    .argument('<name>', 'its repository, such as HuggingFaceTB/SmolLM2-135M-Instruct')
    .option('--revision <name>', 'branch, tag or commit')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nHF_TOKEN opens models that are not open to all; HF_ENDPOINT names another hub.')
    .action(pull);
}

async function list({ json }: { json?: boolean }): Promise<void> {
  const models = await listModels(config());
  if (json) return print({ models });
  if (models.length === 0) say('No models yet. Get one by "tallrec models pull HuggingFaceTB/SmolLM2-135M-Instruct".');
  for (const model of models) process.stdout.write(`${describe(model)}\n`);
}

async function importDir(dir: string, options: { name?: string; copy?: boolean; json?: boolean }): Promise<void> {
  const model = await importModel(dir, config(), {
    name: options.name,
    copy: options.copy,
    addedAt: new Date(),
    onWarning: warn,
  });
  if (options.json) print(model);
  else process.stdout.write(`${describe(model)}\n`);
}

async function pull(name: string, options: { revision?: string; json?: boolean }): Promise<void> {
  const { hubUrl, hubToken } = config();
  const progress = showProgress('Fetching', 'MB');
  const megabytes = (bytes: number) => Math.round(bytes / 1e6);
  const model = await pullModel(name, config(), {
    hubUrl,
    accessToken: hubToken,
    revision: options.revision,
    signal: interruptSignal(),
    addedAt: new Date(),
    onWarning: warn,
    onProgress: ({ file, doneBytes, totalBytes }) =>
      progress.update(megabytes(doneBytes), megabytes(totalBytes), undefined, file),
  }).finally(progress.stop);
  if (options.json) print(model);
  else process.stdout.write(`${describe(model)}\n`);
}

function describe({ name, parameters, layers, hiddenSize, contextTokens, contentHash, source }: StoredModel): string {
  const size = parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)} B` : `${(parameters / 1e6).toFixed(1)} M`;
  return `${name}  ${size} parameters, ${layers} layers of ${hiddenSize}, ${contextTokens} tokens of context\n  ${contentHash.slice(0, 16)}  ${source}`;
}

function print(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}
