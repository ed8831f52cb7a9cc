// What a node does with a job, step by step, for tests of the edge.

import { exports } from 'cloudflare:workers';
import type { Blend } from '@tallrec/shared/blend';
import type { TuningEvent } from '@tallrec/shared/tuning';
import { adapterId } from '@tallrec/shared/wire/adapters';
import type { Evaluation, EvaluationReport } from '@tallrec/shared/wire/evaluations';
import type { SequencedEvent } from '@tallrec/shared/wire/jobs';
import { type Job, type JobOutcome, RESULT_FILES, type TuneJob, type Verdict } from '@tallrec/shared/wire/link';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import type { AnnouncedResult } from '@tallrec/shared/wire/uploads';
import { call, defaultWorkspace } from './client.ts';
import { sha256, uploaded } from './datasets.ts';
import { type FakeNode, HASH, MODEL, until } from './fake-node.ts';

const sample = (title: string, liked: boolean) => JSON.stringify({ user: 'u', history: [], target: { title }, liked });

export function samplesDataset(): Promise<{ id: string }> {
  return uploaded('samples', 'jsonl', `${sample('A', true)}\n${sample('B', false)}\n${sample('C', true)}\n`);
}

/** Waits for a node, as tests make jobs before nodes. */
export async function createTuning(dataset: string, more = {}): Promise<Tuning> {
  const body = { model: MODEL, dataset, wait: true, ...more };
  const answer = await call<Tuning>('POST', '/v1/tunings', { body });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body;
}

export async function getTuning(id: string): Promise<Tuning> {
  return (await call<Tuning>('GET', `/v1/tunings/${id}`)).body;
}

export function tuningIn(id: string, ...states: Tuning['state'][]): Promise<Tuning> {
  return until(
    () => getTuning(id),
    ({ state }) => states.includes(state),
  );
}

export function evaluationIn(id: string, ...states: Evaluation['state'][]): Promise<Evaluation> {
  return until(
    async () => (await call<Evaluation>('GET', `/v1/evaluations/${id}`)).body,
    ({ state }) => states.includes(state),
  );
}

/** The next job of this id: a node may be given others' jobs too, which it declines. */
export async function nextJob<K extends Job['kind']>(
  node: FakeNode,
  kind: K,
  id: string,
): Promise<Extract<Job, { kind: K }>> {
  for (;;) {
    const { job } = await node.next('job');
    if (job.id === id && job.kind === kind) return job as Extract<Job, { kind: K }>;
  }
}

/** The verdict on this job's outcome, which is sent again until it comes, as a node does. */
export async function finish(node: FakeNode, job: Pick<Job, 'id' | 'fence'>, outcome: JobOutcome): Promise<Verdict> {
  const again = setInterval(() => {
    if (node.socket.readyState === WebSocket.OPEN) {
      node.send({ type: 'finished', job: job.id, fence: job.fence, outcome });
    }
  }, 100);
  try {
    node.send({ type: 'finished', job: job.id, fence: job.fence, outcome });
    for (;;) {
      const frame = await node.next('verdict');
      if (frame.job === job.id && frame.fence === job.fence) return frame.verdict;
    }
  } finally {
    clearInterval(again);
  }
}

export function step(number: number, loss = 1): TuningEvent {
  const rest = { epoch: 0, learningRate: 1e-4, gradientNorm: 1, tokensPerSecond: 10, etaMs: 100 };
  return { type: 'step', step: number, totalSteps: 10, loss, ...rest };
}

export const fetchEdge = (path: string, init?: RequestInit) =>
  exports.default.fetch(new Request(new URL(path, 'https://edge.test'), init));

/** Announces a file of a job, sends its parts, completes it. @returns the last answer */
export async function sendFile(
  { resultsPath }: Pick<Job, 'resultsPath'>,
  file: string,
  text: string,
): Promise<Response> {
  const bytes = new TextEncoder().encode(text);
  const announced = await fetchEdge(resultsPath, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ file, bytes: bytes.length, sha256: await sha256(bytes) }),
  });
  if (!announced.ok) return announced;
  const { upload, done, parts } = await announced.json<AnnouncedResult>();
  if (done) return new Response('{}');
  for (const part of parts) {
    const sent = await fetchEdge(part.path, {
      method: 'PUT',
      headers: { 'Content-Length': String(bytes.length) },
      body: bytes,
    });
    if (!sent.ok) return sent;
  }
  return await fetchEdge(`${resultsPath}/complete`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ upload }),
  });
}

export async function outcomeOf(
  config: string,
  weights: string,
): Promise<Extract<JobOutcome, { status: 'succeeded' }>> {
  const [configBytes, weightsBytes] = [config, weights].map((text) => new TextEncoder().encode(text)) as [
    Uint8Array,
    Uint8Array,
  ];
  const blendBytes = new TextEncoder().encode(BLEND_TEXT);
  const hashes = { configSha256: await sha256(configBytes), weightsSha256: await sha256(weightsBytes) };
  return {
    status: 'succeeded',
    result: {
      kind: 'tune',
      adapter: await adapterId(hashes),
      modelHash: HASH,
      files: { ...hashes, weightsBytes: weightsBytes.length },
      golden: { template: 'clean', precision: 'f32', samples: [] },
      blend: { ...BLEND, file: { sha256: await sha256(blendBytes), bytes: blendBytes.length } },
      bestValidAuc: 0.75,
      bestValidLoss: 0.5,
      stopReason: 'finished',
    },
  };
}

export const BLEND: Blend = {
  rank: { logit: 0.5, fans: 0.25, itemMean: 0 },
  score: { bias: -1, rank: 1, historyShare: 2 },
  samples: 20,
  users: 3,
};
const BLEND_TEXT = JSON.stringify({ ...BLEND, items: { likes: 1, ratings: 1, items: [['A', 1, 1]] } });

export const CONFIG = '{"peft_type":"LORA","r":8}';

export async function sendAdapter(job: Pick<Job, 'resultsPath'>, weights: string): Promise<void> {
  for (const [file, text] of [
    [RESULT_FILES.config, CONFIG],
    [RESULT_FILES.weights, weights],
    [RESULT_FILES.report, '{}'],
    [RESULT_FILES.blend, BLEND_TEXT],
  ] as const) {
    const response = await sendFile(job, file, text);
    if (!response.ok) throw new Error(await response.text());
  }
}

/** Does a tuning to its end, with weights of this content. @returns the adapter */
export async function finishTuning(node: FakeNode, job: TuneJob, weights: string): Promise<string> {
  node.send({ type: 'accepted', job: job.id, fence: job.fence });
  await sendAdapter(job, weights);
  const outcome = await outcomeOf(CONFIG, weights);
  const verdict = await finish(node, job, outcome);
  if (verdict !== 'applied') throw new Error(verdict);
  return (outcome.result as { adapter: string }).adapter;
}

/** An evaluation within a tuning, as its node tells it. */
export const JUDGED = {
  type: 'evaluated',
  step: 2,
  validAuc: 0.75,
  validPerUserAuc: 0.7,
  validLoss: 0.5,
  best: true,
} as const;

export function evaluationReport(change: Partial<EvaluationReport> = {}): EvaluationReport {
  return {
    auc: 1,
    interval: null,
    perUserAuc: null,
    users: 0,
    usersInferred: false,
    n: 2,
    likedShare: 0.5,
    ruleAuc: 0.5,
    rulePerUserAuc: null,
    popularityAuc: null,
    popularityPerUserAuc: null,
    untunedAuc: null,
    untunedPerUserAuc: null,
    blendAuc: 0.75,
    blendPerUserAuc: null,
    scoreBlendAuc: 0.75,
    rankBlendPerUserAuc: null,
    differences: null,
    warm: null,
    cold: null,
    unknownToModel: null,
    template: 'clean',
    precision: 'f32',
    provider: 'cpu',
    tokens: 9,
    durationMs: 1,
    fit: null,
    intervals: null,
    overRule: null,
    distribution: null,
    blendDistribution: null,
    examples: null,
    ...change,
  };
}

/** An open event stream of a job. */
export async function openStream(path: string, lastEventId?: number): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${(await defaultWorkspace()).key}` };
  if (lastEventId !== undefined) headers['Last-Event-ID'] = String(lastEventId);
  return await fetchEdge(`${path}/events`, { headers });
}

/** Reads an event stream until it ends. */
export async function readStream(
  path: string,
  lastEventId?: number,
): Promise<{ status: number; text: string; events: SequencedEvent[] }> {
  const response = await openStream(path, lastEventId);
  const text = await response.text();
  const events = [...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1]!) as SequencedEvent);
  return { status: response.status, text, events };
}
