// LoRA adapters in memory (Hu et al., 2021): W x + (alpha / r) B A x on chosen linear modules, under PEFT's tensor names.

/** The seven linear modules of a LLaMA layer, in the order of the forward pass. */
export const LINEAR_MODULES = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
export type LinearModule = (typeof LINEAR_MODULES)[number];

export interface LoraConfig {
  rank: number;
  alpha: number;
  /** Probability that an input of A is dropped in training. */
  dropout: number;
  targetModules: readonly LinearModule[];
  /** rsLoRA (Kalajdzievski, 2023): scale alpha / sqrt(r) in place of alpha / r. */
  rankStabilized: boolean;
}

export interface AdapterTensor {
  /** A: [r, in], B: [out, r]. */
  shape: readonly [number, number];
  data: Float32Array;
}

export interface LoraAdapter {
  config: LoraConfig;
  /** By PEFT name, e.g. `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`, layer by layer, A before B. */
  tensors: Map<string, AdapterTensor>;
}

export function loraScale({ rank, alpha, rankStabilized }: Omit<LoraConfig, 'dropout' | 'targetModules'>): number {
  return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
}
