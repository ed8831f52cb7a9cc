import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { tuningReportSchema } from '@tallrec/shared/tuning';
import { isTerminal } from '@tallrec/shared/wire/jobs';
import { createdNodeSchema, modelSchema } from '@tallrec/shared/wire/nodes';
import { pageOf } from '@tallrec/shared/wire/page';
import { tuningEstimateSchema } from '@tallrec/shared/wire/tuning-estimates';
import { tuningSchema } from '@tallrec/shared/wire/tunings';
import { demoRatings } from '../gpu-node/src/demo/ratings.ts';
import { Child } from '../gpu-node/src/dev/child-process.ts';
import { CLI, startMachine } from './support/machine.ts';

const machine = await startMachine();
try {
  const dir = fileURLToPath(new URL('../gpu-node/models/tallrec-movies', import.meta.url));
  const { token, node } = await machine.client.post('/v1/nodes', { name: 'movies' }, createdNodeSchema);
  const child = new Child({
    name: 'n',
    args: [CLI, 'serve', '--edge', machine.client.url, '--models', dir, '--token', token],
    cwd: machine.dir,
    env: { TALLREC_HOME: `${machine.dir}/h` },
    onLine: (l) => console.log('  ', l),
  });
  await machine.client.until('/v1/models', pageOf(modelSchema), ({ items }) => items.length > 0);
  const { ratings } = await demoRatings();
  const samples = buildSamples(ratings, samplingSchema.parse({}));
  console.log(samples.length, 'samples');
  const bytes = new TextEncoder().encode(
    samples
      .slice(0, 1500)
      .map((s) => `${JSON.stringify(s)}\n`)
      .join(''),
  );
  const ds = await machine.client.upload({ name: 'films', kind: 'samples', format: 'jsonl' }, bytes);
  const h = { learningRate: 1e-3, patience: 100 };
  const runs = [
    { shots: 64, hyperParameters: { ...h, epochs: 15 } },
    { shots: 64, hyperParameters: { ...h, epochs: 15 } },
    { shots: 128, hyperParameters: { ...h, epochs: 10 } },
    { shots: 32, hyperParameters: { ...h, epochs: 30, evaluateEverySteps: 5 } },
    { shots: 48, hyperParameters: { ...h, epochs: 20, loraModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] } },
  ];
  for (const run of runs) {
    const body = { model: 'tallrec-movies', dataset: ds.id, ...run };
    const t0 = performance.now();
    let est = await machine.client.post('/v1/tunings:estimate', body, tuningEstimateSchema);
    console.log('first answer', Math.round(performance.now() - t0), 'ms');
    while (est.nodes[0]!.estimate?.measuring) {
      await pause(300);
      est = await machine.client.post('/v1/tunings:estimate', body, tuningEstimateSchema);
    }
    console.log('told after', Math.round(performance.now() - t0), 'ms', JSON.stringify(est));
    const made = await machine.client.post('/v1/tunings', body, tuningSchema);
    const done = await machine.client.until(`/v1/tunings/${made.id}`, tuningSchema, ({ state }) => isTerminal(state));
    const report = await machine.client.get(`/v1/tunings/${made.id}/report`, tuningReportSchema);
    const ms = Date.parse(done.endedAt!) - Date.parse(done.createdAt);
    const time = est.nodes[0]!.estimate!.time!;
    console.log(
      'RESULT',
      JSON.stringify(run),
      est.nodes[0]!.estimate!.basis,
      'predicted',
      Math.round(time.leastMs),
      Math.round(time.mostMs),
      'real',
      ms,
      'engine',
      Math.round(report.durationMs),
      done.stopReason,
      'steps',
      report.steps,
      'ratio most/real',
      (time.mostMs / ms).toFixed(2),
      'tok/sample',
      est.nodes[0]!.estimate!.tokensPerSample,
      report.tokens / report.steps,
    );
  }
  await child.stop();
} finally {
  await machine.stop();
}
