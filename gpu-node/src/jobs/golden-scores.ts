// Golden scores: a few logits taken where an adapter was made, compared wherever it is loaded.
import { TallrecError } from '@tallrec/shared/errors';
import { formatPrompt, formatSamplePrompt, type Template } from '@tallrec/shared/prompt';
import type { GoldenScores } from '@tallrec/shared/wire/adapters';
import { answerLogits } from '../llama/answer-logits.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import type { LanguageModel } from '../llama/model.ts';
import { PromptRows } from '../llama/prompt-rows.ts';
import type { Tokenizer } from '../llama/tokenizer.ts';
import type { TuningData } from '../train/tune.ts';

const PROMPTS = 4;
/** A prompt that is cut would not be the same everywhere. */
const LONGEST_PROMPT_TOKENS = 448;

/**
 * How far a logit may be off: |Δ| ≤ absolute + relative·|logit|. In one precision providers differ by about 1e-5; between precisions every logit
 * moves by what is rounded: of SmolLM2-135M, where they are about 29, by 0.01 at most from f32 to bf16 weights, by 0.14 to int8 and by 0.95 to
 * int4. Another base model, scale or tensor is off by far more, but for int4, where only the plainest faults show.
 */
const TOLERANCES = {
  f32: { absolute: 0.02, relative: 0.005 },
  f16: { absolute: 0.1, relative: 0.005 },
  int8: { absolute: 0.3, relative: 0.01 },
  int4: { absolute: 1.5, relative: 0.05 },
} as const;
const FEWEST_BITS_FIRST = ['int4', 'int8', 'f16'] as const;

function toleranceBetween(one: string, other: string) {
  if (one === other) return TOLERANCES.f32;
  // "bf16" holds "f16".
  return TOLERANCES[FEWEST_BITS_FIRST.find((bits) => one.includes(bits) || other.includes(bits)) ?? 'f32'];
}

interface Scorer {
  model: LanguageModel;
  tokenizer: Tokenizer;
  /** As reports name it: f32, f16, f32 from int8 weights … */
  precision: string;
}

async function logitsOf(
  { model, tokenizer }: Omit<Scorer, 'precision'>,
  adapter: LoraAdapter,
  template: Template,
  prompts: string[],
) {
  const { answerTokens } = new PromptRows(tokenizer, { template, cutoffTokens: model.config.maxPositionEmbeddings });
  const rows = prompts.map((prompt) => tokenizer.encode(prompt));
  return answerLogits(model, rows, answerTokens, { adapter });
}

/** Takes golden scores on the first samples at hand. */
export async function goldenScores(
  scorer: Scorer,
  adapter: LoraAdapter,
  template: Template,
  data: TuningData,
): Promise<GoldenScores> {
  const all =
    data.stage === 'rec'
      ? [...data.valid, ...data.train].map((sample) => formatSamplePrompt(sample, template))
      : [...data.valid, ...data.train].map((row) => formatPrompt(row, template));
  const limit = Math.min(LONGEST_PROMPT_TOKENS, scorer.model.config.maxPositionEmbeddings);
  const prompts: string[] = [];
  for (const prompt of all) {
    if (prompts.length === PROMPTS) break;
    if (scorer.tokenizer.encode(prompt).length <= limit) prompts.push(prompt);
  }
  const logits = await logitsOf(scorer, adapter, template, prompts);
  return {
    template,
    precision: scorer.precision,
    samples: prompts.map((prompt, index) => ({ prompt, ...logits[index]! })),
  };
}

/** Of an adapter without data of its own: what anybody may have seen. */
const TRIAL_SAMPLES: TuningData = {
  stage: 'rec',
  train: [],
  valid: ['Heat (1995)', 'Toy Story (1995)'].map((title, at) => ({
    noun: 'movie',
    history: [
      { title: 'Fargo (1996)', liked: true },
      { title: 'Twister (1996)', liked: at === 0 },
      { title: 'Psycho (1960)', liked: true },
    ],
    target: { title },
    liked: true,
  })),
};

/** @throws TallrecError ADAPTER_INVALID when its activations overflow */
export function trialScores(scorer: Scorer, adapter: LoraAdapter, template: Template): Promise<GoldenScores> {
  return goldenScores(scorer, adapter, template, TRIAL_SAMPLES);
}

/** @throws TallrecError ADAPTER_INVALID when a logit is off by more than the tolerance */
export async function checkGoldenScores(
  scorer: Scorer,
  adapter: LoraAdapter,
  { template, precision, samples }: GoldenScores,
  id: string,
): Promise<void> {
  const prompts = samples.map(({ prompt }) => prompt);
  const logits = await logitsOf(scorer, adapter, template, prompts);
  const { absolute, relative } = toleranceBetween(precision, scorer.precision);
  samples.forEach((golden, index) => {
    for (const answer of ['yesLogit', 'noLogit'] as const) {
      const [expected, got] = [golden[answer], logits[index]![answer]];
      if (Math.abs(got - expected) <= absolute + relative * Math.abs(expected)) continue;
      throw new TallrecError(
        'ADAPTER_INVALID',
        `The adapter ${id.slice(0, 12)}… does not score here as it did where it was made (${answer} ${got.toFixed(3)} in place of ${expected.toFixed(3)}; ${scorer.precision}, there ${precision}).`,
        { fix: "Check that this node's model is the very one that it was tuned on." },
      );
    }
  });
}
