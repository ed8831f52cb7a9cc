import { describe, expect, it } from 'vitest';
import { parseLlamaConfig } from '../llama/config.ts';
import { type PlanRequest, planMemory } from './memory-plan.ts';

const llama7b = parseLlamaConfig({
  architectures: ['LlamaForCausalLM'],
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  vocab_size: 32000,
});
const smollm2 = parseLlamaConfig({
  architectures: ['LlamaForCausalLM'],
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  vocab_size: 49152,
  tie_word_embeddings: true,
});
const GB = 1e9;
const request: PlanRequest = {
  config: llama7b,
  provider: 'cuda',
  extensions: ['FusedMatMul'],
  weights: 'f16',
  length: 512,
  labelled: 3,
  lora: { rank: 8, targetModules: ['q_proj', 'v_proj'] },
  limitBytes: 24 * GB,
};

describe('the memory plan', () => {
  it.each([
    ['f16', 24],
    ['int8', 12],
    ['int4', 8],
  ] as const)('LLaMA-7B at 512 tokens, %s: under %i GB', (weights, limit) => {
    const plan = planMemory({ ...request, weights, limitBytes: limit * GB });
    expect(plan.fits).toBe(true);
    expect(plan.totalBytes).toBeLessThan(limit * GB);
    expect(Object.values(plan.parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(plan.totalBytes);
    const perWeight = { f16: 2, int8: 1 + 4 / 64, int4: 0.5 + 4 / 32 }[weights];
    expect(plan.parts.weights / (6.74e9 * perWeight)).toBeCloseTo(1, 1);
  });

  it.each([
    ['f16', 24],
    ['int8', 12],
    ['int4', 8],
  ] as const)(
    'LLaMA-7B at 512 tokens, %s, computed in float16: under %i GB, with more room for activations',
    (weights, limit) => {
      const given: PlanRequest = { ...request, weights, limitBytes: limit * GB };
      const plan = planMemory({ ...given, compute: 'float16' });
      expect(plan).toMatchObject({ fits: true, precision: 'f16', checkpointing: false });
      const sameWork = planMemory({ ...given, limitBytes: 1e12, microBatch: plan.microBatch });
      expect(plan.parts.activations).toBeLessThan(0.7 * sameWork.parts.activations);
    },
  );

  it('takes the most sequences that fit, and checkpointing only where nothing fits without', () => {
    const [roomy, tight] = [64, 10].map((limit) => planMemory({ ...request, weights: 'int8', limitBytes: limit * GB }));
    expect(roomy).toMatchObject({ checkpointing: false });
    expect(roomy!.microBatch).toBeGreaterThan(8);
    expect(tight).toMatchObject({ fits: true, checkpointing: true });
    const next = planMemory({ ...request, weights: 'int8', limitBytes: 1e12, microBatch: roomy!.microBatch + 1 });
    expect(next.totalBytes).toBeGreaterThan(roomy!.totalBytes);
  });

  it('says when nothing fits, with the least that it would take', () => {
    const plan = planMemory({ ...request, limitBytes: 8 * GB });
    expect(plan).toMatchObject({ fits: false, microBatch: 1, checkpointing: true });
    expect(plan.totalBytes).toBeGreaterThan(14 * GB);
  });

  // Peak resident memory of a process that took a step of unlike tokens and then scored, on the CPU, in MB.
  it.each([
    ['bf16', 8, 128, 2108],
    ['int8', 8, 128, 1437],
  ] as const)(
    'SmolLM2-135M in %s, %i × %i tokens: within 15 % of the %i MB measured',
    (weights, microBatch, length, measured) => {
      const cpu: PlanRequest = { ...request, config: smollm2, provider: 'cpu', weights, length, microBatch };
      expect(Math.abs(planMemory(cpu).totalBytes / (measured * 1e6) - 1)).toBeLessThan(0.15);
    },
  );
});
