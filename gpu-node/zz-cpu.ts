import { buildSamples, samplingSchema } from '@tallrec/shared/interactions';
import { formatSamplePrompt } from '@tallrec/shared/prompt';
import { answerOf } from '@tallrec/shared/sample';
import { tuningSettingsSchema } from '@tallrec/shared/tuning';
import { demoRatings } from './src/demo/ratings.ts';
import { loadLanguageModel } from './src/llama/load.ts';
import { loadTokenizer } from './src/llama/tokenizer.ts';
import { createRuntime } from './src/runtime/onnx-runtime.ts';
import { trySpeed } from './src/train/speed-trial.ts';
import { SpeedMeter } from './src/train/speed-meter.ts';
import { tuningTime } from './src/train/tuning-time.ts';
import { speedFor, workOf } from './src/train/speeds.ts';
import { tune } from './src/train/tune.ts';
import { holdOut } from './src/jobs/job-data.ts';

const dir = new URL('models/tallrec-movies', import.meta.url).pathname;
const clock = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const { ratings } = await demoRatings();
const samples = buildSamples(ratings, samplingSchema.parse({})).slice(0, 1500);
const { train, valid } = holdOut(samples, 0);
const tokenizer = await loadTokenizer(dir);
const first = samples.slice(0, 256).filter((_, i) => i % 8 === 0);
const texts = first.map((s) => formatSamplePrompt(s, 'clean') + answerOf(s.liked));
const tokensPerSample = texts.reduce((n, t) => n + tokenizer.encode(t).length + 1, 0) / texts.length;
const h = { learningRate: 1e-3, patience: 100 };
const work = workOf({ provider: 'cpu', precision: 'f16' }, tuningSettingsSchema.parse({}), false);
const sp = (list) => speedFor(work, list.map((m) => ({ ...m, work, from: 'tuning', atMs: 0 })));
const all = [];
for (const run of [
  { shots: 64, hyperParameters: { ...h, epochs: 15 } }, { shots: 64, hyperParameters: { ...h, epochs: 15 } },
  { shots: 128, hyperParameters: { ...h, epochs: 10 } }, { shots: 32, hyperParameters: { ...h, epochs: 30, evaluateEverySteps: 5 } },
  { shots: 48, hyperParameters: { ...h, epochs: 15, loraModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] } }]) {
  const settings = tuningSettingsSchema.parse(run);
  let model = await loadLanguageModel(dir, createRuntime('cpu', { threads: 1, spin: false }));
  const trial = { otherMs: 0, ...(await trySpeed({ model, tokenizer, settings, texts, stepRows: Math.min(128, run.shots), signal: new AbortController().signal, clock })) };
  await model.close();
  const rows = { settings, samples: { train: Math.min(run.shots, train.length), valid: valid.length }, tokensPerSample };
  const byTrial = tuningTime(sp([trial]), rows), byTuning = all.length && tuningTime(sp(all), rows);
  const meter = new SpeedMeter(clock);
  const t0 = clock();
  model = await loadLanguageModel(dir, createRuntime('cpu', { threads: 1, spin: false }));
  const events = tune({ model, tokenizer, modelContentHash: 'x', provider: 'cpu', precision: 'f16', settings, data: { stage: 'rec', train, valid } });
  let next = await events.next();
  while (!next.done) { meter.note(next.value); next = await events.next(); }
  const real = clock() - t0;
  const known = meter.end(next.value.report); all.push(known);
  console.log(JSON.stringify({ run, byTrial: +(byTrial.mostMs / real).toFixed(2), byTuning: byTuning && +(byTuning.mostMs / real).toFixed(2), real: Math.round(real), trial, known, tokensPerSample }));
  await model.close();
}
