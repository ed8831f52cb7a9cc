// Token rows of samples: the prompt up to where the answer begins, cut to length, and the answer's own tokens.
import { TallrecError } from '@tallrec/shared/errors';
import { formatPrompt, formatSamplePrompt, type Template } from '@tallrec/shared/prompt';
import {
  ANSWERS,
  type HistoryItem,
  type InstructionRow,
  type LabelledSample,
  type Sample,
} from '@tallrec/shared/sample';
import { IGNORED_LABEL, type LabelledRow, type LanguageModel } from './model.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface PromptRowsOptions {
  template: Template;
  /** Longest row, prompt and answer together, in tokens. */
  cutoffTokens: number;
  /** `all` labels the prompt's tokens too, as the paper's script does. */
  lossOn?: 'answer' | 'all';
}

/** Rows of a model's own tokens, no longer than it takes. */
export function promptRowsOf(
  { tokenizer, model }: { tokenizer: Tokenizer; model: Pick<LanguageModel, 'config'> },
  { cutoffTokens, ...options }: PromptRowsOptions,
): PromptRows {
  const most = model.config.maxPositionEmbeddings;
  return new PromptRows(tokenizer, { ...options, cutoffTokens: Math.min(cutoffTokens, most) });
}

export class PromptRows {
  /** The tokens that tell the two answers apart, at the position after the prompt. */
  readonly answerTokens: { yes: number; no: number };
  readonly #tokenizer: Tokenizer;
  readonly #options: PromptRowsOptions;
  /** Whole answers from the first token in which they differ. */
  readonly #answers: { yes: number[]; no: number[] };
  readonly #promptTokens: number;

  /** @throws TallrecError when the two answers begin alike or the cut-off leaves no room for a prompt */
  constructor(tokenizer: Tokenizer, options: PromptRowsOptions) {
    this.#tokenizer = tokenizer;
    this.#options = options;
    const probe = formatPrompt({ instruction: 'a', input: 'b' }, options.template);
    const yes = tokenizer.encode(probe + ANSWERS.liked);
    const no = tokenizer.encode(probe + ANSWERS.disliked);
    const common = commonPrefix(yes, no);
    this.#answers = { yes: yes.slice(common), no: no.slice(common) };
    const [yesToken, noToken] = [yes[common], no[common]];
    if (yesToken === undefined || noToken === undefined) {
      throw new TallrecError('MODEL_UNSUPPORTED', "The model's tokenizer cannot tell the answers Yes. and No. apart.", {
        fix: 'Use another model.',
      });
    }
    this.answerTokens = { yes: yesToken, no: noToken };
    const eos = tokenizer.eosTokenId === undefined ? 0 : 1;
    this.#promptTokens = options.cutoffTokens - Math.max(this.#answers.yes.length, this.#answers.no.length) - eos;
  }

  /**
   * The prompt's tokens. A history too long for the cut-off loses its oldest items; the target and the answer's place stay.
   * @throws TallrecError when even a prompt without history is too long
   */
  prompt(sample: Sample): number[] {
    const whole = this.#encodePrompt(sample);
    if (whole.length <= this.#promptTokens) return whole;
    const newestFirst = byAge(sample.history).reverse();
    let fits: number[] | undefined;
    let [kept, tooMany] = [-1, newestFirst.length];
    while (tooMany - kept > 1) {
      const trial = (kept + tooMany) >> 1;
      const keep = new Set(newestFirst.slice(0, trial));
      const tokens = this.#encodePrompt({ ...sample, history: sample.history.filter((item) => keep.has(item)) });
      if (tokens.length <= this.#promptTokens) [kept, fits] = [trial, tokens];
      else tooMany = trial;
    }
    if (fits) return fits;
    throw new TallrecError(
      'VALIDATION_FAILED',
      `The prompt for "${sample.target.title.slice(0, 80)}" exceeds ${this.#promptTokens} tokens even without any history.`,
      { fix: 'Shorten the title or raise the cut-off.' },
    );
  }

  /** Prompt, answer and end token, labelled for training; `answerAt` is the index of the answer's first token. */
  labelled(sample: LabelledSample): LabelledRow & { answerAt: number } {
    const prompt = this.prompt(sample);
    return { ...this.#label(prompt, sample.liked ? this.#answers.yes : this.#answers.no), answerAt: prompt.length };
  }

  /**
   * An instruction row with its output, for the first stage. A long output is cut at its end.
   * @returns undefined when the prompt leaves no room for a single token of output
   */
  instruction(row: InstructionRow): LabelledRow | undefined {
    const prompt = formatPrompt(row, this.#options.template);
    const whole = this.#tokenizer.encode(prompt + row.output);
    const start = commonPrefix(whole, this.#tokenizer.encode(prompt));
    const room = this.#options.cutoffTokens - start;
    if (room < 1 || whole.length === start) return undefined;
    if (whole.length + 1 <= this.#options.cutoffTokens) return this.#label(whole.slice(0, start), whole.slice(start));
    return label(whole.slice(0, start), whole.slice(start, start + room), this.#options.lossOn);
  }

  #label(prompt: number[], answer: number[]): LabelledRow {
    const eos = this.#tokenizer.eosTokenId;
    return label(prompt, eos === undefined ? answer : [...answer, eos], this.#options.lossOn);
  }

  #encodePrompt(sample: Sample): number[] {
    // Encoded with an answer, whose tokens are then dropped: what joins over the border is as it is in training.
    const tokens = this.#tokenizer.encode(formatSamplePrompt(sample, this.#options.template) + ANSWERS.liked);
    return tokens.slice(0, tokens.length - this.#answers.yes.length);
  }
}

function label(prompt: number[], answer: number[], lossOn: 'answer' | 'all' = 'answer'): LabelledRow {
  const tokens = [...prompt, ...answer];
  const labels = lossOn === 'all' ? [...tokens] : [...prompt.map(() => IGNORED_LABEL), ...answer];
  labels[0] = IGNORED_LABEL;
  return { tokens, labels };
}

function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const end = a.findIndex((id, i) => b[i] !== id);
  return end < 0 ? a.length : end;
}

/**
 * A history oldest first. By time where every item has one; else as it is listed, unless all liked items stand before all
 * disliked ones: the published files list them so and tell their order only within each, so the two are then interleaved evenly.
 */
function byAge(history: readonly HistoryItem[]): HistoryItem[] {
  if (history.every((item) => item.at !== undefined)) return [...history].sort((a, b) => a.at! - b.at!);
  const firstDisliked = history.findIndex((item) => !item.liked);
  const grouped = firstDisliked > 0 && history.slice(firstDisliked).every((item) => !item.liked);
  if (!grouped) return [...history];
  const groups = [history.slice(0, firstDisliked), history.slice(firstDisliked)];
  return groups
    .flatMap((group) => group.map((item, index) => ({ item, age: (index + 0.5) / group.length })))
    .sort((a, b) => a.age - b.age)
    .map(({ item }) => item);
}
