// Requests a second of a node by itself, one sample each, from many callers at once: by the engine in this process, by an engine
// process, and by the node's app before it. What a layer costs is the difference to the line above it.
// node src/bench/node-requests.ts [--model DIR] [--callers 64] [--history 10] [--seconds 3] [--rounds 3]
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '@tallrec/shared/random';
import type { Sample } from '@tallrec/shared/sample';
import { createEngine } from '../jobs/engine.ts';
import { type ModelPlace, PLAIN_CPU } from '../jobs/engine-calls.ts';
import { EngineChild } from '../jobs/engine-child.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { createNodeApi } from '../server/api.ts';
import { createNodeApp } from '../server/app.ts';
import { Scoring } from '../server/scoring.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: fileURLToPath(new URL('../../models/tallrec-movies', import.meta.url)) },
    callers: { type: 'string', default: '64' },
    history: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
  },
});
const [callers, history, seconds, rounds] = [values.callers, values.history, values.seconds, values.rounds].map(Number);
const model: ModelPlace = { name: 'model', dir: values.model, contentHash: '0'.repeat(64) };

const random = Random.seeded(1);
const title = () => `Film ${random.integer(1, 999)} (19${random.integer(10, 99)})`;
const samples: Sample[] = Array.from({ length: 500 }, () => ({
  noun: 'movie',
  history: Array.from({ length: history! }, () => ({ title: title(), liked: random.uniform() < 0.5 })),
  target: { title: title() },
}));

const engine = createEngine(async () => ({ runtime: createRuntime('cpu', { spin: false }), reason: 'as told' }));
const { signal } = new AbortController();
const context = { signal, stop: signal, event: () => {}, checkpoint: () => {} };
const scoring = new Scoring({
  newEngine: () => new EngineChild('score', { computing: PLAIN_CPU }),
  maxQueued: callers!,
});
const api = createNodeApi({
  scoring,
  adapters: {
    locate: async () => {
      throw new Error('no adapter is asked for');
    },
    drop: async () => {},
  },
  documents: {
    locate: async () => {
      throw new Error('no facts are named');
    },
  },
  estimates: {
    estimate: async () => {
      throw new Error('no estimate is asked for');
    },
  },
  locateModel: () => model,
  status: () => {
    throw new Error('no status is asked for');
  },
  log: console.error,
});
const app = createNodeApp(api);

const fields = { model, template: 'clean', adapter: null } as const;
const ways: Record<string, (sample: Sample) => Promise<unknown>> = {
  'engine in this process': (sample) => engine.score({ ...fields, samples: [sample] }, context),
  'engine process': (sample) => scoring.call('score', { ...fields, samples: [sample] }),
  "the node's API": async (sample) => {
    const body = { ...fields, model: model.name, samples: [sample] };
    const { status } = await api.answer({ method: 'POST', path: '/score', body, signal });
    if (status !== 200) throw new Error(`answered ${status}`);
  },
  "the node's app": async (sample) => {
    const body = JSON.stringify({ ...fields, model: model.name, samples: [sample] });
    const headers = { 'Content-Type': 'application/json' };
    const response = await app.request('/score', { method: 'POST', headers, body });
    if (response.status !== 200) throw new Error(await response.text());
    await response.json();
  },
};

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Seconds of this process and of the engine's: they tell what a request costs on a machine that has other work, too. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1e6;
  if (scoring.pid === undefined) return own;
  const fields = readFileSync(`/proc/${scoring.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return own + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

interface Figures {
  requestsPerSecond: number;
  cpuMsPerRequest: number;
}

async function measure(ask: (sample: Sample) => Promise<unknown>): Promise<Figures> {
  const [startedAt, cpuBefore] = [performance.now(), cpuSeconds()];
  const until = startedAt + 1000 * seconds!;
  let done = 0;
  const call = async () => {
    while (performance.now() < until) await ask(samples[done++ % samples.length]!);
  };
  await Promise.all(Array.from({ length: callers! }, call));
  const ms = performance.now() - startedAt;
  return { requestsPerSecond: (1000 * done) / ms, cpuMsPerRequest: (1000 * (cpuSeconds() - cpuBefore)) / done };
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

console.log(`${callers} callers, ${history} items of history, ${cpus().length} cores (${cpus()[0]?.model})`);
const measured = new Map(Object.keys(ways).map((name) => [name, [] as Figures[]]));
for (const ask of Object.values(ways)) await Promise.all(samples.slice(0, callers).map(ask));
for (let round = 0; round < rounds!; round++) {
  for (const [name, ask] of Object.entries(ways)) measured.get(name)!.push(await measure(ask));
}
for (const [name, of] of measured) {
  const rates = of.map(({ requestsPerSecond }) => requestsPerSecond);
  const range = `${Math.min(...rates).toFixed(0)} to ${Math.max(...rates).toFixed(0)}`;
  const cpu = median(of.map(({ cpuMsPerRequest }) => cpuMsPerRequest)).toFixed(2);
  console.log(`${name.padEnd(24)}${median(rates).toFixed(0).padStart(6)} requests/s (${range}), ${cpu} ms of CPU each`);
}
await scoring.close();
