// The environment, read and parsed once; nothing else of the node looks at it.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';
import { BYTE_SIZE_FORM, parseByteSize } from './byte-size.ts';
import { WEIGHT_FORMATS, type WeightFormat } from './llama/weight-file.ts';
import { COMPUTES, type Compute } from './models/converted-weights.ts';

const optional = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value));

const environmentSchema = z.object({
  /** Where models and caches are kept. */
  TALLREC_HOME: optional,
  /** Execution provider when a command names none. */
  TALLREC_PROVIDER: optional.pipe(z.enum(['auto', 'cpu', 'webgpu', 'cuda']).default('auto')),
  /** Format of the frozen weights when a command names none; as stored when left out. */
  TALLREC_WEIGHTS: optional.pipe(z.enum(WEIGHT_FORMATS).optional()),
  /** What matrices are multiplied in when a command names nothing; what the provider is proven in when left out. */
  TALLREC_COMPUTE: optional.pipe(z.enum(COMPUTES).optional()),
  /** The memory, as in 24GB, that work is planned for when a command names none; the machine is asked when left out. */
  TALLREC_VRAM: optional
    .transform((size) => (size === undefined ? undefined : (parseByteSize(size) ?? Number.NaN)))
    .pipe(z.number(BYTE_SIZE_FORM).optional()),
  /** Threads of the CPU provider; by default one a physical core. */
  TALLREC_THREADS: optional
    .transform((n) => (n === undefined ? undefined : Number(n)))
    .pipe(z.int().min(1).max(1024).optional()),
  /** The join token of `tallrec serve`, or a node's secret, in place of its option. */
  TALLREC_NODE_TOKEN: optional,
  /** Folder of a sentence encoder, for evaluations of gru-bert and dros-bert. */
  TALLREC_ENCODER: optional,
  /** For models of the Hugging Face hub that are not open to all. */
  HF_TOKEN: optional,
  /** Of an OpenAI-compatible endpoint, for in-context learning on a remote model. */
  OPENAI_API_KEY: optional,
  HF_ENDPOINT: optional.pipe(z.url().default('https://huggingface.co')),
});

export interface Config {
  home: string;
  modelsDir: string;
  provider: 'auto' | 'cpu' | 'webgpu' | 'cuda';
  weights: WeightFormat | undefined;
  compute: Compute | undefined;
  memoryBytes: number | undefined;
  threads: number | undefined;
  nodeToken: string | undefined;
  encoderDir: string | undefined;
  hubToken: string | undefined;
  hubUrl: string;
  openAiKey: string | undefined;
}

let parsed: Config | undefined;

/** @throws TallrecError naming the variable that cannot be used */
export function config(): Config {
  parsed ??= parseEnvironment(process.env);
  return parsed;
}

export function parseEnvironment(environment: Readonly<Record<string, string | undefined>>): Config {
  const result = environmentSchema.safeParse(environment);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw new TallrecError('BAD_REQUEST', `The environment variable ${path.join('.')} cannot be used: ${message}.`, {
      fix: 'Correct or unset it.',
    });
  }
  const {
    TALLREC_HOME,
    TALLREC_PROVIDER,
    TALLREC_WEIGHTS,
    TALLREC_COMPUTE,
    TALLREC_VRAM,
    TALLREC_THREADS,
    TALLREC_NODE_TOKEN,
    TALLREC_ENCODER,
    HF_TOKEN,
    HF_ENDPOINT,
    OPENAI_API_KEY,
  } = result.data;
  const home = TALLREC_HOME ?? join(homedir(), '.tallrec');
  return {
    home,
    modelsDir: join(home, 'models'),
    provider: TALLREC_PROVIDER,
    weights: TALLREC_WEIGHTS,
    compute: TALLREC_COMPUTE,
    memoryBytes: TALLREC_VRAM,
    threads: TALLREC_THREADS,
    nodeToken: TALLREC_NODE_TOKEN,
    encoderDir: TALLREC_ENCODER,
    hubToken: HF_TOKEN,
    hubUrl: HF_ENDPOINT,
    openAiKey: OPENAI_API_KEY,
  };
}

/**
 * Else CUDA rounds products in float32 to ten bits (TF32); who wants that sets it to 1. cuBLAS reads it when a first session is made.
 * @returns whether it is off
 */
export function turnOffTf32(): boolean {
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  return process.env.NVIDIA_TF32_OVERRIDE === '0';
}

/** The card that CUDA counts first, by number or name; undefined where all are to be seen. */
export function firstCudaDevice(): string | undefined {
  return process.env.CUDA_VISIBLE_DEVICES?.split(',')[0]?.trim() || undefined;
}

/** The environment as this process found it, with additions, for the processes it starts. */
export function childEnvironment(additions: Readonly<Record<string, string>>): Record<string, string | undefined> {
  return { ...process.env, ...additions };
}
