// Damaged and hostile model files: 10,000 seeded mutations each load or are refused by an error that names the file and the fault.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { Random } from '@tallrec/shared/random';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeTinyModel } from '../tiny-model.ts';
import { readCheckpoint } from './checkpoint.ts';
import { readLlamaConfig } from './config.ts';
import { mutateBytes, mutateJson } from './mutations.ts';
import { adapterTensors, readAdapter, writeAdapter } from './peft.ts';
import { readSafetensorsHeader, readTensor } from './safetensors.ts';
import { normals, seededConfig, writeSeededCheckpoint } from './seeded-checkpoint.ts';
import { loadTokenizer } from './tokenizer.ts';

vi.setConfig({ testTimeout: 120_000 });

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hostile-'));
});
afterAll(() => rm(dir, { recursive: true }));

const config = { rank: 2, alpha: 4, dropout: 0, targetModules: ['q_proj', 'v_proj'], rankStabilized: false } as const;

async function seededAdapter(path: string): Promise<void> {
  const tensors = adapterTensors(config, seededConfig).map(
    ({ name, shape }, index) => [name, { shape, data: normals(shape[0] * shape[1], index, 0.1) }] as const,
  );
  await writeAdapter(path, { config, tensors: new Map(tensors) });
}

async function loadCheckpoint(path: string): Promise<void> {
  const { checkpoint } = await readCheckpoint(path);
  for (const location of checkpoint.tensors.values()) if (location.dtype === 'F32') await readTensor(location);
}

async function loadTexts(path: string): Promise<void> {
  const tokenizer = await loadTokenizer(path);
  for (const text of ['Yes.', 'User Preference: "Léon (1994)" <s> \n 😀', 'a'.repeat(300)]) {
    for (const id of tokenizer.encode(text)) expect(Number.isInteger(id) && id >= 0).toBe(true);
  }
}

/** A safetensors file taken apart, its header's JSON mutated, and put together again. */
function mutateHeader(bytes: Buffer, random: Random): Buffer {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString('utf8'));
  const text = Buffer.from(mutateJson(header, random));
  const lengthBytes = Buffer.alloc(8);
  lengthBytes.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([lengthBytes, text, bytes.subarray(8 + length)]);
}

const inJson = (bytes: Buffer, random: Random) => Buffer.from(mutateJson(JSON.parse(bytes.toString('utf8')), random));

interface Case {
  name: string;
  /** Makes the undamaged files. */
  make: (path: string) => Promise<void>;
  file: string;
  load: (path: string) => Promise<unknown>;
  mutate: (bytes: Buffer, random: Random) => Buffer;
  times: number;
}

const checkpoint = (path: string) => writeSeededCheckpoint(path, 'F32', 'F32');
const sharded = async (path: string) => {
  await checkpoint(path);
  const bytes = await readFile(join(path, 'model.safetensors'));
  await rm(join(path, 'model.safetensors'));
  await writeFile(join(path, 'model-1.safetensors'), bytes);
  const { tensors } = await readSafetensorsHeader(join(path, 'model-1.safetensors'));
  const weight_map = Object.fromEntries([...tensors.keys()].map((name) => [name, 'model-1.safetensors']));
  await writeFile(join(path, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map }));
};
/** As LLaMA 3 has it: pieces by a regular expression, then bytes. */
const patterned = async (path: string) => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const shown = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  const hidden = bytes.filter((byte) => !shown(byte));
  const symbols = bytes.map((byte) => String.fromCodePoint(shown(byte) ? byte : 256 + hidden.indexOf(byte)));
  const merges = ['Y e', 'Ye s', 'N o', 'Ġ a'];
  const tokens = [...symbols, ...merges.map((merge) => merge.replace(' ', ''))];
  const split = {
    type: 'Split',
    pattern: { Regex: "'s|'t| ?\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s+" },
    behavior: 'Isolated',
    invert: false,
  };
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  const file = {
    added_tokens: [
      {
        id: 300,
        content: '<|end|>',
        special: true,
        normalized: false,
        lstrip: false,
        rstrip: false,
        single_word: false,
      },
    ],
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { String: '\r' }, content: '' }],
    },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [split, byteLevel] },
    post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true },
    decoder: byteLevel,
    model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
  };
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'tokenizer.json'), JSON.stringify(file));
};
const words = (path: string) => writeTinyModel(path, { corpus: ['Yes. No. the movie Léon (1994)'], maxWords: 20 });
const reading = (path: string) => readAdapter(path, seededConfig);

const cases: Case[] = [
  {
    name: 'weights, bytes',
    make: checkpoint,
    file: 'model.safetensors',
    load: loadCheckpoint,
    mutate: mutateBytes,
    times: 2000,
  },
  {
    name: 'weights, header',
    make: checkpoint,
    file: 'model.safetensors',
    load: loadCheckpoint,
    mutate: mutateHeader,
    times: 2000,
  },
  {
    name: 'index',
    make: sharded,
    file: 'model.safetensors.index.json',
    load: loadCheckpoint,
    mutate: inJson,
    times: 500,
  },
  {
    name: 'config.json, bytes',
    make: checkpoint,
    file: 'config.json',
    load: loadCheckpoint,
    mutate: mutateBytes,
    times: 600,
  },
  {
    name: 'config.json, values',
    make: checkpoint,
    file: 'config.json',
    load: loadCheckpoint,
    mutate: inJson,
    times: 1000,
  },
  {
    name: 'tokenizer.json, bytes',
    make: words,
    file: 'tokenizer.json',
    load: loadTexts,
    mutate: mutateBytes,
    times: 600,
  },
  { name: 'tokenizer.json, values', make: words, file: 'tokenizer.json', load: loadTexts, mutate: inJson, times: 800 },
  {
    name: 'tokenizer.json with patterns',
    make: patterned,
    file: 'tokenizer.json',
    load: loadTexts,
    mutate: inJson,
    times: 500,
  },
  {
    name: 'tokenizer_config.json',
    make: words,
    file: 'tokenizer_config.json',
    load: loadTexts,
    mutate: inJson,
    times: 200,
  },
  {
    name: 'adapter weights, bytes',
    make: seededAdapter,
    file: 'adapter_model.safetensors',
    load: reading,
    mutate: mutateBytes,
    times: 1000,
  },
  {
    name: 'adapter weights, header',
    make: seededAdapter,
    file: 'adapter_model.safetensors',
    load: reading,
    mutate: mutateHeader,
    times: 800,
  },
  {
    name: 'adapter_config.json',
    make: seededAdapter,
    file: 'adapter_config.json',
    load: reading,
    mutate: inJson,
    times: 700,
  },
];

test.each(cases)('$name: $times mutations', async ({ name, make, file, load, mutate, times }) => {
  const path = join(dir, name.replaceAll(/\W+/g, '-'));
  await make(path);
  const sound = await readFile(join(path, file));
  await load(path);
  // The tokenizer's library warns of what it passes over.
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const random = Random.seeded(times);
  let refused = 0;
  for (let i = 0; i < times; i++) {
    await writeFile(join(path, file), mutate(sound, random));
    const error = await load(path).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    if (error === undefined) continue;
    refused++;
    const kept = `mutation ${i} of ${file}`;
    expect(error, kept).toBeInstanceOf(TallrecError);
    const { message, fix } = error as TallrecError;
    expect(message, kept).toContain(path);
    expect(fix, kept).toMatch(/\w+ .*\.$/);
    expect(message.length, kept).toBeLessThan(1000);
  }
  expect(refused).toBeGreaterThan(times / 20);
});

test('that is 10,000 in all, and none made the process grow by a huge allocation', () => {
  expect(cases.reduce((sum, { times }) => sum + times, 0)).toBeGreaterThanOrEqual(10_000);
  expect(process.resourceUsage().maxRSS / 2 ** 10).toBeLessThan(1500);
});

describe('what a file asks for is not done before it is checked', () => {
  const refused = async (work: Promise<unknown>) => {
    const startedAt = performance.now();
    const error = await work.then(
      () => undefined,
      (cause: unknown) => cause as TallrecError,
    );
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(error).toBeInstanceOf(TallrecError);
    return error!;
  };
  const changed = async (
    name: string,
    make: (path: string) => Promise<void>,
    file: string,
    change: (json: never) => void,
  ) => {
    const path = await mkdtemp(join(dir, `${name}-`));
    await rm(path, { recursive: true });
    await make(path);
    const json = JSON.parse(await readFile(join(path, file), 'utf8'));
    change(json as never);
    await writeFile(join(path, file), JSON.stringify(json));
    return path;
  };

  test('a thousand million layers', async () => {
    const path = await changed('layers', checkpoint, 'config.json', (json: { num_hidden_layers: number }) => {
      json.num_hidden_layers = 1e9;
    });
    expect((await refused(loadCheckpoint(path))).message).toMatch(/config\.json: num_hidden_layers: .*4096/);
  });

  test('a regular expression that runs away', async () => {
    const path = await changed('pattern', patterned, 'tokenizer.json', (json: Patterned) => {
      json.pre_tokenizer.pretokenizers[0]!.pattern = { Regex: '(a+)+$' };
    });
    expect((await refused(loadTokenizer(path))).message).toMatch(/cannot be used: it takes longer than 2000 ms/);
  });

  test('a pattern that runs away on what a user writes', async () => {
    const path = await changed('late', patterned, 'tokenizer.json', (json: Patterned) => {
      json.pre_tokenizer.pretokenizers[0]!.pattern = { Regex: '(x+x+)+y' };
    });
    const tokenizer = await loadTokenizer(path);
    expect(tokenizer.encode('Yes.').length).toBeGreaterThan(0);
    expect(() => tokenizer.encode('x'.repeat(500))).toThrow(/takes longer than 2000 ms/);
  });

  test('a pipe in place of a file', async () => {
    const path = join(dir, 'pipe');
    await checkpoint(path);
    for (const file of ['model.safetensors', 'config.json']) {
      await rm(join(path, file));
      execFileSync('mkfifo', [join(path, file)]);
    }
    expect((await refused(readSafetensorsHeader(join(path, 'model.safetensors')))).message).toMatch(/cannot be opened/);
    expect((await refused(readLlamaConfig(path))).message).toMatch(/config\.json is no file/);
  });

  test('a file larger than any of its kind', async () => {
    const path = join(dir, 'large');
    await seededAdapter(path);
    await writeFile(join(path, 'adapter_config.json'), ' '.repeat(2 ** 20 + 1));
    expect((await refused(reading(path))).message).toMatch(/adapter_config\.json has 1048577 bytes, more than 1048576/);
  });

  test('a header of a million tensors', async () => {
    const entry = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}';
    const header = Buffer.from(`{${Array.from({ length: 1e6 }, (_, i) => `"${i}":${entry}`).join()}}`);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const path = join(dir, 'many.safetensors');
    await writeFile(path, Buffer.concat([length, header]));
    expect((await refused(readSafetensorsHeader(path))).message).toMatch(/1000000 tensors/);
  });

  test('adapters whose values are no numbers, or are stored as integers', async () => {
    const path = join(dir, 'values');
    await seededAdapter(path);
    const file = join(path, 'adapter_model.safetensors');
    const bytes = await readFile(file);
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    await writeFile(file, bytes);
    expect(await refused(reading(path))).toMatchObject({
      code: 'ADAPTER_INVALID',
      message: expect.stringMatching(/lora_\w\.weight holds values that are no numbers/),
    });
    const text = bytes.toString('latin1').replaceAll('"F32"', '"I32"');
    await writeFile(file, Buffer.from(text, 'latin1'));
    expect(await refused(reading(path))).toMatchObject({
      code: 'ADAPTER_INVALID',
      message: expect.stringMatching(/lora_A\.weight is stored as I32/),
    });
  });
});

interface Patterned {
  pre_tokenizer: { pretokenizers: { pattern: { Regex: string } }[] };
}
