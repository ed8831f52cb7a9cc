// Trains on 8 × 128 tokens in a process of its own and prints its peak resident memory. Arguments: checkpoint, threads, compute.
import { Random } from '@tallrec/shared/random';
import { loadLanguageModel } from '../llama/load.ts';
import type { Compute } from '../llama/stored-tensors.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { benchAdapter, unlikeRows } from './rows.ts';

const [dir, threads, compute] = process.argv.slice(2) as [string, string, Compute];
const model = await loadLanguageModel(dir, createRuntime('cpu', { threads: Number(threads) }), { compute });
const adapter = benchAdapter(model.config, Random.seeded(1));
const rows = unlikeRows(model.config.vocabSize, Random.seeded(2));
for (let step = 0; step < 3; step++) await model.lossAndGradients(rows, adapter, { lossWeight: 1 });
process.stdout.write(`${JSON.stringify({ peakBytes: 1024 * process.resourceUsage().maxRSS })}\n`);
await model.close();
