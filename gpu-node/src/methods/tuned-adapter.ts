// Tunes an adapter once for the same model, data and settings: the outcome is kept by content hash, unfinished work by checkpoints.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { WholeBlend } from '@tallrec/shared/blend';
import { type TuningReport, type TuningSettings, tuningReportSchema } from '@tallrec/shared/tuning';
import { adapterId } from '@tallrec/shared/wire/adapters';
import { readBlend } from '../blend/blend-file.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import { hashAdapterFiles, hashTensors, readAdapter } from '../llama/peft.ts';
import { type TuningData, tune } from '../train/tune.ts';
import { REPORT_FILE, writeTuned } from '../train/tuned-files.ts';
import { throwIfCancelled } from './cancelled.ts';
import type { SharedLanguageModel } from './language-model.ts';
import type { FitOptions } from './method.ts';

/** Changes when the same settings would give another adapter. */
const RECIPE_VERSION = 2;

export interface TunedAdapter {
  adapter: LoraAdapter;
  blend: WholeBlend | undefined;
  report: TuningReport;
  /** Milliseconds that were spent on it before this call. */
  earlierMs: number;
}

/**
 * @param init the second stage starts from the first's adapter
 * @throws TallrecError CANCELLED when aborted; the next call goes on from the last checkpoint
 */
export async function tunedAdapter(
  shared: SharedLanguageModel,
  { settings, data, init }: { settings: TuningSettings; data: TuningData; init?: LoraAdapter },
  { signal, onProgress }: Pick<FitOptions, 'signal' | 'onProgress'>,
): Promise<TunedAdapter> {
  const { name, contentHash, computing, adaptersDir } = shared.options;
  const identity = { RECIPE_VERSION, contentHash, computing, settings, data, init: init ? hashTensors(init) : null };
  const key = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
  const dir = join(adaptersDir, key);
  const { model, tokenizer, provider, precision } = await shared.load();
  const done = await readReport(join(dir, REPORT_FILE));
  if (done) {
    const adapter = await readAdapter(dir, model.config);
    const blend = await readBlend(dir, await adapterId(await hashAdapterFiles(dir)));
    return { adapter, blend, report: done, earlierMs: done.durationMs };
  }

  const checkpointDir = join(dir, 'checkpoints');
  await mkdir(dir, { recursive: true });
  const events = tune({
    model,
    tokenizer,
    modelContentHash: contentHash,
    provider,
    precision,
    settings,
    data,
    init,
    checkpointDir,
    resume: true,
    signal,
  });
  let next = await events.next();
  let startedAt = 0;
  while (!next.done) {
    if (next.value.type === 'started') startedAt = next.value.step;
    if (next.value.type === 'step') onProgress?.(next.value.step, next.value.totalSteps);
    next = await events.next();
  }
  throwIfCancelled(signal);
  const { adapter, blend } = next.value;
  const { report } = await writeTuned(dir, { name, contentHash }, next.value);
  await rm(checkpointDir, { recursive: true, force: true });
  const earlierMs = report.steps === 0 ? 0 : (report.durationMs * startedAt) / report.steps;
  return { adapter, blend: blend ?? undefined, report, earlierMs };
}

/** @returns undefined where there is none, or one that an older version wrote */
async function readReport(path: string): Promise<TuningReport | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = tuningReportSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}
