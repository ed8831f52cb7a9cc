import { describe, expect, test } from 'vitest';
import { parseEnvironment } from './config.ts';

describe('the environment', () => {
  test('has defaults, and empty means unset', () => {
    expect(
      parseEnvironment({ HF_TOKEN: '', TALLREC_PROVIDER: '', TALLREC_WEIGHTS: '', TALLREC_THREADS: '' }),
    ).toMatchObject({
      provider: 'auto',
      weights: undefined,
      threads: undefined,
      hubToken: undefined,
      hubUrl: 'https://huggingface.co',
    });
  });

  test('is taken', () => {
    expect(
      parseEnvironment({
        TALLREC_HOME: '/x',
        TALLREC_PROVIDER: 'cpu',
        TALLREC_WEIGHTS: 'int8',
        TALLREC_THREADS: '3',
        TALLREC_COMPUTE: 'f16',
        TALLREC_VRAM: '7.5GiB',
        HF_TOKEN: 't',
      }),
    ).toMatchObject({
      home: '/x',
      modelsDir: '/x/models',
      provider: 'cpu',
      weights: 'int8',
      threads: 3,
      compute: 'f16',
      memoryBytes: 7.5 * 2 ** 30,
      hubToken: 't',
    });
  });

  test.each([
    { TALLREC_THREADS: 'many' },
    { TALLREC_PROVIDER: 'tpu' },
    { TALLREC_WEIGHTS: 'int3' },
    { TALLREC_COMPUTE: 'bf16' },
    { TALLREC_VRAM: '24' },
    { HF_ENDPOINT: 'nowhere' },
  ])('%j is refused by name', (environment) => {
    expect(() => parseEnvironment(environment)).toThrow(`The environment variable ${Object.keys(environment)[0]}`);
  });
});
