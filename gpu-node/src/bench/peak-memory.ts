// Trains on 8 × 128 tokens in a process of its own and prints its peak resident memory. Arguments: checkpoint, threads, and the file of int8 matrices if they are computed with.
import { existsSync, readFileSync } from 'node:fs';
import { Random } from '@tallrec/shared/random';
import { loadLanguageModel } from '../llama/load.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { benchAdapter, unlikeRows } from './rows.ts';

const [dir, threads, int8File] = process.argv.slice(2) as [string, string, string?];
const model = await loadLanguageModel(dir, createRuntime('cpu', { threads: Number(threads) }), { int8File });
const adapter = benchAdapter(model.config, Random.seeded(1));
const rows = unlikeRows(model.config.vocabSize, Random.seeded(2));
for (let step = 0; step < 3; step++) await model.lossAndGradients(rows, adapter, { lossWeight: 1 });
process.stdout.write(`${JSON.stringify({ peakBytes: peakBytes() })}\n`);
await model.close();

/** Of this process alone: what the system calls the largest resident set also counts the process that started it. */
function peakBytes(): number {
  if (!existsSync('/proc/self/status')) return 1024 * process.resourceUsage().maxRSS;
  const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1];
  return 1024 * Number(kilobytes);
}
