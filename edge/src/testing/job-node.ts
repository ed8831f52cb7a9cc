// What a node does with a job, step by step, for tests of the edge.
import { env, exports } from 'cloudflare:workers';
import type { TuningEvent } from '@tallrec/shared/tuning';
import { adapterId } from '@tallrec/shared/wire/adapters';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import type { Job, JobOutcome, TuneJob } from '@tallrec/shared/wire/link';
import type { SequencedEvent, Tuning } from '@tallrec/shared/wire/tunings';
import { call } from './client.ts';
import { sha256, uploaded } from './datasets.ts';
import { type FakeNode, HASH, MODEL, until } from './fake-node.ts';

const sample = (title: string, liked: boolean) => JSON.stringify({ user: 'u', history: [], target: { title }, liked });

export function samplesDataset(): Promise<{ id: string }> {
  return uploaded('samples', 'jsonl', `${sample('A', true)}\n${sample('B', false)}\n${sample('C', true)}\n`);
}

export async function createTuning(dataset: string, more = {}): Promise<Tuning> {
  const answer = await call<Tuning>('POST', '/v1/tunings', { body: { model: MODEL, dataset, ...more } });
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

export function step(number: number, loss = 1): TuningEvent {
  const rest = { epoch: 0, learningRate: 1e-4, gradientNorm: 1, tokensPerSecond: 10, etaMs: 100 };
  return { type: 'step', step: number, totalSteps: 10, loss, ...rest };
}

export function sendFile(path: string, text: string): Promise<Response> {
  const bytes = new TextEncoder().encode(text);
  const headers = { 'Content-Length': String(bytes.length) };
  return exports.default.fetch(
    new Request(new URL(path, 'https://edge.test'), { method: 'PUT', headers, body: bytes }),
  );
}

export async function outcomeOf(
  config: string,
  weights: string,
): Promise<Extract<JobOutcome, { status: 'succeeded' }>> {
  const [configBytes, weightsBytes] = [config, weights].map((text) => new TextEncoder().encode(text)) as [
    Uint8Array,
    Uint8Array,
  ];
  const hashes = { configSha256: await sha256(configBytes), weightsSha256: await sha256(weightsBytes) };
  return {
    status: 'succeeded',
    result: {
      kind: 'tune',
      adapter: await adapterId(hashes),
      modelHash: HASH,
      files: { ...hashes, weightsBytes: weightsBytes.length },
      golden: { template: 'clean', samples: [] },
      blend: { weights: { bias: -1, logit: 0.5, historyShare: 2 }, withPopularity: null, samples: 20 },
      bestValidAuc: 0.75,
      bestValidLoss: 0.5,
      stopReason: 'finished',
    },
  };
}

/** Does a tuning to its end, with weights of this content. */
export async function finishTuning(node: FakeNode, job: TuneJob, weights: string): Promise<string> {
  const config = '{"peft_type":"LORA","r":8}';
  const outcome = await outcomeOf(config, weights);
  node.send({ type: 'accepted', job: job.id, fence: job.fence });
  for (const [path, text] of [
    [job.results.configPath, config],
    [job.results.weightsPath, weights],
    [job.results.reportPath, '{}'],
  ] as const) {
    const response = await sendFile(path, text);
    if (response.status !== 200) throw new Error(await response.text());
  }
  node.send({ type: 'finished', job: job.id, fence: job.fence, outcome });
  await node.next('recorded');
  return (outcome.result as { adapter: string }).adapter;
}

/** Reads an event stream until it ends. */
export async function readStream(
  id: string,
  lastEventId?: number,
): Promise<{ text: string; events: SequencedEvent[] }> {
  const headers: Record<string, string> = { Authorization: `Bearer ${env.ADMIN_KEY}` };
  if (lastEventId !== undefined) headers['Last-Event-ID'] = String(lastEventId);
  const response = await exports.default.fetch(new Request(`https://edge.test/v1/tunings/${id}/events`, { headers }));
  const text = await response.text();
  const events = [...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1]!) as SequencedEvent);
  return { text, events };
}
