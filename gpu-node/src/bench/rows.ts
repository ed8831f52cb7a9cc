// What is benchmarked: an adapter of rank 8 on q and v, rows of real prompts, and rows that begin unlike each other.
import type { Random } from '@tallrec/shared/random';
import type { LlamaConfig } from '../llama/config.ts';
import { loraTensorName, moduleShape } from '../llama/linear-modules.ts';
import type { LinearModule, LoraAdapter } from '../llama/lora.ts';
import { IGNORED_LABEL, type LabelledRow } from '../llama/model.ts';

const MODULES: readonly LinearModule[] = ['q_proj', 'v_proj'];
const RANK = 8;
const [ROWS, LENGTH, LABELS] = [8, 128, 3];

/** Both matrices random, so that every gradient is worth something. */
export function benchAdapter(config: LlamaConfig, random: Random): LoraAdapter {
  const tensors: LoraAdapter['tensors'] = new Map();
  const matrix = (shape: readonly [number, number]) => {
    return { shape, data: Float32Array.from({ length: shape[0] * shape[1] }, () => 0.02 * random.normal()) };
  };
  for (let layer = 0; layer < config.layers; layer++) {
    for (const module of MODULES) {
      const [outSize, inSize] = moduleShape(config, module);
      tensors.set(loraTensorName(layer, module, 'A'), matrix([RANK, inSize]));
      tensors.set(loraTensorName(layer, module, 'B'), matrix([outSize, RANK]));
    }
  }
  return { config: { rank: RANK, alpha: 16, dropout: 0, targetModules: MODULES, rankStabilized: false }, tensors };
}

/** 8 rows of 128 random tokens, the last three labelled. */
export function unlikeRows(vocabSize: number, random: Random): LabelledRow[] {
  return Array.from({ length: ROWS }, () => {
    const tokens = Array.from({ length: LENGTH }, () => random.integer(0, vocabSize - 1));
    return { tokens, labels: tokens.map((id, t) => (t < LENGTH - LABELS ? IGNORED_LABEL : id)) };
  });
}
