// A language model of a few lines for tests: softmax over a linear layer on a bag of recent tokens, with a real LoRA on it.
import { Random } from '@tallrec/shared/random';
import { parseLlamaConfig } from './config.ts';
import { type LoraAdapter, loraScale } from './lora.ts';
import type { GradientOptions, LabelledRow, LanguageModel, LossAndGradients } from './model.ts';
import type { Tokenizer } from './tokenizer.ts';

const VOCABULARY = 128;
const FEATURES = 8;
const WINDOW = 24;

/** One token a character; the end token is 0. */
export const toyTokenizer: Tokenizer = {
  encode: (text) => [...text].map((character) => 1 + (character.codePointAt(0)! % (VOCABULARY - 1))),
  eosTokenId: 0,
};

/** What two modules of one layer need: q_proj and v_proj are both [8, 8]. */
export const toyConfig = parseLlamaConfig({
  model_type: 'llama',
  hidden_size: FEATURES,
  intermediate_size: FEATURES,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  vocab_size: VOCABULARY,
});

export class ToyLanguageModel implements LanguageModel {
  readonly config = toyConfig;
  readonly sharePrefix = false;
  readonly lossScaling: boolean = false;
  /** Rows per call, newest last. */
  readonly batchSizes: number[] = [];
  readonly #embedding = randomMatrix(1);
  readonly #head = randomMatrix(2);

  async nextTokenLogits(
    rows: readonly (readonly number[])[],
    adapter: LoraAdapter | undefined,
    columns: readonly number[] = Array.from({ length: VOCABULARY }, (_, id) => id),
  ): Promise<Float32Array> {
    this.batchSizes.push(rows.length);
    return Float32Array.from(
      rows.flatMap((tokens) => {
        const logits = this.#logits(this.#hidden(this.#features(tokens), adapter));
        return columns.map((id) => logits[id]!);
      }),
    );
  }

  async loss(
    rows: readonly LabelledRow[],
    adapter: LoraAdapter | undefined,
  ): Promise<{ nllSum: number; labelled: number }> {
    let [nllSum, labelled] = [0, 0];
    for (const { tokens, labels } of rows) {
      for (const at of labels.keys()) {
        if (labels[at] === -100) continue;
        const logits = this.#logits(this.#hidden(this.#features(tokens.slice(0, at)), adapter));
        nllSum -= Math.log(softmax(logits)[labels[at]!]!);
        labelled++;
      }
    }
    return { nllSum, labelled };
  }

  async lossAndGradients(
    rows: readonly LabelledRow[],
    adapter: LoraAdapter,
    { lossWeight, dropoutSeed, margins }: GradientOptions,
  ): Promise<LossAndGradients> {
    this.batchSizes.push(rows.length);
    const gradients = new Map([...adapter.tensors].map(([name, { data }]) => [name, new Float32Array(data.length)]));
    const random = dropoutSeed === undefined ? undefined : Random.seeded(dropoutSeed);
    const { rank, dropout } = adapter.config;
    const scale = loraScale(adapter.config);
    let loss = 0;
    for (const [row, { tokens, labels }] of rows.entries()) {
      for (const at of labels.keys()) {
        const label = labels[at]!;
        if (label === -100) continue;
        const margin = margins?.rows[row]?.at === at ? margins.rows[row] : undefined;
        const features = this.#features(tokens.slice(0, at));
        const kept = features.map((x) => (!random || random.uniform() >= dropout ? x / (random ? 1 - dropout : 1) : 0));
        const probabilities = softmax(this.#logits(this.#hidden(features, adapter, kept)));
        loss -= lossWeight * Math.log(probabilities[label]!);
        const dHidden = new Float64Array(FEATURES);
        for (let id = 0; id < VOCABULARY; id++) {
          const towards = id === margins?.yes ? 1 : id === margins?.no ? -1 : 0;
          const dLogit = lossWeight * (probabilities[id]! - (id === label ? 1 : 0)) + (margin?.slope ?? 0) * towards;
          for (let i = 0; i < FEATURES; i++) dHidden[i]! += dLogit * this.#head[id]![i]!;
        }
        for (const [nameA, nameB] of pairs(adapter)) {
          const [a, b] = [adapter.tensors.get(nameA)!.data, adapter.tensors.get(nameB)!.data];
          const [dA, dB] = [gradients.get(nameA)!, gradients.get(nameB)!];
          for (let r = 0; r < rank; r++) {
            let [ax, bd] = [0, 0];
            for (let i = 0; i < FEATURES; i++) {
              ax += a[r * FEATURES + i]! * kept[i]!;
              bd += b[i * rank + r]! * dHidden[i]!;
            }
            for (let i = 0; i < FEATURES; i++) {
              dA[r * FEATURES + i]! += scale * bd * kept[i]!;
              dB[i * rank + r]! += scale * ax * dHidden[i]!;
            }
          }
        }
      }
    }
    return { loss, gradients };
  }

  async close(): Promise<void> {}

  #features(tokens: readonly number[]): number[] {
    const features = new Array<number>(FEATURES).fill(0);
    for (const id of tokens.slice(-WINDOW)) {
      for (let i = 0; i < FEATURES; i++) features[i]! += this.#embedding[id]![i]! / Math.sqrt(WINDOW);
    }
    return features;
  }

  #hidden(features: readonly number[], adapter: LoraAdapter | undefined, kept = features): number[] {
    const hidden = [...features];
    if (!adapter) return hidden;
    const { rank } = adapter.config;
    for (const [nameA, nameB] of pairs(adapter)) {
      const [a, b] = [adapter.tensors.get(nameA)!.data, adapter.tensors.get(nameB)!.data];
      for (let r = 0; r < rank; r++) {
        let ax = 0;
        for (let i = 0; i < FEATURES; i++) ax += a[r * FEATURES + i]! * kept[i]!;
        for (let i = 0; i < FEATURES; i++) hidden[i]! += loraScale(adapter.config) * b[i * rank + r]! * ax;
      }
    }
    return hidden;
  }

  #logits(hidden: readonly number[]): number[] {
    return this.#head.map((row) => row.reduce((sum, weight, i) => sum + weight * hidden[i]!, 0));
  }
}

function pairs({ tensors }: LoraAdapter): [string, string][] {
  return [...tensors.keys()]
    .filter((name) => name.includes('.lora_A.'))
    .map((name) => [name, name.replace('.lora_A.', '.lora_B.')]);
}

function randomMatrix(seed: number): number[][] {
  const random = Random.seeded(seed);
  return Array.from({ length: VOCABULARY }, () => Array.from({ length: FEATURES }, () => random.normal()));
}

function softmax(logits: readonly number[]): number[] {
  const max = Math.max(...logits);
  const exps = logits.map((logit) => Math.exp(logit - max));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((value) => value / sum);
}
