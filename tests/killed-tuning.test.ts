// A tuning that is killed at random moments, or runs out of disk, ends with the bytes of one that was left alone.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KilledTuning } from './support/killed-tuning.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'killed-tuning-'));
});
afterAll(() => rm(dir, { recursive: true }));

it('SIGKILL at random moments: the adapter is the same to the last bit (20 kills: npm run kills -w tests)', async () => {
  const tuning = await KilledTuning.prepare(join(dir, 'killed'), { maxSteps: 18 });
  expect(await tuning.run('whole')).toMatchObject({ code: 0 });
  const { kills, last } = await tuning.runKilled('killed', 4, 1, 100);
  expect(kills).toHaveLength(4);
  expect(last).toMatchObject({ code: 0 });
  expect(await tuning.adapterFiles('killed')).toEqual(await tuning.adapterFiles('whole'));
});

it('a disk without room in the middle: clear words, the last whole checkpoint stays, and the tuning goes on from it', async () => {
  const options = ['--lora-rank', '1', '--lora-modules', 'q_proj'];
  const tuning = await KilledTuning.prepare(join(dir, 'full'), { maxSteps: 36, options });
  expect(await tuning.run('whole')).toMatchObject({ code: 0 });
  // The story of the run in state.json grows with every step, until one checkpoint exceeds the limit.
  const { code, stderr } = await tuning.run('full', { fileBlocks: 12 });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /error: The checkpoint of step [1-9]\d* could not be written to full\/checkpoints: the file would exceed .* Free space, .* goes on from the last whole checkpoint\./,
  );
  expect(stderr).not.toMatch(/\n\s+at /);
  const [folder, ...files] = await tuning.checkpoints('full');
  expect(files).toContain(`${folder}/DONE`);
  expect(files.filter((name) => !name.startsWith(`${folder}/`) || name.endsWith('.tmp'))).toEqual([]);

  const resumed = await tuning.run('full', { resume: true });
  expect(resumed).toMatchObject({ code: 0, stderr: expect.stringMatching(/Going on at step [1-9]/) });
  expect(await tuning.adapterFiles('full')).toEqual(await tuning.adapterFiles('whole'));
});
