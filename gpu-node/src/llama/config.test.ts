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
      modelType: 'llama',
      hiddenSize: 576,
      intermediateSize: 1536,
      layers: 30,
      heads: 9,
      kvHeads: 3,
      headDim: 64,
      biases: [],
      queryKeyNorm: false,
      slidingWindows: new Array(30).fill(undefined),
      vocabSize: 49152,
      rmsNormEps: 1e-5,
      ropeTheta: 100000,
      ropeScaling: undefined,
      tieWordEmbeddings: true,
      maxPositionEmbeddings: 8192,
    });
  });

  test('the newer spelling, with an explicit head size and several end tokens', () => {
    const config = parseLlamaConfig({
      ...smollm2,
      vocab_size: 128_256,
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
    expect(config).toMatchObject({ ropeTheta: 500000, headDim: 48 });
    expect(config.ropeScaling).toEqual({
      type: 'llama3',
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
    [{ architectures: ['GemmaForCausalLM'] }, /architecture GemmaForCausalLM.*Qwen3ForCausalLM/s],
    [{ model_type: 'qwen3' }, /architecture LlamaForCausalLM and the model_type qwen3/],
    [{ rope_scaling: { type: 'longrope', factor: 4 } }, /rope type "longrope"/],
    [{ rope_scaling: { type: 'yarn' } }, /"yarn" rope lacks its factor/],
    [{ rope_scaling: { type: 'linear' } }, /lacks its factor/],
    [{ partial_rotary_factor: 0.5, rope_parameters: { partial_rotary_factor: 0.5 } }, /part of each head/],
    [{ eos_token_id: -1 }, /eos_token_id is -1, which is no token\. Set it to the id/],
    [{ partial_rotary_factor: 0.5 }, /part of each head/],
    [
      { rope_parameters: { full_attention: { rope_type: 'default' }, sliding_attention: { rope_theta: 500 } } },
      /full_attention has rope parameters of its own/,
    ],
    [{ eos_token_id: 99_999 }, /eos_token_id is 99999, which is no token of the 49152 of the vocabulary/],
    [{ eos_token_id: [0, 49_152] }, /eos_token_id is 49152/],
    [{ eos_token_id: [2, -1] }, /eos_token_id is -1/],
    [{ rope_scaling: { rope_type: 'llama3', factor: 8 } }, /lacks one of/],
    [{ hidden_act: 'gelu' }, /activation gelu/],
    [{ num_key_value_heads: 2 }, /no multiple of 2/],
    [{ hidden_size: 'big' }, /hidden_size/],
    [{ quantization_config: { bits: 4 } }, /quantised/],
  ])('refuses %j', (change, message) => {
    expect(() => parseLlamaConfig({ ...smollm2, ...change })).toThrow(message);
  });

  const layers = (count: number, from: number, window: number) =>
    Array.from({ length: count }, (_, layer) => (layer < from ? undefined : window));
  const mistral = { ...smollm2, architectures: ['MistralForCausalLM'], model_type: 'mistral' };
  const qwen2 = { ...smollm2, architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' };
  const qwen3 = { ...smollm2, architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3' };
  const attention = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];

  test.each([
    ['the old name of the class', { ...smollm2, architectures: ['LLaMAForCausalLM'] }, { headDim: 64 }],
    ['a model type alone', { ...smollm2, architectures: undefined, model_type: 'llama' }, { headDim: 64 }],
    ['biases of attention', { ...smollm2, attention_bias: true }, { biases: attention }],
    ['biases of the MLP', { ...smollm2, mlp_bias: true }, { biases: ['gate_proj', 'up_proj', 'down_proj'] }],
    [
      'frequencies that are divided',
      { ...smollm2, rope_scaling: { type: 'linear', factor: 4 } },
      { ropeScaling: { type: 'linear', factor: 4 } },
    ],
    [
      'frequencies that change beyond what the model has',
      { ...smollm2, rope_scaling: { type: 'dynamic', factor: 4 } },
      { ropeScaling: undefined },
    ],
    [
      'Mistral',
      { ...mistral, sliding_window: null },
      { biases: [], queryKeyNorm: false, slidingWindows: layers(30, 30, 0) },
    ],
    ['Mistral with a head size of its own', { ...mistral, head_dim: 32 }, { headDim: 32 }],
    ['Mistral with the window that it has unsaid', mistral, { slidingWindows: layers(30, 0, 4096) }],
    ['a window longer than the model', { ...mistral, sliding_window: 8192 }, { slidingWindows: layers(30, 30, 0) }],
    [
      'Qwen2',
      qwen2,
      { biases: ['q_proj', 'k_proj', 'v_proj'], queryKeyNorm: false, slidingWindows: layers(30, 30, 0) },
    ],
    [
      'Qwen2 with windows',
      { ...qwen2, use_sliding_window: true, sliding_window: 100 },
      { slidingWindows: layers(30, 28, 100) },
    ],
    [
      'Qwen2 with windows from a layer on',
      { ...qwen2, use_sliding_window: true, sliding_window: 100, max_window_layers: 3 },
      { slidingWindows: layers(30, 3, 100) },
    ],
    ['Qwen3', qwen3, { headDim: 128, biases: [], queryKeyNorm: true, slidingWindows: layers(30, 30, 0) }],
    ['Qwen3 with biases', { ...qwen3, attention_bias: true, head_dim: 64 }, { headDim: 64, biases: attention }],
    [
      'layers by name',
      {
        ...qwen3,
        num_hidden_layers: 2,
        use_sliding_window: true,
        sliding_window: 7,
        layer_types: ['sliding_attention', 'full_attention'],
      },
      { slidingWindows: [7, undefined] },
    ],
  ])('%s', (_what, file, expected) => {
    expect(parseLlamaConfig(file)).toMatchObject(expected);
  });

  test('layers of a kind that is not computed are refused', () => {
    const file = { ...qwen3, num_hidden_layers: 2, layer_types: ['full_attention', 'linear_attention'] };
    expect(() => parseLlamaConfig(file)).toThrow(/linear_attention for layer 1/);
  });

  test('a directory without config.json is named', async () => {
    await expect(readLlamaConfig('/nonexistent')).rejects.toThrow(/config\.json is missing.*checkpoint directory/s);
  });
});
