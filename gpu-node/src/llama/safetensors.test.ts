import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referenceData } from '../reference-data.ts';
import { openCheckpoint, readSafetensorsHeader, readTensor, writeSafetensors } from './safetensors.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterAll(() => rm(dir, { recursive: true }));

let files = 0;
async function fileOf(header: unknown, data: Uint8Array | number[] = [], headerLength?: number): Promise<string> {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerLength ?? text.length));
  const path = join(dir, `${files++}.safetensors`);
  await writeFile(path, Buffer.concat([length, text, Uint8Array.from(data)]));
  return path;
}

describe('writing and reading', () => {
  test('any tensors come back bit for bit, with metadata and without leftovers', async () => {
    const tensor = fc.array(fc.nat(3), { maxLength: 3 }).chain((shape) => {
      const length = shape.reduce((product, n) => product * n, 1);
      return fc
        .array(fc.float({ noNaN: true }), { minLength: length, maxLength: length })
        .map((data) => ({ shape, data: Float32Array.from(data) }));
    });
    const path = join(dir, 'round-trip.safetensors');
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((n) => n !== '__metadata__' && n !== '__proto__'),
          tensor,
          { maxKeys: 5 },
        ),
        async (tensors) => {
          await writeSafetensors(path, new Map(Object.entries(tensors)), { format: 'pt' });
          const file = await readSafetensorsHeader(path);
          expect(file.metadata).toEqual({ format: 'pt' });
          expect([...file.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
          for (const [name, { shape, data }] of Object.entries(tensors)) {
            const location = file.tensors.get(name)!;
            expect(location.shape).toEqual(shape);
            expect(Buffer.from((await readTensor(location)).buffer)).toEqual(Buffer.from(data.buffer));
          }
        },
      ),
      { numRuns: 50 },
    );
    expect((await readdir(dir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await readFile(path)).readBigUInt64LE(0) % 8n).toBe(0n);
  });

  test('f16 and bf16 widen exactly', async () => {
    // 1, -2, 2^-24 (smallest subnormal), 65504 (largest), infinity | 1, -3.140625, 2^-126
    const data = new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x3f80, 0xc049, 0x0080]);
    const path = await fileOf(
      {
        half: { dtype: 'F16', shape: [5], data_offsets: [0, 10] },
        brain: { dtype: 'BF16', shape: [3], data_offsets: [10, 16] },
      },
      new Uint8Array(data.buffer),
    );
    const { tensors } = await readSafetensorsHeader(path);
    expect([...(await readTensor(tensors.get('half')!))]).toEqual([1, -2, 2 ** -24, 65504, Number.POSITIVE_INFINITY]);
    expect([...(await readTensor(tensors.get('brain')!))]).toEqual([1, -3.140625, 2 ** -126]);
  });
});

describe('damage is named', () => {
  const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype = 'F32') => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  });
  test.each([
    ['cut inside the header', () => fileOf('{}', [], 100), /ends inside its header/],
    ['a huge header', () => fileOf('{}', [], 2 ** 40), /header claims 1099511627776 bytes/],
    ['no JSON', () => fileOf('{"a":'), /not JSON/],
    ['a list', () => fileOf([]), /not a JSON object/],
    ['an unknown dtype', () => fileOf({ a: f32(0, 4, [1], 'F33') }, [0, 0, 0, 0]), /tensor a: dtype/],
    ['a negative size', () => fileOf({ a: f32(0, 4, [-1]) }, [0, 0, 0, 0]), /tensor a: shape\.0/],
    ['a wrong size', () => fileOf({ a: f32(0, 4, [2]) }, [0, 0, 0, 0]), /needs 8 bytes and has 4/],
    ['data cut short', () => fileOf({ a: f32(0, 8) }, [0, 0, 0, 0]), /cut short/],
    ['overlap', () => fileOf({ a: f32(0, 8), b: f32(4, 12) }, Array(12).fill(0)), /b overlaps a/],
    ['a hole', () => fileOf({ a: f32(0, 4), b: f32(8, 12) }, Array(12).fill(0)), /4 bytes between a and b/],
    ['a tail', () => fileOf({ a: f32(0, 4) }, Array(9).fill(0)), /5 bytes after its last tensor/],
  ])('%s', async (_, make, message) => {
    await expect(readSafetensorsHeader(await make())).rejects.toThrow(message);
  });

  test('an empty file', async () => {
    const path = join(dir, 'empty.safetensors');
    await writeFile(path, '');
    await expect(readSafetensorsHeader(path)).rejects.toThrow(/too few/);
  });

  test('integers are no weights', async () => {
    const { tensors } = await readSafetensorsHeader(await fileOf({ a: f32(0, 8, [1], 'I64') }, Array(8).fill(0)));
    await expect(readTensor(tensors.get('a')!)).rejects.toThrow(/I64/);
  });
});

describe('checkpoints', () => {
  const tensor = (value: number) => ({ shape: [2], data: Float32Array.of(value, value) });
  const index = (map: Record<string, string>) => JSON.stringify({ weight_map: map });

  test('shards are joined by their index, and what it promises must be there', async () => {
    const sharded = await mkdtemp(join(dir, 'sharded-'));
    await writeSafetensors(join(sharded, 'one.safetensors'), new Map([['a', tensor(1)]]));
    await writeSafetensors(join(sharded, 'two.safetensors'), new Map([['b', tensor(2)]]));
    const map = { a: 'one.safetensors', b: 'two.safetensors' };
    await writeFile(join(sharded, 'model.safetensors.index.json'), index(map));
    const { tensors } = await openCheckpoint(sharded);
    expect([...(await readTensor(tensors.get('b')!))]).toEqual([2, 2]);

    await writeFile(join(sharded, 'model.safetensors.index.json'), index({ ...map, c: 'two.safetensors' }));
    await expect(openCheckpoint(sharded)).rejects.toThrow(/promises the tensor c/);
    await writeFile(join(sharded, 'model.safetensors.index.json'), index({ ...map, c: '../two.safetensors' }));
    await expect(openCheckpoint(sharded)).rejects.toThrow(/leaves the directory/);
  });

  test('a directory without weights', async () => {
    await expect(openCheckpoint(await mkdtemp(join(dir, 'none-')))).rejects.toThrow(/holds neither/);
  });

  const reference = referenceData('golden', 'mha', 'base');
  test.skipIf(!reference)('the sharded reference checkpoint (skipped where the reference data is absent)', async () => {
    const { tensors, files: shards } = await openCheckpoint(reference!);
    expect(shards).toHaveLength(7);
    expect(tensors.get('lm_head.weight')?.shape).toEqual([512, 64]);
    const elements = [...tensors.values()].reduce((sum, t) => sum + t.shape.reduce((a, b) => a * b, 1), 0);
    expect(elements).toBe(166208);
  });
});
