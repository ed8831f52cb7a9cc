import { TallrecError } from '@tallrec/shared/errors';
import type { LabelledSample } from '@tallrec/shared/sample';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ChatAnswer, type ChatRequest, type ChatServer, chatServer, completion } from './chat-server.ts';
import { inContextRemoteMethod } from './in-context-remote.ts';

vi.setConfig({ testTimeout: 30_000 });

const KEY = 'sk-secret-of-the-test-0123456789';
let server: ChatServer;
afterEach(() => server.close());

const sample = (title: string, liked: boolean): LabelledSample => ({
  noun: 'movie',
  history: [{ title: 'Brazil (1985)', liked: true }],
  target: { title },
  liked,
});
const shots = [sample('Alien (1979)', true), sample('Cats (2019)', false)];
const questions = ['A', 'B', 'C', 'D', 'E', 'F'].map((title) => sample(title, true));

async function fitted(answer: (request: ChatRequest, index: number) => ChatAnswer | Promise<ChatAnswer>, changes = {}) {
  server = await chatServer(answer);
  const method = inContextRemoteMethod({
    model: 'gpt-test',
    baseUrl: server.url,
    apiKey: KEY,
    examples: 8,
    concurrency: 2,
    inputPricePerMillion: 0.5,
    outputPricePerMillion: 1.5,
    ...changes,
  });
  return method.fit({ train: shots, valid: [] }, { seed: 3 });
}

const failure = (work: Promise<unknown>): Promise<TallrecError> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: TallrecError) => error,
  );

describe('in-context learning on a remote model', () => {
  it('asks with the shots as a conversation and scores by log probabilities', async () => {
    const method = await fitted(() => completion('Yes.', { Yes: 0.5, ' yes': 0.2, No: 0.1 }));
    const [score] = await method.score(questions.slice(0, 1));
    expect(score).toBeCloseTo(Math.log(0.7) - Math.log(0.1), 10);
    const { messages, authorization } = server.requests[0]!;
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user', 'assistant', 'user']);
    expect(messages.map(({ content }) => content).slice(2, 5)).toEqual([
      'Yes.',
      expect.stringContaining('Cats (2019)'),
      'No.',
    ]);
    expect(authorization).toBe(`Bearer ${KEY}`);
  });

  it('keeps the order of the samples whatever the order of the answers, and asks no more at once than allowed', async () => {
    const method = await fitted(async ({ messages }) => {
      const at = questions.findIndex(({ target }) => messages.at(-1)!.content.includes(`"${target.title}"?`));
      await new Promise((resolve) => setTimeout(resolve, 30 - 5 * at));
      return completion('Yes.', { Yes: (at + 1) / 10, No: 0.1 });
    });
    const scores = await method.score(questions);
    scores.forEach((score, at) => {
      expect(score).toBeCloseTo(Math.log(at + 1), 10);
    });
    expect(server.mostAtOnce()).toBe(2);
  });

  it('counts tokens and what they cost', async () => {
    const method = await fitted(() => completion('No.', { No: 0.9, Yes: 0.05 }));
    await method.score(questions);
    expect(method.tokens).toBe(6 * 102);
    expect(method.costUsd).toBeCloseTo((6 * (100 * 0.5 + 2 * 1.5)) / 1e6, 12);
  });

  it('tries again when the rate is limited', async () => {
    const method = await fitted((_, index) =>
      index === 0
        ? { status: 429, headers: { 'retry-after-ms': '5' }, body: { error: { message: 'slow down' } } }
        : completion('Yes.', { Yes: 0.8, No: 0.1 }),
    );
    expect(await method.score(questions.slice(0, 1))).toHaveLength(1);
    expect(server.requests).toHaveLength(2);
  });

  it('reads the first word where there are no log probabilities, and says how it scored', async () => {
    const words = ['Yes.', ' no', '"Yes"', 'Perhaps', '', 'NO!'];
    const method = await fitted((_, index) => completion(words[index]!), { concurrency: 1 });
    expect(await method.score(questions)).toEqual([1, -1, 1, 0, 0, -1]);
    expect(method.chosen).toEqual({ examples: 2, scoredByLogprobs: 0, scoredByWord: 4, unreadable: 2 });
  });

  it('asks without log probabilities where the endpoint refuses them', async () => {
    const method = await fitted(({ logprobs }) =>
      logprobs ? { status: 400, body: { error: { message: 'logprobs is not supported' } } } : completion('No.'),
    );
    expect(await method.score(questions.slice(0, 3))).toEqual([-1, -1, -1]);
    expect(server.requests.filter(({ logprobs }) => logprobs).length).toBeLessThanOrEqual(2);
  });

  it.each([
    ['no choices', { choices: [] }],
    ['no JSON', 'this is no JSON'],
    ['another document', { answer: 'yes' }],
    [
      'probabilities that are no numbers',
      { choices: [{ message: {}, logprobs: { content: [{ token: 'Yes', logprob: 'x' }] } }] },
    ],
  ])('names the endpoint when it answers %s', async (_, body) => {
    const method = await fitted(() => ({ body }), { maxRetries: 0 });
    const error = await failure(method.score(questions.slice(0, 1)));
    expect(error).toBeInstanceOf(TallrecError);
    expect(error.code).toBe('ENGINE_FAILED');
    expect(error.message).toContain('127.0.0.1');
  });

  it('never tells the key, not even when the server repeats it', async () => {
    const spies = (['log', 'warn', 'error', 'info', 'debug'] as const).map((name) => vi.spyOn(console, name));
    vi.stubEnv('OPENAI_LOG', 'debug');
    const method = await fitted(() => ({ status: 401, body: { error: { message: `Incorrect API key: ${KEY}` } } }));
    const error = await failure(method.score(questions));
    vi.unstubAllEnvs();
    expect(error.code).toBe('UNAUTHENTICATED');
    expect(error.message).toContain('OPENAI_API_KEY');
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(KEY);
    expect(JSON.stringify(spies.flatMap((spy) => spy.mock.calls))).not.toContain(KEY);
  });

  it('ends at once when aborted, also while it waits to try again', async () => {
    const controller = new AbortController();
    const method = await fitted(() => {
      controller.abort();
      return { status: 429, headers: { 'retry-after': '20' }, body: {} };
    });
    const error = await failure(method.score(questions, { signal: controller.signal }));
    expect(error.code).toBe('CANCELLED');
    expect(server.requests.length).toBeLessThanOrEqual(2);
  });

  it('pays for no further question once one has failed', async () => {
    const method = await fitted(() => ({ status: 403, body: {} }));
    await failure(method.score(questions));
    expect(server.requests.length).toBeLessThanOrEqual(2);
  });
});
