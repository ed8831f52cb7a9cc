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
