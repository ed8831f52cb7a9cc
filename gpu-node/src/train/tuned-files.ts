// What a tuning leaves in its directory: the adapter's two files, its blend where one was fit, and the report.
import { join } from 'node:path';
import type { TuningReport } from '@tallrec/shared/tuning';
import { type AdapterFiles, adapterId, type BlendFile } from '@tallrec/shared/wire/adapters';
import { writeFileAtomically } from '../atomic-file.ts';
import { writeBlend } from '../blend/blend-file.ts';
import { writeAdapter } from '../llama/peft.ts';
import type { TuneOutcome } from './tune.ts';

/** Written last: with it a directory is whole. */
export const REPORT_FILE = 'report.json';

/**
 * @param model what was tuned, by name and content hash
 * @throws TallrecError when nothing was learned, so that there is no adapter
 */
export async function writeTuned(
  dir: string,
  { name, contentHash }: TuningReport['model'],
  { adapter, blend, report }: TuneOutcome,
): Promise<{ files: AdapterFiles; blendFile: BlendFile | null; report: TuningReport }> {
  const files = await writeAdapter(dir, adapter, name);
  const id = await adapterId(files);
  const blendFile = await writeBlend(dir, id, blend);
  const whole: TuningReport = { ...report, model: { name, contentHash }, adapter: { contentHash: id } };
  await writeFileAtomically(join(dir, REPORT_FILE), [`${JSON.stringify(whole, null, 2)}\n`]);
  return { files, blendFile, report: whole };
}
