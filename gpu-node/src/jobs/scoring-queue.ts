// Requests for scores that arrive together share micro-batches: rows of one adapter and of like length, each request in its turn.
import { setImmediate, setTimeout } from 'node:timers/promises';
import { TallrecError } from '@tallrec/shared/errors';
import type { Template } from '@tallrec/shared/prompt';
import type { Sample } from '@tallrec/shared/sample';
import type { AnswerTimings } from '@tallrec/shared/wire/link';
import type { Score } from '@tallrec/shared/wire/score';
import { microBatchAnswers } from '../llama/answer-logits.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import { sharedPrefix } from '../llama/micro-batch.ts';
import { microBatches } from '../llama/micro-batches.ts';
import { type PromptRows, promptRowsOf } from '../llama/prompt-rows.ts';
import { type Scored, scoreOf } from '../score/scorer.ts';
import type { AdapterPlace, ModelPlace } from './engine-calls.ts';
import type { LoadedModel, LoadedModels } from './loaded-models.ts';
import type { Turns } from './turns.ts';

export interface ScoringWork {
  model: ModelPlace;
  template: Template;
  adapter: AdapterPlace | null;
  samples: readonly Sample[];
  signal: AbortSignal;
}

export interface ScoringQueueOptions {
  models: Pick<LoadedModels, 'open' | 'adapter' | 'holds'>;
  /** Shared with whatever else uses the loaded model. */
  turns: Turns;
  cutoffTokens: number;
  /**
   * How long the first request after a crowd waits for others, whose answers went out together: while a micro-batch is computed
   * they gather by themselves.
   */
  windowMs?: number;
  /** Tokens of one micro-batch: what a request in its turn makes the others wait for. */
  microBatchTokens?: number;
}

interface Row {
  tokens: readonly number[];
  /** Place of the sample in its request. */
  index: number;
}

interface Prepared {
  adapter: LoraAdapter | undefined;
  answerTokens: PromptRows['answerTokens'];
  /** Rows that may be computed together have the same one. */
  group: string;
  waiting: Row[];
  tokens: number;
  results: Score[];
}

export interface TimedScores extends Scored<Score> {
  timings: AnswerTimings;
}

interface Request extends ScoringWork {
  id: number;
  /** Grows with every turn: the request with the lowest is next. */
  turn: number;
  prepared: Prepared | undefined;
  arrivedMs: number;
  /** In micro-batches with rows of it. */
  engineMs: number;
  resolve: (scored: TimedScores) => void;
  reject: (error: unknown) => void;
}

/**
 * Computes with one model at a time; the next is that of the oldest request. Among a model's requests the next micro-batch holds a row
 * of the one that has waited longest since its last turn, and is filled up with rows of any request: so a request waits for at most
 * one micro-batch of each request of its model that was there before it, however many samples those have.
 */
export class ScoringQueue {
  readonly #options: ScoringQueueOptions;
  /** In the order of arrival. */
  readonly #requests = new Set<Request>();
  #nextTurn = 0;
  #serving: { contentHash: string | undefined; until: number } = { contentHash: undefined, until: 0 };
  #running = false;
  /** Whether several requests shared the last micro-batch. */
  #crowded = false;
  /** Making one reads prompts of its own, which for a request of one sample is half of all that is read. */
  readonly #promptRows = new WeakMap<LoadedModel, Map<Template, PromptRows>>();

  constructor(options: ScoringQueueOptions) {
    this.#options = options;
  }

  /**
   * @throws TallrecError when cancelled, at once and whatever is being computed, or when this request's adapter or one of its
   * prompts cannot be used
   */
  score(work: ScoringWork): Promise<TimedScores> {
    const { signal } = work;
    if (signal.aborted) return Promise.reject(cancelled());
    let abort = () => {};
    const scored = new Promise<TimedScores>((resolve, reject) => {
      const turn = this.#nextTurn++;
      const told = { arrivedMs: performance.now(), engineMs: 0, resolve, reject };
      const request: Request = { ...work, id: turn, turn, prepared: undefined, ...told };
      abort = () => this.#fail(request, cancelled());
      signal.addEventListener('abort', abort);
      this.#requests.add(request);
      if (!this.#running) void this.#run();
    });
    return scored.finally(() => signal.removeEventListener('abort', abort));
  }

  async #run(): Promise<void> {
    this.#running = true;
    await (this.#crowded ? setTimeout(this.#options.windowMs ?? 3) : setImmediate());
    for (;;) {
      await this.#options.turns
        .take(() => this.#step())
        .catch((error) => {
          for (const request of [...this.#requests]) this.#fail(request, error);
        });
      if (this.#requests.size === 0) break;
      // Requests come as messages, which are only seen when the event loop gets round to them.
      await setImmediate();
    }
    this.#running = false;
  }

  /** One micro-batch; what fails is told to the requests that it concerns. */
  async #step(): Promise<void> {
    const ofModel = this.#chooseModel();
    if (ofModel.length === 0) return;
    let loaded: LoadedModel;
    try {
      loaded = await this.#options.models.open(ofModel[0]!.model);
    } catch (error) {
      for (const request of ofModel) this.#fail(request, error);
      return;
    }
    const first = ofModel.reduce((a, b) => (b.turn < a.turn ? b : a));
    first.turn = this.#nextTurn++;
    for (const request of ofModel) {
      // Others' adapters are loaded in their own turns.
      const ready = request === first || !request.adapter || this.#options.models.holds(loaded, request.adapter);
      if (ready) await this.#prepare(request, loaded);
    }
    if (first.prepared?.waiting.length && this.#requests.has(first)) await this.#compute(first, first.prepared, loaded);
  }

  /** The requests to be served now: those of the model that is being served which came before others began to wait for another. */
  #chooseModel(): Request[] {
    const requests = [...this.#requests];
    const oldest = requests[0]?.model.contentHash;
    const of = (contentHash: string | undefined) =>
      requests.filter(({ id, model }) => model.contentHash === contentHash && id < this.#serving.until);
    const oneModel = requests.every(({ model }) => model.contentHash === oldest);
    if (oneModel || of(this.#serving.contentHash).length === 0)
      this.#serving = { contentHash: oldest, until: this.#nextTurn };
    return of(this.#serving.contentHash);
  }

  async #prepare(request: Request, loaded: LoadedModel): Promise<void> {
    if (request.prepared) return;
    const { template, samples, adapter: place, id } = request;
    try {
      const { models } = this.#options;
      const rows = this.#rowsOf(loaded, template);
      const prompts = samples.map((sample) => rows.prompt(sample));
      const { answerTokens } = rows;
      const adapter = place ? await models.adapter(loaded, place) : undefined;
      // Candidates of one history are cheap together and would be dear among strangers.
      const own = prompts.length > 1 && sharedPrefix(prompts) > Math.min(...prompts.map(({ length }) => length)) / 2;
      request.prepared = {
        adapter,
        answerTokens,
        group: JSON.stringify([place?.id, answerTokens, own ? id : 'any']),
        waiting: prompts.map((tokens, index) => ({ tokens, index })),
        tokens: prompts.reduce((sum, { length }) => sum + length, 0),
        results: new Array<Score>(prompts.length),
      };
      if (prompts.length === 0) this.#finish(request, request.prepared);
    } catch (error) {
      this.#fail(request, error);
    }
  }

  #rowsOf(loaded: LoadedModel, template: Template): PromptRows {
    const ofModel = this.#promptRows.get(loaded) ?? new Map<Template, PromptRows>();
    this.#promptRows.set(loaded, ofModel);
    const known = ofModel.get(template);
    if (known) return known;
    const rows = promptRowsOf(loaded, { template, cutoffTokens: this.#options.cutoffTokens });
    ofModel.set(template, rows);
    return rows;
  }

  async #compute(first: Request, { group, adapter, answerTokens, waiting }: Prepared, loaded: LoadedModel) {
    const rows = [...this.#requests].flatMap((request) => {
      if (request.prepared?.group !== group) return [];
      return request.prepared.waiting.map((row) => ({ ...row, request, prepared: request.prepared! }));
    });
    const seed = rows.findIndex((row) => row.request === first && row.index === waiting[0]!.index);
    const tokens = rows.map((row) => row.tokens);
    const batch = microBatches(tokens, this.#options.microBatchTokens ?? 1024, loaded.model)
      .find((indices) => indices.includes(seed))!
      .map((index) => rows[index]!);
    const concerned = new Map(batch.map(({ request, prepared }) => [request, prepared]));
    this.#crowded = concerned.size > 1;
    const begunMs = performance.now();
    try {
      const prompts = batch.map((row) => row.tokens);
      const answers = await microBatchAnswers(loaded.model, prompts, answerTokens, adapter);
      batch.forEach(({ prepared, index }, at) => {
        prepared.results[index] = scoreOf(answers[at]!);
      });
    } catch (error) {
      for (const request of concerned.keys()) this.#fail(request, error);
      return;
    }
    const tookMs = performance.now() - begunMs;
    for (const request of concerned.keys()) request.engineMs += tookMs;
    const done = new Set(batch.map(({ request, index }) => `${request.id} ${index}`));
    for (const [request, prepared] of concerned) {
      prepared.waiting = prepared.waiting.filter(({ index }) => !done.has(`${request.id} ${index}`));
      if (prepared.waiting.length === 0) this.#finish(request, prepared);
    }
  }

  #finish(request: Request, { results, tokens }: Prepared): void {
    this.#requests.delete(request);
    const { arrivedMs, engineMs } = request;
    const queueMs = Math.max(0, performance.now() - arrivedMs - engineMs);
    request.resolve({ results, tokens, timings: { queueMs: tenths(queueMs), engineMs: tenths(engineMs) } });
  }

  #fail(request: Request, error: unknown): void {
    this.#requests.delete(request);
    request.reject(error);
  }
}

function tenths(ms: number): number {
  return Math.round(10 * ms) / 10;
}

function cancelled(): TallrecError {
  return new TallrecError('CANCELLED', 'Scoring was cancelled.');
}
