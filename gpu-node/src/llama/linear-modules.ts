// The linear modules of a layer: their paths in a checkpoint, their sizes, and PEFT's names for their LoRA matrices.
import type { LlamaConfig } from './config.ts';
import type { LinearModule } from './lora.ts';

const MLP_MODULES: readonly LinearModule[] = ['gate_proj', 'up_proj', 'down_proj'];

/** The module's path in a Hugging Face checkpoint, e.g. `model.layers.3.mlp.up_proj`. */
export function modulePath(layer: number, module: LinearModule): string {
  return `model.layers.${layer}.${MLP_MODULES.includes(module) ? 'mlp' : 'self_attn'}.${module}`;
}

/** PEFT's name of one of the module's two LoRA matrices. */
export function loraTensorName(layer: number, module: LinearModule, matrix: 'A' | 'B'): string {
  return `base_model.model.${modulePath(layer, module)}.lora_${matrix}.weight`;
}

/** [out, in] of the module's weight. */
export function moduleShape(config: LlamaConfig, module: LinearModule): [outSize: number, inSize: number] {
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim } = config;
  switch (module) {
    case 'q_proj':
      return [heads * headDim, hiddenSize];
    case 'k_proj':
    case 'v_proj':
      return [kvHeads * headDim, hiddenSize];
    case 'o_proj':
      return [hiddenSize, heads * headDim];
    case 'gate_proj':
    case 'up_proj':
      return [intermediateSize, hiddenSize];
    case 'down_proj':
      return [hiddenSize, intermediateSize];
  }
}
