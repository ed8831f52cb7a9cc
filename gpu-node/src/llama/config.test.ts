import { describe, expect, test } from 'vitest';
import { parseLlamaConfig, readLlamaConfig } from './config.ts';

const smollm2 = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  hidden_act: 'silu',
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  vocab_size: 49152,
  rms_norm_eps: 1e-5,
  rope_theta: 100000,
  rope_scaling: null,
  tie_word_embeddings: true,
  max_position_embeddings: 8192,
  bos_token_id: 1,
  eos_token_id: 2,
};

describe('parseLlamaConfig', () => {
  test('the older spelling', () => {
    expect(parseLlamaConfig(smollm2)).toEqual({
      hiddenSize: 576,
      intermediateSize: 1536,
      layers: 30,
      heads: 9,
      kvHeads: 3,
      headDim: 64,
      vocabSize: 49152,
      rmsNormEps: 1e-5,
      ropeTheta: 100000,
      ropeScaling: undefined,
      tieWordEmbeddings: true,
      maxPositionEmbeddings: 8192,
      bosTokenId: 1,
      eosTokenId: 2,
    });
  });

  test('the newer spelling, with an explicit head size and several end tokens', () => {
    const config = parseLlamaConfig({
      ...smollm2,
      rope_theta: undefined,
      rope_parameters: {
        rope_type: 'llama3',
        rope_theta: 500000,
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 8192,
      },
      head_dim: 48,
      eos_token_id: [128001, 128008],
    });
    expect(config).toMatchObject({ ropeTheta: 500000, headDim: 48, eosTokenId: 128001 });
    expect(config.ropeScaling).toEqual({
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositionEmbeddings: 8192,
    });
  });

  test('LLaMA 1 names neither key-value heads nor a rope theta', () => {
    const { num_key_value_heads, rope_theta, ...llama1 } = smollm2;
    expect(parseLlamaConfig(llama1)).toMatchObject({ kvHeads: 9, ropeTheta: 10000 });
  });

  test.each([
    [{ architectures: ['MistralForCausalLM'] }, /architecture MistralForCausalLM/],
    [{ attention_bias: true }, /biases/],
    [{ rope_scaling: { type: 'yarn', factor: 4 } }, /rope type "yarn"/],
    [{ rope_scaling: { rope_type: 'llama3', factor: 8 } }, /lacks one of/],
    [{ hidden_act: 'gelu' }, /activation gelu/],
    [{ num_key_value_heads: 2 }, /no multiple of 2/],
    [{ hidden_size: 'big' }, /hidden_size/],
    [{ quantization_config: { bits: 4 } }, /quantised/],
  ])('refuses %j', (change, message) => {
    expect(() => parseLlamaConfig({ ...smollm2, ...change })).toThrow(message);
  });

  test('a directory without config.json is named', async () => {
    await expect(readLlamaConfig('/nonexistent')).rejects.toThrow(/config\.json is missing.*checkpoint directory/s);
  });
});
