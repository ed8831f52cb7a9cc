import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockState } from './state-lock.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'state-lock-'));
});
afterEach(() => rm(dir, { recursive: true }));

it('holds a directory for one process, and says which has it', async () => {
  const unlock = await lockState(dir);
  const refused = { code: 'CONFLICT', message: expect.stringContaining(`as process ${process.pid}`) };
  await expect(lockState(dir)).rejects.toMatchObject({ ...refused, fix: expect.stringContaining('--state') });
  await unlock();
  expect(await readdir(dir)).toEqual([]);
  await (await lockState(dir))();
});

it.each(['', '{"pid":', '{"pid":PID}'])('is taken over from one that is gone: %s', async (text) => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  await writeFile(join(dir, 'running.json'), text.replace('PID', String(pid)));
  const unlock = await lockState(dir);
  await expect(lockState(dir)).rejects.toMatchObject({ code: 'CONFLICT' });
  await unlock();
});
