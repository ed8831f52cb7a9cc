// What the document says beside its contracts: an introduction, what each tag is about, and who may come in by what.
import { ERROR_CODES } from '@tallrec/shared/errors';
import { SESSION_COOKIE } from './session-cookie.ts';

const codes = Object.entries(ERROR_CODES)
  .map(([code, { status, retryable }]) => `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} |`)
  .join('\n');

const INTRODUCTION = `Few-shot recommendation with a LoRA-tuned LLaMA: upload ratings, tune an adapter on them, evaluate it, and score and rank with it.

## Signing in

Send an API key as \`Authorization: Bearer tlr_…\`. Each operation names the scope that the key needs; \`admin\` includes all others.

A browser that is signed in to the [dashboard](/) needs no key on this page: **Test Request** calls as whoever is signed in. A key that you type under Authentication goes before that.

## From a file to a ranking

1. \`POST /v1/datasets\` announces a file. \`PUT\` its bytes to the URLs of the answer, then \`POST /v1/datasets/{id}/complete\`; the dataset is \`ready\` once each row has been validated.
2. \`POST /v1/tunings\` tunes an adapter on it. \`GET /v1/tunings/{id}/events\` tells what happens while it runs.
3. \`POST /v1/evaluations\` says how good the adapter is, beside the rules that it has to beat.
4. \`PUT /v1/aliases/production\` points an alias at it.
5. \`POST /v1/rank\` ranks candidates by it, \`POST /v1/score\` scores them, and \`POST /v1/scorings\` does either for a whole dataset.

## Errors

Every refusal is \`{"error": {"code", "message", "requestId", "retryable", "details"?}}\`. The message says what is wrong and how to mend it; \`requestId\` is what to name when you ask for help. Where \`retryable\` is true, the same request may succeed later: after \`Retry-After\`, where the answer has it.

| Code | Status | Retryable |
| --- | --- | --- |
${codes}

A method that a path does not take is answered by 405 with \`Allow\`; HEAD answers as GET without the body, OPTIONS by 204.

## Lists

Lists come in pages, the newest first: give \`nextCursor\` of one page as \`cursor\` of the next. It is null on the last.

## Repeating a request

Send an \`Idempotency-Key\` of your own with a POST that creates something: the same request under the same key gets the first answer again, with \`Idempotency-Replayed: true\`, and creates nothing.

## Limits

A key may send so many requests a minute; \`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\` tell how many are left, and 429 comes with \`Retry-After\`.`;

export const INFO = {
  title: 'TALLRec Edge API',
  version: '1',
  description: INTRODUCTION,
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
};

/** In the order in which people come to need them: name, title, what it is about. */
const TAG_WORDS: [string, string, string][] = [
  ['datasets', 'Datasets', 'Files of ratings, samples, instructions or items, validated row by row.'],
  ['prompts', 'Prompts', 'What a model reads.'],
  ['tunings', 'Tunings', 'Adapters in the making: LoRA on a dataset, by a node.'],
  [
    'adapters',
    'Adapters',
    'What tunings leave, each named by the hash of its content, and the aliases that point at one.',
  ],
  ['evaluations', 'Evaluations', 'How well a model, an adapter or another method tells likes from dislikes.'],
  ['score', 'Score and rank', 'Answers at once.'],
  ['scorings', 'Batch scorings', 'Whole datasets scored or ranked.'],
  ['models', 'Models', 'What the connected nodes hold.'],
  ['nodes', 'Nodes', 'Machines that do the work. Each dials out to the edge, so that none needs an open port.'],
  ['keys', 'API keys', 'Their scopes, origins, expiry and rotation.'],
  ['session', 'Session', 'Browsers that are signed in. They are heard from pages of this origin alone.'],
  ['workspaces', 'Workspaces', 'Owners of everything else; the operator makes them.'],
  ['audit', 'Audit', 'Who did what to which thing, and when.'],
  ['transfers', 'Transfers', 'Bytes by signed URLs, which other operations hand out. Whoever has one needs no key.'],
  ['health', 'Health', 'Whether the service can serve.'],
  ['docs', 'OpenAPI', 'What this page shows, for tools.'],
];

/** `x-displayName` is Redocly's, and Scalar's too. */
export const TAGS = TAG_WORDS.map(([name, title, description]) => ({ name, 'x-displayName': title, description }));

export const SECURITY_SCHEMES = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key, tlr_…, with the scope that the operation names. Left empty, a signed-in browser calls as who it is.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description:
      'The cookie of a browser that signed in with a key: it may what that key may, from pages of this origin alone. The browser sends it by itself; there is nothing to type.',
  },
  operator: {
    type: 'http',
    scheme: 'bearer',
    description: "The operator's secret: it makes workspaces, keys and nodes, and reads no data.",
  },
} as const;
