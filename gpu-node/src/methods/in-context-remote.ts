// In-context learning on a remote model, the paper's GPT-3.5 row: the shots stand before the question as a conversation.
import { answerOf, inputOf, instructionFor, type LabelledSample, type Sample } from '@tallrec/shared/sample';
import pLimit from 'p-limit';
import { throwIfCancelled } from './cancelled.ts';
import type { Method } from './method.ts';
import type { Message, RemoteModelOptions } from './remote-model.ts';

export interface InContextRemoteOptions extends RemoteModelOptions {
  /** Examples at most: each is paid for with every question. */
  examples: number;
  /** Requests at once. */
  concurrency: number;
}

export function inContextRemoteMethod(options: InContextRemoteOptions): Method {
  const { model, baseUrl = 'https://api.openai.com/v1', examples, concurrency } = options;
  return {
    name: 'in-context-remote',
    title: `In-context learning (${model})`,
    kind: 'language-model',
    settings: { remoteModel: model, baseUrl, examples },
    fit: async ({ train }, { seed, signal }) => {
      throwIfCancelled(signal);
      // The client takes a tenth of a second to load, which commands without it need not wait for.
      const { RemoteModel } = await import('./remote-model.ts');
      const remote = new RemoteModel(options);
      const shots = train.slice(0, examples);
      const counts = { logprobs: 0, word: 0, unreadable: 0 };
      return {
        get chosen() {
          const { logprobs, word, unreadable } = counts;
          return { examples: shots.length, scoredByLogprobs: logprobs, scoredByWord: word, unreadable };
        },
        get tokens() {
          return remote.tokens.input + remote.tokens.output;
        },
        get costUsd() {
          return remote.costUsd;
        },
        score: async (samples, { signal, onProgress } = {}) => {
          throwIfCancelled(signal);
          const failed = new AbortController();
          const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
          const limit = pLimit(concurrency);
          let done = 0;
          const ask = async (sample: Sample): Promise<number> => {
            throwIfCancelled(stop);
            const { score, from } = await remote.ask(conversation(shots, sample), { seed, signal: stop });
            counts[from]++;
            onProgress?.(++done, samples.length);
            return score;
          };
          try {
            return await Promise.all(samples.map((sample) => limit(ask, sample)));
          } catch (error) {
            // The first failure ends the others, which would be paid for in vain.
            limit.clearQueue();
            failed.abort();
            throw error;
          }
        },
      };
    },
  };
}

export function conversation(shots: readonly LabelledSample[], sample: Sample): Message[] {
  return [
    { role: 'system', content: instructionFor(sample.noun) },
    ...shots.flatMap((shot): Message[] => [
      { role: 'user', content: inputOf(shot) },
      { role: 'assistant', content: answerOf(shot.liked) },
    ]),
    { role: 'user', content: inputOf(sample) },
  ];
}
