// A local HTTP server that speaks as much of OpenAI's chat completions as the remote method needs. For tests.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const requestSchema = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
  logprobs: z.boolean().optional(),
});
export type ChatRequest = z.infer<typeof requestSchema> & { authorization: string | undefined };

export interface ChatAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
}

export interface ChatServer {
  /** For a client's base URL. */
  url: string;
  /** In the order they came in. */
  requests: ChatRequest[];
  /** Most requests that were open at once. */
  mostAtOnce: () => number;
  close: () => Promise<void>;
}

/** @param answer called with the request and how many came before it */
export async function chatServer(
  answer: (request: ChatRequest, index: number) => ChatAnswer | Promise<ChatAnswer>,
): Promise<ChatServer> {
  const requests: ChatRequest[] = [];
  let [open, most] = [0, 0];
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    most = Math.max(most, ++open);
    let text = '';
    for await (const chunk of incoming) text += chunk;
    const request = { ...requestSchema.parse(JSON.parse(text)), authorization: incoming.headers.authorization };
    requests.push(request);
    const { status = 200, headers = {}, body } = await answer(request, requests.length - 1);
    open--;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: Error) => response.writeHead(500).end(error.message));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    mostAtOnce: () => most,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** What a model answers that gives the likelihoods of its tokens, or with `undefined` none. */
export function completion(content: string, likelihoods?: Record<string, number>): ChatAnswer {
  const listed = Object.entries(likelihoods ?? {}).map(([token, probability]) => ({
    token,
    logprob: Math.log(probability),
  }));
  return {
    body: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          message: { role: 'assistant', content },
          logprobs: likelihoods ? { content: [{ ...listed[0], top_logprobs: listed }] } : null,
        },
      ],
      usage: { prompt_tokens: 100, completion_tokens: 2, total_tokens: 102 },
    },
  };
}
