// Tokens that all rows begin with are computed once: that must change nothing but the time it takes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { loadLanguageModel } from './load.ts';
import { LINEAR_MODULES } from './lora.ts';
import { padRows, sharedPrefix } from './micro-batch.ts';
import type { LabelledRow, LanguageModel } from './model.ts';
import { randomAdapter, seededConfig, writeSeededCheckpoint } from './seeded-checkpoint.ts';

const runtime = createRuntime('cpu', { threads: 1 });
const { vocabSize, maxPositionEmbeddings } = seededConfig;

let folder: string;
let [shared, plain]: [LanguageModel, LanguageModel] = [undefined!, undefined!];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shared-prefix-'));
  const dir = join(folder, 'f32');
  await writeSeededCheckpoint(dir, 'F32', 'F32');
  shared = await loadLanguageModel(dir, runtime);
  plain = await loadLanguageModel(dir, runtime, { sharePrefix: false });
});
afterAll(async () => {
  await shared.close();
  await plain.close();
  await rm(folder, { recursive: true });
});

const token = fc.integer({ min: 0, max: vocabSize - 1 });
/** Rows that begin alike, some of them perhaps equal, each with labels at any of its tokens. */
const micro = fc
  .tuple(
    fc.array(token, { maxLength: maxPositionEmbeddings / 2 }),
    fc.array(fc.array(token, { minLength: 1, maxLength: maxPositionEmbeddings / 2 }), { minLength: 1, maxLength: 4 }),
    fc.infiniteStream(fc.boolean()),
  )
  .map(([prefix, rests, labelled]) =>
    rests.map((rest): LabelledRow => {
      const tokens = [...prefix, ...rest];
      return { tokens, labels: tokens.map((id) => (labelled.next().value ? id : -100)) };
    }),
  );

describe('a shared prefix', () => {
  it('gives the loss, the gradients and the logits of the plain way', async () => {
    const adapter = randomAdapter({ rank: 3, targetModules: LINEAR_MODULES });
    await fc.assert(
      fc.asyncProperty(micro, async (rows) => {
        const options = { lossWeight: 1 / 8 };
        const [ours, theirs] = [
          await shared.lossAndGradients(rows, adapter, options),
          await plain.lossAndGradients(rows, adapter, options),
        ];
        expect(Math.abs(ours.loss - theirs.loss)).toBeLessThanOrEqual(1e-5 * Math.abs(theirs.loss));
        // Where gradients nearly cancel only their size beside the others' says what rounding may do.
        const size = Math.max(...[...theirs.gradients.values()].flatMap((values) => [...values].map(Math.abs)));
        for (const [name, gradient] of theirs.gradients) {
          const difference = gradient.map((g, i) => Math.abs(ours.gradients.get(name)![i]! - g));
          expect(Math.max(...difference), name).toBeLessThanOrEqual(1e-5 * size);
        }
        const tokens = rows.map((row) => row.tokens);
        const [logits, expected] = [
          await shared.nextTokenLogits(tokens, adapter),
          await plain.nextTokenLogits(tokens, adapter),
        ];
        expect(Math.max(...expected.map((logit, i) => Math.abs(logits[i]! - logit)))).toBeLessThan(1e-4);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('drops the same inputs as the plain way, also where a row is computed alone', async () => {
    const adapter = randomAdapter({ dropout: 0.5 });
    const options = { lossWeight: 1, dropoutSeed: 3 };
    const rows: LabelledRow[] = [
      { tokens: [4, 9, 2, 30], labels: [-100, -100, -100, 30] },
      { tokens: [4, 9, 17, 5, 8], labels: [-100, -100, -100, 5, 8] },
    ];
    const together = await shared.lossAndGradients(rows, adapter, options);
    const apart = await plain.lossAndGradients(rows, adapter, options);
    expect(together.loss).toBeCloseTo(apart.loss, 5);
    let alone = 0;
    for (const row of rows) alone += (await shared.lossAndGradients([row], adapter, options)).loss;
    expect(alone).toBeCloseTo(apart.loss, 5);
    const dry = await plain.lossAndGradients(rows, adapter, { lossWeight: 1 });
    expect(Math.abs(dry.loss - apart.loss)).toBeGreaterThan(1e-3);
  });
});

describe('a micro-batch', () => {
  it('holds the shared tokens once and leaves each row one of its own', () => {
    const rows = [
      [5, 6, 7, 8],
      [5, 6, 9],
      [5, 6, 7],
    ];
    const { prefix, length, feeds } = padRows(rows, seededConfig, { sharePrefix: true });
    expect({ prefix, length }).toEqual({ prefix: 2, length: 2 });
    expect([...feeds.prefix!.data]).toEqual([5n, 6n]);
    expect([...feeds.tokens!.data]).toEqual([7n, 8n, 9n, 0n, 7n, 0n]);
    expect([...feeds.position_ids!.data]).toEqual([0n, 1n, 2n, 3n, 2n, 3n, 2n, 3n]);
    expect(padRows(rows, seededConfig, { sharePrefix: false }).prefix).toBe(0);
    expect(sharedPrefix([[1, 2], [1]])).toBe(0);
    expect(sharedPrefix([[1, 2, 3]])).toBe(2);
  });
});
