import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkpointFiles,
  installCheckpoint,
  localCheckpoint,
  writeCheckpointFolder,
  writeState,
} from './checkpoint-folder.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'checkpoint-folder-'));
});
afterEach(() => rm(dir, { recursive: true }));

const write = (step: number, text = `step ${step}`) =>
  writeCheckpointFolder(
    dir,
    async (folder) => {
      await writeFile(join(folder, 'weights.bin'), text);
      await writeState(folder, { step, identity: {} });
    },
    `The checkpoint of step ${step}`,
  );

/** Files as they are when they have just been downloaded. */
async function downloaded(step: number, names = ['state.json', 'weights.bin']) {
  const from = await mkdtemp(join(dir, 'downloaded-'));
  await writeState(from, { step, identity: {} });
  await writeFile(join(from, 'weights.bin'), `from elsewhere, step ${step}`);
  return names.map((file) => ({ file, from: join(from, file) }));
}

describe('checkpoints of a folder', () => {
  it('are there when they are whole, the newest alone', async () => {
    expect(await localCheckpoint(dir)).toBeUndefined();
    expect(await localCheckpoint(join(dir, 'nowhere'))).toBeUndefined();
    await write(3);
    const path = await write(10);
    expect(await localCheckpoint(dir)).toEqual({ step: 10, dir: path });
    expect(await checkpointFiles(path)).toEqual(['state.json', 'weights.bin']);
    expect(await readdir(dir)).toEqual(['00000002']);
  });

  it('without their marker, or with a state that cannot be read, do not count', async () => {
    const path = await write(3);
    const unfinished = join(dir, '00000009');
    await mkdir(unfinished);
    await writeState(unfinished, { step: 9, identity: {} });
    expect(await localCheckpoint(dir)).toEqual({ step: 3, dir: path });
    await writeFile(join(path, 'state.json'), '{"step": "many"}');
    expect(await localCheckpoint(dir)).toBeUndefined();
  });

  it('that could not be written leave the one before', async () => {
    await write(3);
    const failing = writeCheckpointFolder(
      dir,
      async () => {
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      },
      'The checkpoint of step 4',
    );
    await expect(failing).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: /step 4 .* the disk is full/ });
    expect(await localCheckpoint(dir)).toMatchObject({ step: 3 });
    expect(await readdir(dir)).toEqual(['00000001']);
  });
});

describe('a checkpoint from elsewhere', () => {
  it('becomes the newest, in place of an own one', async () => {
    await write(3);
    await installCheckpoint(dir, 40, await downloaded(40));
    const found = await localCheckpoint(dir);
    expect(found?.step).toBe(40);
    expect(await readFile(join(found!.dir, 'weights.bin'), 'utf8')).toBe('from elsewhere, step 40');
    expect(await readdir(found!.dir)).toEqual(['DONE', 'state.json', 'weights.bin']);
    await write(41);
    expect(await localCheckpoint(dir)).toMatchObject({ step: 41 });
  });

  it.each([
    ['../../outside', /a file of the name "..\/..\/outside"/],
    ['sub/state.json', /a file of the name/],
    ['DONE', /a file of the name "DONE"/],
    ['.hidden', /a file of the name/],
    ['state.json', /two files of one name/],
  ])('with a file %s is refused and changes nothing', async (file, words) => {
    const path = await write(3);
    const files = await downloaded(4);
    const install = installCheckpoint(dir, 4, [...files, { file, from: files[1]!.from }]);
    await expect(install).rejects.toMatchObject({ code: 'VALIDATION_FAILED', message: words });
    expect(await localCheckpoint(dir)).toEqual({ step: 3, dir: path });
  });

  it('without a state, of another step, or with a file that is not there is refused and changes nothing', async () => {
    const path = await write(3);
    const install = async (step: number, files: Awaited<ReturnType<typeof downloaded>>) =>
      installCheckpoint(dir, step, files);
    await expect(install(4, await downloaded(4, ['weights.bin']))).rejects.toThrow(/has no state\.json/);
    await expect(install(4, await downloaded(5))).rejects.toThrow(/does not tell this step/);
    await expect(install(4, await downloaded(4, ['state.json', 'absent.bin']))).rejects.toThrow(/no such file/);
    expect(await localCheckpoint(dir)).toEqual({ step: 3, dir: path });
  });
});
