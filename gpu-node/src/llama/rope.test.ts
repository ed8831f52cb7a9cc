import { describe, expect, it } from 'vitest';
import { parseLlamaConfig } from './config.ts';
import { inverseFrequencies, rotaryFeeds } from './rope.ts';

const llama31 = {
  architectures: ['LlamaForCausalLM'],
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 131072,
  rope_theta: 500000,
};
const scaling = {
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
  rope_type: 'llama3',
};

describe('rotary frequencies', () => {
  it('fall geometrically from 1', () => {
    const frequencies = inverseFrequencies(parseLlamaConfig(llama31));
    expect(frequencies).toHaveLength(64);
    expect(frequencies[0]).toBe(1);
    expect(frequencies[32]).toBeCloseTo(500000 ** -0.5, 10);
  });

  it('are all divided by the factor of the linear kind', () => {
    const plain = inverseFrequencies(parseLlamaConfig(llama31));
    const slow = inverseFrequencies(parseLlamaConfig({ ...llama31, rope_scaling: { type: 'linear', factor: 4 } }));
    slow.forEach((frequency, i) => {
      expect(frequency).toBeCloseTo(plain[i]! / 4, 12);
    });
  });

  /** What transformers' `_compute_yarn_parameters` gives. */
  it.each([
    {
      head_dim: 16,
      rope_parameters: { rope_theta: 1e6, factor: 4, original_max_position_embeddings: 32768 },
      frequencies: [1, 0.17782794, 0.03162278, 4.21756e-3, 5e-4, 4.4456985e-5, 7.9056936e-6, 1.4058534e-6],
      attentionFactor: 1.138629436111989,
    },
    {
      head_dim: 16,
      rope_parameters: {
        rope_theta: 1e4,
        factor: 8,
        original_max_position_embeddings: 4096,
        beta_fast: 16,
        beta_slow: 2,
        attention_factor: 1.5,
        truncate: false,
      },
      frequencies: [1, 0.31622776, 0.1, 0.03162278, 6.221889e-3, 4.3557558e-4, 1.25e-4, 3.9528473e-5],
      attentionFactor: 1.5,
    },
    {
      head_dim: 8,
      rope_parameters: {
        rope_theta: 1e4,
        factor: 8,
        original_max_position_embeddings: 4096,
        mscale: 1,
        mscale_all_dim: 0.5,
      },
      frequencies: [1, 0.1, 5.625e-3, 1.25e-4],
      attentionFactor: 1.094179988101349,
    },
  ])('are blended by YaRN: %j', ({ head_dim, rope_parameters, frequencies, attentionFactor }) => {
    const config = parseLlamaConfig({
      ...llama31,
      head_dim,
      rope_parameters: { rope_type: 'yarn', ...rope_parameters },
    });
    inverseFrequencies(config).forEach((frequency, i) => {
      expect(Math.abs(frequency / frequencies[i]! - 1)).toBeLessThan(1e-6);
    });
    const { rope_cos } = rotaryFeeds(config, 2);
    expect(rope_cos.data[0]).toBe(Math.fround(attentionFactor));
    expect(rope_cos.data[frequencies.length]).toBeCloseTo(attentionFactor * Math.cos(1), 6);
  });

  it('are kept when fast, divided when slow, and blended between, as Llama 3.1 defines', () => {
    const plain = inverseFrequencies(parseLlamaConfig(llama31));
    const stretched = inverseFrequencies(parseLlamaConfig({ ...llama31, rope_scaling: scaling }));
    const ratios = stretched.map((frequency, i) => frequency / plain[i]!);
    const wavelengths = plain.map((frequency) => (2 * Math.PI) / frequency);
    ratios.forEach((ratio, i) => {
      if (wavelengths[i]! < 8192 / 4) expect(ratio).toBe(1);
      else if (wavelengths[i]! > 8192) expect(ratio).toBeCloseTo(1 / 8, 12);
      else {
        const smooth = (8192 / wavelengths[i]! - 1) / 3;
        expect(ratio).toBeCloseTo((1 - smooth) / 8 + smooth, 12);
      }
    });
    expect(ratios.filter((ratio) => ratio < 1 && ratio > 1 / 8 + 1e-9).length).toBeGreaterThan(2);
  });
});

it('turns each position by its multiple of the frequency, the angle rounded to float32', () => {
  const config = parseLlamaConfig(llama31);
  const { rope_cos, rope_sin } = rotaryFeeds(config, 1000);
  expect(rope_cos.dims).toEqual([1000, 64]);
  expect([...rope_cos.data.slice(0, 64)]).toEqual(Array(64).fill(1));
  const angle = Math.fround(999 * Math.fround(inverseFrequencies(config)[1]!));
  expect(rope_sin.data[999 * 64 + 1]).toBe(Math.fround(Math.sin(angle)));
  expect(rope_cos.data[999 * 64 + 1]).toBe(Math.fround(Math.cos(angle)));
});
