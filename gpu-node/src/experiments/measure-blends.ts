// Measures the two stages of a blend on the untuned model: the paired differences, calibration, and warm, cold and unknown items.
// Usage: npx node gpu-node/src/experiments/measure-blends.ts FOLDER... --model DIR [--shots 16,64,256] [--seeds 5] [--items FILE] [--cache DIR]
//        A folder holds train, valid and test samples ("tallrec samples" makes one); shots "all" takes every training sample.
//        --items names facts about items, as for "tallrec tune".
//        --cache keeps the model's logits, so that what is measured again is not scored again.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { blender, type Logits, probabilityOf } from '@tallrec/shared/blend';
import { expectedCalibrationError, scoreBins } from '@tallrec/shared/metrics';
import { Random } from '@tallrec/shared/random';
import type { LabelledSample } from '@tallrec/shared/sample';
import { mean, seedsInterval } from '@tallrec/shared/seeds-interval';
import { type Differences, type ItemGroup, type JudgedDifference, SCORE_BINS } from '@tallrec/shared/wire/evaluations';
import { z } from 'zod';
import { writeFileAtomically } from '../atomic-file.ts';
import { fitBlend } from '../blend/fit-blend.ts';
import { openEngine } from '../cli/open-engine.ts';
import { readItemFacts } from '../data/read-item-facts.ts';
import { judge } from '../evaluate/judge.ts';
import { promptRowsOf } from '../llama/prompt-rows.ts';
import { modelCatalogue } from '../models/own-training.ts';
import { scoreSamples } from '../score/scorer.ts';
import { drawShots } from '../train/tune.ts';
import { openDomain } from './domain.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'gpu-node/models/tallrec-movies' },
    shots: { type: 'string', default: '16,64,256' },
    seeds: { type: 'string', default: '5' },
    items: { type: 'string' },
    cache: { type: 'string' },
  },
});

const engine = await openEngine({ model: values.model });
const catalogue = await modelCatalogue(engine.place.dir);
const facts = values.items ? await readItemFacts(values.items) : undefined;
const rows = promptRowsOf(engine, { template: 'clean', cutoffTokens: 512 });

async function logitsOf(samples: readonly LabelledSample[], name: string): Promise<Logits[]> {
  const path = values.cache && join(values.cache, `${engine.place.contentHash.slice(0, 12)}-${name}.json`);
  const kept = path && (await readFile(path, 'utf8').catch(() => undefined));
  const differences = kept
    ? z.array(z.number()).length(samples.length).parse(JSON.parse(kept))
    : (await scoreSamples(engine.model, rows, samples)).results.map(({ yesLogit, noLogit }) => yesLogit - noLogit);
  if (values.cache && path && !kept) {
    await mkdir(values.cache, { recursive: true });
    await writeFileAtomically(path, [JSON.stringify(differences)]);
  }
  return differences.map((yesLogit) => ({ yesLogit, noLogit: 0 }));
}

type Figures = ReturnType<typeof judge>['figures'];

interface Measured {
  figures: Figures;
  rankAuc: number | null;
  scoreWithin: number | null;
  ece: number;
  users: number;
}

const percent = (value: number | null | undefined) => (value == null ? '–' : (100 * value).toFixed(1));
const spread = (all: (number | null)[]) => {
  const known = all.filter((value) => value !== null);
  if (known.length === 0) return '–';
  const interval = known.length > 2 ? seedsInterval(known) : null;
  return interval ? `${percent(mean(known))} ± ${percent((interval.high - interval.low) / 2)}` : percent(mean(known));
};
const told = (difference: JudgedDifference | null | undefined) =>
  difference
    ? `${percent(difference.value)} [${percent(difference.low)}, ${percent(difference.high)}] ${difference.verdict}`
    : '–';
const group = (of: ItemGroup | null | undefined) =>
  of ? `${of.n} rows: all ${percent(of.auc)}, within ${percent(of.perUserAuc)} (${of.users} users)` : '–';

function differences(of: Differences | null | undefined, rivals: readonly (keyof Differences)[]): string[] {
  if (!of) return [];
  return rivals.flatMap((rival) =>
    of[rival] ? [`    over ${rival}: all ${told(of[rival].all)}; within ${told(of[rival].withinUsers)}`] : [],
  );
}

for (const folder of positionals) {
  const domain = await openDomain(folder);
  const valid = domain.valid;
  const validLogits = await logitsOf(valid, `${domain.files.valid.sha256.slice(0, 12)}-valid`);
  const test = await domain.readTest();
  const testLogits = await logitsOf(test, `${domain.files.test.sha256.slice(0, 12)}-test`);
  const scores = testLogits.map(({ yesLogit }) => yesLogit);
  for (const asked of values.shots.split(',')) {
    const shots = asked === 'all' ? undefined : Number(asked);
    const runs: Measured[] = [];
    for (let seed = 0; seed < (shots === undefined ? 1 : Number(values.seeds)); seed++) {
      const train = drawShots(domain.train, shots, Random.seeded(seed));
      const blend = fitBlend(valid, validLogits, train, facts);
      if (!blend) throw new Error('no blend could be fit');
      const blended = blender(blend);
      const both = test.map((sample, index) => blended(sample, testLogits[index]!));
      const { figures } = judge(test, scores, { train, catalogue, blended: both, untuned: scores });
      const swapped = judge(
        test,
        both.map(({ rank }) => rank),
        { blended: both.map(({ logOdds, rank }) => ({ logOdds: rank, rank: logOdds })) },
      ).figures;
      const probabilities = test.map(({ liked }, i) => ({ score: probabilityOf(both[i]!.logOdds), liked }));
      const ece = expectedCalibrationError(scoreBins(probabilities, { low: 0, high: 1, count: SCORE_BINS }))!;
      const { auc: rankAuc, rankBlendPerUserAuc: scoreWithin } = swapped;
      runs.push({ figures, rankAuc, scoreWithin, ece, users: blend.users });
    }
    const { figures, users } = runs[0]!;
    const lines = [
      `\n${domain.name}, K = ${asked}: ${figures.n} rows of ${figures.users} users with both classes; ${users} users to validate (seed 0)`,
      `  model: all ${percent(figures.auc)}, within ${percent(figures.perUserAuc)}; rule: ${percent(figures.ruleAuc)}, ${percent(figures.rulePerUserAuc)}`,
      `  popularity: all ${spread(runs.map((run) => run.figures.popularityAuc))}, within ${spread(runs.map((run) => run.figures.popularityPerUserAuc))}`,
      `  rank r: within ${spread(runs.map((run) => run.figures.rankBlendPerUserAuc))}, all ${spread(runs.map((run) => run.rankAuc))}`,
      `  score p: all ${spread(runs.map((run) => run.figures.scoreBlendAuc))}, within ${spread(runs.map((run) => run.scoreWithin))}; ECE × 100 ${spread(runs.map((run) => run.ece))}`,
      '  seed 0, blend (p over all rows, r within users):',
      ...differences(figures.differences?.blend, ['rule', 'popularity', 'untuned']),
      '  seed 0, model alone:',
      ...differences(figures.differences, ['rule', 'popularity']),
      `  warm ${group(figures.warm)}\n  cold ${group(figures.cold)}\n  unknown to the model ${group(figures.unknownToModel)}`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}
await engine.model.close();
