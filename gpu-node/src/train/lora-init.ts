// A fresh LoRA adapter, as PEFT makes one: A random, B zero, so that the model is unchanged at first.
import type { Random } from '@tallrec/shared/random';
import type { HyperParameters } from '@tallrec/shared/tuning';
import type { LlamaConfig } from '../llama/config.ts';
import type { AdapterTensor, LoraAdapter, LoraConfig } from '../llama/lora.ts';
import { adapterTensors } from '../llama/peft.ts';

export function loraConfig(hyperParameters: HyperParameters): LoraConfig {
  const { loraRank, loraAlpha, loraDropout, loraModules, rankStabilized } = hyperParameters;
  return { rank: loraRank, alpha: loraAlpha, dropout: loraDropout, targetModules: loraModules, rankStabilized };
}

/** A is uniform in ±1/√in, which is kaiming_uniform_(a=√5) over its input size. */
export function initAdapter(config: LoraConfig, model: LlamaConfig, random: Random): LoraAdapter {
  const tensors = new Map<string, AdapterTensor>();
  for (const { name, shape } of adapterTensors(config, model)) {
    const data = new Float32Array(shape[0] * shape[1]);
    if (name.includes('.lora_A.')) {
      const bound = 1 / Math.sqrt(shape[1]);
      for (let i = 0; i < data.length; i++) data[i] = bound * (2 * random.uniform() - 1);
    }
    tensors.set(name, { shape, data });
  }
  return { config, tensors };
}

export function copyAdapter({ config, tensors }: LoraAdapter): LoraAdapter {
  return {
    config,
    tensors: new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }])),
  };
}
