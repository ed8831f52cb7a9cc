import { Random } from '@tallrec/shared/random';
import { describe, expect, it } from 'vitest';
import { ToyLanguageModel, toyConfig, toyTokenizer } from '../llama/toy-language-model.ts';
import { initAdapter } from '../train/lora-init.ts';
import { checkGoldenScores, goldenScores } from './golden-scores.ts';

const scorer = { model: new ToyLanguageModel(), tokenizer: toyTokenizer, precision: 'f32' };
const sample = (title: string) => ({ noun: 'movie', history: [], target: { title }, liked: true });
const data = { stage: 'rec', train: [sample('A'), sample('B')], valid: [sample('C')] } as const;

function adapter() {
  const config = { rank: 2, alpha: 4, dropout: 0, targetModules: ['q_proj', 'v_proj'], rankStabilized: false } as const;
  const fresh = initAdapter(config, toyConfig, Random.seeded(1));
  const random = Random.seeded(2);
  for (const [name, { data: values }] of fresh.tensors) {
    if (name.includes('lora_B')) for (let i = 0; i < values.length; i++) values[i] = random.normal();
  }
  return fresh;
}

describe('golden scores', () => {
  it('hold for the adapter that they were taken from', async () => {
    const golden = await goldenScores(scorer, adapter(), 'clean', data);
    expect(golden.samples).toHaveLength(3);
    await checkGoldenScores(scorer, adapter(), golden, 'a'.repeat(64));
  });

  it('tell an adapter that has another scale or other tensors', async () => {
    const golden = await goldenScores(scorer, adapter(), 'clean', data);
    const scaled = adapter();
    const wrongScale = { ...scaled, config: { ...scaled.config, alpha: 8 } };
    const broken = adapter();
    for (const { data: values } of broken.tensors.values()) values.fill(0);
    for (const wrong of [wrongScale, broken]) {
      const check = checkGoldenScores(scorer, wrong, golden, 'a'.repeat(64));
      await expect(check).rejects.toMatchObject({ code: 'ADAPTER_INVALID', message: /does not score here as it did/ });
    }
  });

  it('allow for what providers differ by', async () => {
    const golden = await goldenScores(scorer, adapter(), 'clean', data);
    const nudged = { ...golden, samples: golden.samples.map((one) => ({ ...one, yesLogit: one.yesLogit + 0.015 })) };
    await checkGoldenScores(scorer, adapter(), nudged, 'a'.repeat(64));
  });

  it('allow for the bits of either side, and in one precision for rounding alone', async () => {
    const golden = { ...(await goldenScores(scorer, adapter(), 'clean', data)), precision: 'f32 from int8 weights' };
    const nudged = { ...golden, samples: golden.samples.map((one) => ({ ...one, noLogit: one.noLogit - 0.29 })) };
    await checkGoldenScores(scorer, adapter(), nudged, 'a'.repeat(64));
    await checkGoldenScores(
      { ...scorer, precision: 'f32 from int8 weights' },
      adapter(),
      { ...nudged, precision: 'f32' },
      'a'.repeat(64),
    );
    for (const precision of ['f32 from int8 weights', 'f16'] as const) {
      const check = checkGoldenScores({ ...scorer, precision }, adapter(), { ...nudged, precision }, 'a'.repeat(64));
      await expect(check).rejects.toMatchObject({ code: 'ADAPTER_INVALID' });
    }
  });
});
