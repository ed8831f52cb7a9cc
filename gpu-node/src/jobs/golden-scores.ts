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
 * How far a logit may be off: |Δ| ≤ 0.02 + 0.005·|logit|. Between CPUs float32 differs by about 1e-5, between f32 and f16 by a
 * few thousandths of the logit; another base model, scale or tensor is off by far more.
 */
const ABSOLUTE_TOLERANCE = 0.02;
const RELATIVE_TOLERANCE = 0.005;

interface Scorer {
  model: LanguageModel;
  tokenizer: Tokenizer;
}

async function logitsOf({ model, tokenizer }: Scorer, adapter: LoraAdapter, template: Template, prompts: string[]) {
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
  return { template, samples: prompts.map((prompt, index) => ({ prompt, ...logits[index]! })) };
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
  { template, samples }: GoldenScores,
  id: string,
): Promise<void> {
  const prompts = samples.map(({ prompt }) => prompt);
  const logits = await logitsOf(scorer, adapter, template, prompts);
  samples.forEach((golden, index) => {
    for (const answer of ['yesLogit', 'noLogit'] as const) {
      const [expected, got] = [golden[answer], logits[index]![answer]];
      if (Math.abs(got - expected) <= ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * Math.abs(expected)) continue;
      throw new TallrecError(
        'ADAPTER_INVALID',
        `The adapter ${id.slice(0, 12)}… does not score here as it did where it was made (${answer} ${got.toFixed(3)} in place of ${expected.toFixed(3)}).`,
        { fix: "Check that this node's model is the very one that it was tuned on." },
      );
    }
  });
}
