// The engine against PyTorch: the package's own case always, the others where the reference data is at hand.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { referenceData } from '../reference-data.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { compareWithReference, FLOAT16_TOLERANCES, failures, REFERENCE_TOLERANCES } from './reference.ts';
import { REFERENCE_DIR } from './reference-case.ts';

vi.setConfig({ testTimeout: 120_000 });

const runtime = createRuntime('cpu', { threads: 1 });

const cases = [
  { name: 'the package’s case (grouped-query attention, tied embeddings)', dir: REFERENCE_DIR },
  { name: 'golden gqa', dir: referenceData('golden', 'gqa') },
  { name: 'golden mha (sharded checkpoint, separate head)', dir: referenceData('golden', 'mha') },
  { name: 'golden mistral', dir: referenceData('golden', 'mistral') },
  { name: 'golden qwen2 (biases)', dir: referenceData('golden', 'qwen2') },
  { name: 'golden qwen3 (normalised queries and keys, a head size of its own)', dir: referenceData('golden', 'qwen3') },
];

describe('logits, loss, gradients and 20 AdamW steps equal PyTorch’s', () => {
  for (const { name, dir } of cases) {
    it.skipIf(!dir)(`${name}${dir ? '' : ': the reference data is not at hand'}`, async () => {
      const errors = await compareWithReference(dir!, runtime);
      expect(failures(errors), JSON.stringify(errors)).toEqual([]);
    });

    it.skipIf(!dir)(
      `${name}, without the CPU’s own operators${dir ? '' : ': the reference data is not at hand'}`,
      async () => {
        const errors = await compareWithReference(dir!, { ...runtime, extensions: [] });
        expect(failures(errors), JSON.stringify(errors)).toEqual([]);
      },
    );

    it.skipIf(!dir)(
      `${name}, as near as weights of eight and four bits allow${dir ? '' : ': the reference data is not at hand'}`,
      async () => {
        const folder = await mkdtemp(join(tmpdir(), 'reference-weights-'));
        for (const format of ['int8', 'int4'] as const) {
          const weights = { format, file: join(folder, format) };
          const errors = await compareWithReference(dir!, runtime, { weights });
          expect(failures(errors, REFERENCE_TOLERANCES[format]), JSON.stringify(errors)).toEqual([]);
          expect(errors.logitsMaxAbs).toBeGreaterThan(1e-3);
        }
        await rm(folder, { recursive: true });
      },
    );

    it.skipIf(!dir)(
      `${name}, as near as float16 allows${dir ? '' : ': the reference data is not at hand'}`,
      async () => {
        for (const extensions of [runtime.extensions, []]) {
          const errors = await compareWithReference(dir!, { ...runtime, extensions }, { compute: 'float16' });
          expect(failures(errors, FLOAT16_TOLERANCES), JSON.stringify(errors)).toEqual([]);
        }
      },
    );
  }

  it('says what is wrong with a directory that is no reference case', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'reference-'));
    await expect(compareWithReference(dir, runtime)).rejects.toThrow(
      /expected.json cannot be read as JSON. Name a dir/,
    );
    await writeFile(join(dir, 'expected.json'), '{"input_ids": [[1, "two"]]}');
    await expect(compareWithReference(dir, runtime)).rejects.toThrow(/expected.json: input_ids.0.1: /);
    await rm(dir, { recursive: true });
  });

  it('names what lies outside its tolerance, NaN included', () => {
    const errors = { logitsMaxAbs: Number.NaN, lossAbs: 0, gradientsMaxRel: 1e-3, adamwLossesMaxAbs: 1e-5 };
    expect(failures(errors)).toEqual(['logitsMaxAbs', 'gradientsMaxRel']);
  });
});
