// `npm run kills -w tests [-- SEED]`: one tuning killed at 20 random moments, resumed each time, compared with one left alone.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KilledTuning } from '../support/killed-tuning.ts';

const KILLS = 20;
const STEPS = 60;

const seed = Number(process.argv[2] ?? 1);
const dir = await mkdtemp(join(tmpdir(), 'twenty-kills-'));
try {
  const tuning = await KilledTuning.prepare(dir, { maxSteps: STEPS });
  const startedAt = performance.now();
  const whole = await tuning.run('whole');
  if (whole.code !== 0) throw new Error(whole.stderr);
  const { kills, last } = await tuning.runKilled('killed', KILLS, seed, (performance.now() - startedAt) / STEPS);
  if (last.code !== 0) throw new Error(last.stderr);
  for (const [number, { afterMs, training, whole, unfinished }] of kills.entries()) {
    const left = `${whole} whole and ${unfinished} unfinished checkpoints`;
    console.log(`kill ${number + 1}: after ${afterMs} ms, ${training ? 'training' : 'starting'}; ${left}`);
  }
  const [a, b] = [await tuning.adapterFiles('whole'), await tuning.adapterFiles('killed')];
  const same = a.every((bytes, index) => bytes.equals(b[index]!));
  console.log(`seed ${seed}, ${KILLS} kills, ${STEPS} steps: the adapters are ${same ? 'bit-identical' : 'DIFFERENT'}`);
  process.exitCode = same ? 0 : 1;
} finally {
  await rm(dir, { recursive: true, force: true });
}
