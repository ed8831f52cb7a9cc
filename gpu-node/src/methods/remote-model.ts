// Yes or no from any endpoint that speaks OpenAI's chat completions: by log probabilities where it gives them, else by its first word.
import { TallrecError } from '@tallrec/shared/errors';
import OpenAI from 'openai';
import { z } from 'zod';

export interface RemoteModelOptions {
  model: string;
  /** Of the API, as in https://api.openai.com/v1. */
  baseUrl?: string | undefined;
  /** Never part of an error or a log. */
  apiKey: string;
  /** US dollars a million tokens. */
  inputPricePerMillion?: number | undefined;
  outputPricePerMillion?: number | undefined;
  maxRetries?: number | undefined;
  timeoutMs?: number | undefined;
}

export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface RemoteAnswer {
  /** Log probability of yes minus that of no; where none are given 1 for yes, −1 for no, 0 for anything else. */
  score: number;
  from: 'logprobs' | 'word' | 'unreadable';
}

const TOP_LOGPROBS = 5;
/** Enough for "Yes." after a line break or a quote. */
const ANSWER_TOKENS = 5;
/** A word that is not among the likeliest counts as this much less likely than the least of them. */
const UNLISTED_PENALTY = 1;

const topSchema = z.object({ token: z.string(), logprob: z.number() });
const completionSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish() }),
        logprobs: z
          .object({ content: z.array(topSchema.extend({ top_logprobs: z.array(topSchema).default([]) })).nullish() })
          .nullish(),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});
type Completion = z.infer<typeof completionSchema>;

export class RemoteModel {
  readonly #client: OpenAI;
  readonly #options: RemoteModelOptions;
  #givesLogprobs = true;
  #tokens = { input: 0, output: 0 };

  constructor(options: RemoteModelOptions) {
    const { apiKey, baseUrl, maxRetries = 6, timeoutMs = 60_000 } = options;
    this.#options = options;
    // The log level of the environment must not print requests, whose headers hold the key.
    this.#client = new OpenAI({ apiKey, baseURL: baseUrl, maxRetries, timeout: timeoutMs, logLevel: 'off' });
  }

  get tokens(): { input: number; output: number } {
    return { ...this.#tokens };
  }

  get costUsd(): number {
    const { inputPricePerMillion = 0, outputPricePerMillion = 0 } = this.#options;
    return (this.#tokens.input * inputPricePerMillion + this.#tokens.output * outputPricePerMillion) / 1e6;
  }

  /**
   * One request, tried again by the client where that can help.
   * @throws TallrecError that names the endpoint and never holds the key
   */
  async ask(
    messages: readonly Message[],
    { seed, signal }: { seed: number; signal?: AbortSignal | undefined },
  ): Promise<RemoteAnswer> {
    const completion = await this.#complete(messages, seed, signal);
    const { prompt_tokens: input = 0, completion_tokens: output = 0 } = completion.usage ?? {};
    this.#tokens.input += input;
    this.#tokens.output += output;
    return answerIn(completion);
  }

  async #complete(messages: readonly Message[], seed: number, signal?: AbortSignal): Promise<Completion> {
    const { model } = this.#options;
    const request = { model, messages: [...messages], temperature: 0, max_tokens: ANSWER_TOKENS, seed };
    const withLogprobs = this.#givesLogprobs;
    try {
      const body = withLogprobs ? { ...request, logprobs: true, top_logprobs: TOP_LOGPROBS } : request;
      const parsed = completionSchema.safeParse(await this.#client.chat.completions.create(body, { signal }));
      if (parsed.success) return parsed.data;
      const issue = parsed.error.issues[0]!;
      throw this.#failed(`answers in another form than chat completions (${issue.path.join('.') || 'body'})`);
    } catch (error) {
      if (signal?.aborted) throw new TallrecError('CANCELLED', 'The work was cancelled.');
      if (withLogprobs && error instanceof OpenAI.BadRequestError && /logprobs/i.test(error.message)) {
        this.#givesLogprobs = false;
        return this.#complete(messages, seed, signal);
      }
      throw this.#readable(error);
    }
  }

  /** Servers repeat parts of a key in their messages: of what they say only the status goes on. */
  #readable(error: unknown): TallrecError {
    if (error instanceof TallrecError) return error;
    if (error instanceof OpenAI.AuthenticationError || error instanceof OpenAI.PermissionDeniedError) {
      return this.#failed(`refuses the key (${error.status})`, 'UNAUTHENTICATED', 'Check OPENAI_API_KEY.');
    }
    if (error instanceof OpenAI.RateLimitError) {
      return this.#failed('limits the rate, also after retries (429)', 'RATE_LIMITED', 'Lower --concurrency, or wait.');
    }
    if (error instanceof OpenAI.NotFoundError) {
      return this.#failed('knows no such model or path (404)', 'NOT_FOUND', 'Check --remote-model and --remote-url.');
    }
    if (error instanceof OpenAI.APIConnectionError) return this.#failed('cannot be reached');
    if (error instanceof OpenAI.APIError && error.status) return this.#failed(`answers ${error.status}`);
    return this.#failed('gives an answer that cannot be read');
  }

  #failed(
    what: string,
    code: 'ENGINE_FAILED' | 'UNAUTHENTICATED' | 'RATE_LIMITED' | 'NOT_FOUND' = 'ENGINE_FAILED',
    fix?: string,
  ): TallrecError {
    const { model } = this.#options;
    const url = new URL(this.#client.baseURL);
    return new TallrecError(
      code,
      `The endpoint ${url.host}${url.pathname} (model ${model}) ${what}.`,
      fix ? { fix } : {},
    );
  }
}

function answerIn({ choices }: Completion): RemoteAnswer {
  const { message, logprobs } = choices[0]!;
  // The answer's place is the first token with letters: a line break or a quote may stand before it.
  const place = logprobs?.content?.find(({ token }) => /\p{L}/u.test(token));
  if (place) {
    const listed = place.top_logprobs.length > 0 ? place.top_logprobs : [place];
    const [yes, no] = ['yes', 'no'].map((word) => massOf(listed, word));
    if (Number.isFinite(yes!) || Number.isFinite(no!)) {
      const floor = Math.min(...listed.map(({ logprob }) => logprob)) - UNLISTED_PENALTY;
      return { score: Math.max(yes!, floor) - Math.max(no!, floor), from: 'logprobs' };
    }
  }
  const word = /\p{L}+/u.exec(message.content ?? '')?.[0].toLowerCase();
  if (word === 'yes') return { score: 1, from: 'word' };
  if (word === 'no') return { score: -1, from: 'word' };
  return { score: 0, from: 'unreadable' };
}

/** Log of the summed probabilities of tokens that spell a word, whatever its case and the marks around it; −∞ where none does. */
function massOf(listed: readonly z.infer<typeof topSchema>[], word: string): number {
  const own = listed.filter(({ token }) => token.toLowerCase().replace(/[^\p{L}]/gu, '') === word);
  return Math.log(own.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0));
}
