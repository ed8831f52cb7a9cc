// A small LLaMA with seeded random weights and a word-piece tokenizer made from the texts at hand: the whole pipeline runs on it
// in seconds. It knows nothing until it is tuned, and very little afterwards; it stands in where no checkpoint is at hand.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@tallrec/shared/random';
import { writeFileAtomically } from './atomic-file.ts';
import { writeSafetensors } from './llama/safetensors.ts';

export const TINY_MODEL_NAME = 'tiny-random-llama';

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_act: 'silu',
  attention_bias: false,
  mlp_bias: false,
  hidden_size: 96,
  intermediate_size: 256,
  num_hidden_layers: 4,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  head_dim: 16,
  max_position_embeddings: 1024,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
  torch_dtype: 'float32',
  bos_token_id: 0,
  eos_token_id: 1,
};
const SPECIAL_TOKENS = ['<s>', '</s>', '<unk>'];
const WORD_PIECE = /[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]/gu;

export interface TinyModelOptions {
  /** Texts whose words become tokens of their own; every other word is spelled out. */
  corpus: Iterable<string>;
  /** Words that become tokens, the most frequent first. */
  maxWords?: number;
  seed?: number;
}

/** Writes `config.json`, `model.safetensors` (f32), `tokenizer.json` and `tokenizer_config.json` into `dir`. */
export async function writeTinyModel(
  dir: string,
  { corpus, maxWords = 2000, seed = 0 }: TinyModelOptions,
): Promise<void> {
  await mkdir(dir, { recursive: true });
  const vocabulary = wordPieces(corpus, maxWords);
  const config = { ...CONFIG, vocab_size: vocabulary.length };
  const json = (name: string, value: unknown) => writeFileAtomically(join(dir, name), [JSON.stringify(value, null, 1)]);
  await json('config.json', config);
  await json('tokenizer.json', tokenizerFile(vocabulary));
  await json('tokenizer_config.json', {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: '<s>',
    eos_token: '</s>',
    unk_token: '<unk>',
  });
  await writeSafetensors(join(dir, 'model.safetensors'), randomWeights(vocabulary.length, Random.seeded(seed)));
}

function wordPieces(corpus: Iterable<string>, maxWords: number): string[] {
  const counts = new Map<string, number>();
  const characters = new Set(Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)));
  for (const text of corpus) {
    for (const [word] of text.matchAll(WORD_PIECE)) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
      for (const character of word) characters.add(character);
    }
  }
  const words = [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, maxWords)
    .map(([word]) => word);
  const singles = [...characters].filter((character) => character.trim()).sort();
  return [...new Set([...SPECIAL_TOKENS, ...singles, ...singles.map((character) => `##${character}`), ...words])];
}

function tokenizerFile(vocabulary: readonly string[]): unknown {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map((content, id) => ({
      id,
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '<unk>',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    },
  };
}

function randomWeights(vocabSize: number, random: Random) {
  const { hidden_size: hidden, intermediate_size: inner, head_dim: head } = CONFIG;
  const [q, kv] = [CONFIG.num_attention_heads * head, CONFIG.num_key_value_heads * head];
  // Standard deviation 1/√fan-in keeps activations at unit size, so that a random model still tells its inputs apart.
  const matrix = (out: number, fanIn: number, deviation = 1 / Math.sqrt(fanIn)) => ({
    shape: [out, fanIn],
    data: Float32Array.from({ length: out * fanIn }, () => random.normal() * deviation),
  });
  const ones = () => ({ shape: [hidden], data: new Float32Array(hidden).fill(1) });
  const tensors: Record<string, { shape: number[]; data: Float32Array }> = {
    'model.embed_tokens.weight': matrix(vocabSize, hidden, 0.1),
    'model.norm.weight': ones(),
  };
  for (let layer = 0; layer < CONFIG.num_hidden_layers; layer++) {
    const name = (module: string) => `model.layers.${layer}.${module}.weight`;
    tensors[name('input_layernorm')] = ones();
    tensors[name('self_attn.q_proj')] = matrix(q, hidden);
    tensors[name('self_attn.k_proj')] = matrix(kv, hidden);
    tensors[name('self_attn.v_proj')] = matrix(kv, hidden);
    tensors[name('self_attn.o_proj')] = matrix(hidden, q);
    tensors[name('post_attention_layernorm')] = ones();
    tensors[name('mlp.gate_proj')] = matrix(inner, hidden);
    tensors[name('mlp.up_proj')] = matrix(inner, hidden);
    tensors[name('mlp.down_proj')] = matrix(hidden, inner);
  }
  return new Map(Object.entries(tensors));
}
