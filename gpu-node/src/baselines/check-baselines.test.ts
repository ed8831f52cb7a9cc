import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARCHITECTURE_NAMES } from './architectures.ts';
import { BASELINE_TOLERANCES, baselineFailures, checkBaselines } from './check-baselines.ts';
import { openTensorflow } from './tensorflow.ts';

const FIXTURE = fileURLToPath(new URL('../../fixtures/baselines/baselines.json', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baselines-'));
});
afterAll(() => rm(folder, { recursive: true }));

// biome-ignore lint/suspicious/noExplicitAny: the file is edited at will
async function edited(edit: (file: any) => unknown): Promise<string> {
  const file = JSON.parse(await readFile(FIXTURE, 'utf8'));
  edit(file);
  const path = join(folder, 'edited.json');
  await writeFile(path, JSON.stringify(file));
  return path;
}

async function nativeRefusal(): Promise<string | undefined> {
  const { attempts } = await openTensorflow('tensorflow').catch((error: Error) => ({
    attempts: [{ refusal: error.message }],
  }));
  return attempts[0]?.refusal;
}

describe('the recommenders compute what PyTorch computes', { timeout: 60_000 }, async () => {
  const refusal = await nativeRefusal();

  it.each(['wasm', 'cpu', 'tensorflow'] as const)('on %s', async (backend) => {
    if (backend === 'tensorflow' && refusal) return expect(refusal).toMatch(/tensorflow/i);
    await openTensorflow(backend);
    const errors = await checkBaselines(FIXTURE);
    expect(errors.map(({ name }) => name)).toEqual(ARCHITECTURE_NAMES);
    for (const error of errors) {
      expect(error.logitsMaxAbs, error.name).toBeLessThan(BASELINE_TOLERANCES.logitsMaxAbs);
      expect(error.lossAbs, error.name).toBeLessThan(BASELINE_TOLERANCES.lossAbs);
      expect(error.gradientsMaxRel, error.name).toBeLessThan(BASELINE_TOLERANCES.gradientsMaxRel);
    }
    expect(baselineFailures(errors)).toEqual([]);
  });
});

describe('checkBaselines', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    await openTensorflow('wasm');
  });

  it('sees a wrong weight, a wrong loss and a wrong gradient', async () => {
    const path = await edited(({ cases }) => {
      cases[0].weights['gru.bias_hh_l0'].data[1] += 0.1;
      cases[1].loss += 0.01;
      cases[2].grads['w1.bias'][0] += 0.01;
    });
    const [gru, caser, sasrec, ...rest] = await checkBaselines(path);
    expect(gru!.logitsMaxAbs).toBeGreaterThan(BASELINE_TOLERANCES.logitsMaxAbs);
    expect(caser!.lossAbs).toBeCloseTo(0.01, 5);
    expect(sasrec!.gradientsMaxRel).toBeGreaterThan(BASELINE_TOLERANCES.gradientsMaxRel);
    expect(baselineFailures([gru!, caser!, sasrec!, ...rest])).toEqual(['gru4rec', 'caser', 'sasrec']);
  });

  it.each([
    ['a history that is too short', (file) => file.history[0].pop(), /history: each row has 10 positions/],
    ['an item that there is not', (file) => (file.history[0][0] = 21), /history: an item number is above 20/],
    ['a target that is padding', (file) => (file.target[0] = 20), /target: item numbers are below 20/],
    ['a missing label', (file) => file.label.pop(), /lengths, target and label: 6 of each/],
    ['a length that does not fit', (file) => (file.lengths[0] = 11), /lengths: none is above 10/],
    ['embeddings of another width', (file) => file.textEmbeddings[3].pop(), /textEmbeddings: expected 21 rows of 6/],
    ['a missing count', (file) => file.counts.pop(), /counts: expected 20/],
    [
      'a weight of another shape',
      (file) => (file.cases[0].weights['out.weight'].shape = [8, 20]),
      /case gru4rec: out\.weight is 8,20, expected 20,8/,
    ],
    ['a missing weight', (file) => delete file.cases[1].weights['v.bias'], /case caser: the weight v\.bias is missing/],
    [
      'a short gradient',
      (file) => file.cases[2].grads['ln1.bias'].pop(),
      /case sasrec: ln1\.bias and its gradient need 8 numbers/,
    ],
    ['an unknown model', (file) => (file.cases[0].name = 'bert4rec'), /cases\.0\.name: /],
    ['a word for a number', (file) => (file.alpha = 'much'), /alpha: /],
    // biome-ignore lint/suspicious/noExplicitAny: the file is edited at will
  ] as [string, (file: any) => unknown, RegExp][])('refuses %s', async (_, edit, message) => {
    await expect(checkBaselines(await edited(edit))).rejects.toThrow(message);
  });

  it('refuses what is no such file', async () => {
    await expect(checkBaselines(join(folder, 'none.json'))).rejects.toThrow(
      /none\.json cannot be used: it cannot be read/,
    );
    const path = join(folder, 'text.json');
    await writeFile(path, 'not JSON');
    await expect(checkBaselines(path)).rejects.toThrow(/it is not JSON/);
  });
});
