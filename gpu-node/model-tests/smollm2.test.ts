// Tests on a real checkpoint, apart from the rest since they take minutes; skipped where the reference data is absent.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLabelledSamples } from '../src/data/read-rows.ts';
import { evaluateSamples } from '../src/evaluate/evaluate.ts';
import { loadLanguageModel } from '../src/llama/load.ts';
import type { LanguageModel } from '../src/llama/model.ts';
import { PromptRows } from '../src/llama/prompt-rows.ts';
import { loadTokenizer } from '../src/llama/tokenizer.ts';
import { referenceData } from '../src/reference-data.ts';
import { createRuntime } from '../src/runtime/onnx-runtime.ts';

const source = referenceData('models', 'smollm2-135m-instruct');
const samplesFile = referenceData('data', 'tallrec', 'movie', 'test.json');

describe.skipIf(!source || !samplesFile)('SmolLM2-135M, untuned (skipped where the reference data is absent)', () => {
  let dir: string;
  let model: LanguageModel;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'smollm2-'));
    execFileSync(process.execPath, [
      join(source!, 'unpack.mjs'),
      join(source!, 'SmolLM2-135M-Instruct.Q4_1.gguf'),
      dir,
    ]);
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json'])
      copyFileSync(join(source!, name), join(dir, name));
    model = await loadLanguageModel(dir, createRuntime('cpu'));
  }, 120_000);

  afterAll(async () => {
    await model?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  // PyTorch in float32 gives .6519 on these rows; the rule without parameters .7638.
  test('gives the AUC that PyTorch gives on the first 300 movie samples', async () => {
    const rows = new PromptRows(await loadTokenizer(dir), { template: 'clean', cutoffTokens: 512 });
    const samples = (await readLabelledSamples(samplesFile!)).slice(0, 300);
    const { report } = await evaluateSamples(model, rows, samples, {
      template: 'clean',
      precision: 'f32',
      provider: 'cpu',
    });
    expect(Math.abs(report.auc! - 0.6519)).toBeLessThan(0.003);
    expect(report.ruleAuc).toBeCloseTo(0.7638, 4);
    expect(report).toMatchObject({ n: 300, users: 4, usersInferred: true });
  }, 600_000);
});
