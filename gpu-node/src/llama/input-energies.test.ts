// Energies of what goes into each matrix, and the channels that are chosen by them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { measureInputEnergies } from './input-energies.ts';
import { largestChannels, secondTermChannels } from './int8-matrix.ts';
import { openCheckpoint } from './safetensors.ts';
import { seededConfig, writeSeededCheckpoint } from './seeded-checkpoint.ts';
import { StoredTensors } from './stored-tensors.ts';
import { isRowTable, weightShapes } from './weights.ts';

let folder: string;
let dir: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'input-energies-'));
  dir = join(folder, 'f32');
  await writeSeededCheckpoint(dir, 'F32', 'F32');
});
afterAll(() => rm(folder, { recursive: true }));

it('has a mean square for each input channel of each matrix, the same for matrices that take in the same', async () => {
  const tensors = new StoredTensors(seededConfig, await openCheckpoint(dir), 0);
  const measure = () => measureInputEnergies(seededConfig, tensors, createRuntime('cpu', { threads: 1 }));
  const energies = await measure();
  const matrices = [...weightShapes(seededConfig)].filter(([name, shape]) => shape.length === 2 && !isRowTable(name));
  expect([...energies.keys()].sort()).toEqual(matrices.map(([name]) => name).sort());
  for (const [name, [, inSize]] of matrices) {
    const energy = energies.get(name)!;
    expect(energy).toHaveLength(inSize!);
    expect(energy.every((value) => value > 0 && Number.isFinite(value))).toBe(true);
  }
  const inFirst = (module: string) => energies.get(`model.layers.0.${module}.weight`);
  expect(inFirst('self_attn.k_proj')).toEqual(inFirst('self_attn.q_proj'));
  expect(inFirst('mlp.up_proj')).toEqual(inFirst('mlp.gate_proj'));
  expect(inFirst('mlp.gate_proj')).not.toEqual(inFirst('self_attn.q_proj'));
  expect(await measure()).toEqual(energies);
});

it('gives the second term to the largest sixteenth, in order', () => {
  const energy = Float32Array.from({ length: 40 }, (_, channel) => (channel % 7 === 3 ? 100 - channel : 1));
  expect(secondTermChannels(40)).toBe(3);
  expect([...largestChannels(energy)]).toEqual([3, 10, 17]);
});
