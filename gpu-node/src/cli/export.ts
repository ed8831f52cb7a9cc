// `tallrec export --merged`: base and adapter as one checkpoint.
import { type Command, Option } from 'commander';
import { config } from '../config.ts';
import { interruptSignal } from '../dev/interrupt.ts';
import { readLlamaConfig } from '../llama/config.ts';
import { readAdapter } from '../llama/peft.ts';
import { MERGED_DTYPES, type MergedDtype, mergeAdapter } from '../models/merge-adapter.ts';
import { resolveModel } from '../models/store.ts';
import { provenanceOf } from './open-engine.ts';
import { forceOption } from './option-values.ts';
import { say, showProgress, warn } from './progress.ts';

interface Options {
  model: string;
  adapter: string;
  out: string;
  dtype?: MergedDtype;
  force?: boolean;
  json?: boolean;
}

export function registerExport(program: Command): void {
  program
    .command('export')
    .description('Write a base model with an adapter in its weights: a checkpoint that transformers loads.')
    .requiredOption('--merged', 'base and adapter as one')
    .requiredOption('--model <dir|name>', 'the checkpoint that the adapter was tuned on, by directory or name')
    .requiredOption('--adapter <dir>', 'a PEFT adapter of that model')
    .requiredOption('--out <dir>', 'the new checkpoint; it must not be there yet')
    .addOption(
      new Option('--dtype <type>', "what the weights are stored in (default: as the base's)").choices(MERGED_DTYPES),
    )
    .addOption(forceOption())
    .option('--json', 'print one JSON document')
    .action(exportMerged);
}

async function exportMerged({ model, adapter: adapterDir, out, dtype, force, json }: Options): Promise<void> {
  const signal = interruptSignal();
  const place = await resolveModel(model, config());
  await provenanceOf(adapterDir, place, force);
  const adapter = await readAdapter(adapterDir, await readLlamaConfig(place.dir), { onWarning: warn });
  const progress = showProgress('Merging', 'MB');
  const megabytes = (bytes: number) => Math.round(bytes / 1e6);
  const { matrices, bytes, roundedTo } = await mergeAdapter(place.dir, adapter, out, {
    dtype,
    signal,
    onProgress: (done, total) => progress.update(megabytes(done), megabytes(total)),
  }).finally(progress.stop);
  for (const type of roundedTo) {
    say(
      `Merged weights are rounded to ${type}, so logits differ a little from base and adapter apart; --dtype f32 keeps them.`,
    );
  }
  say(`${out}: ${place.name} with the adapter in ${matrices} of its matrices, ${megabytes(bytes)} MB.`);
  if (json) process.stdout.write(`${JSON.stringify({ out, model: place.name, matrices, bytes, roundedTo })}\n`);
}
