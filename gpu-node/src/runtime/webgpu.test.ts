// WebGPU on the software adapter that comes with Debian's chromium: no GPU is needed, only patience.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFERENCE_DIR } from '../doctor/reference-case.ts';
import { referenceData } from '../reference-data.ts';
import { canLoad } from './choose-provider.ts';

const SOFTWARE_ADAPTER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const STEPS = 3;
const lacking = !existsSync(SOFTWARE_ADAPTER)
  ? `there is no ${SOFTWARE_ADAPTER}, which chromium brings`
  : canLoad('libvulkan.so.1')
    ? undefined
    : 'there is no libvulkan.so.1';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'webgpu-'));
});
afterAll(() => rm(home, { recursive: true }));

/** The adapter is chosen by the environment, once a process. */
async function node(...args: string[]): Promise<string> {
  const env = { ...process.env, VK_ICD_FILENAMES: SOFTWARE_ADAPTER, TALLREC_HOME: home };
  return (await promisify(execFile)(process.execPath, args, { env })).stdout;
}

/** The case with the first of its AdamW steps: each takes seconds here. */
async function shortened(dir: string): Promise<string> {
  const copy = await mkdtemp(join(home, 'case-'));
  for (const part of ['base', 'adapter']) await symlink(join(dir, part), join(copy, part));
  const expected = JSON.parse(await readFile(join(dir, 'expected.json'), 'utf8'));
  expected.adamw.losses.length = STEPS;
  await writeFile(join(copy, 'expected.json'), JSON.stringify(expected));
  return copy;
}

async function doctor(...options: string[]) {
  return JSON.parse(await node(MAIN, 'doctor', '--provider', 'webgpu', '--json', ...options));
}

const cases = [
  { name: 'the package’s case', dir: REFERENCE_DIR },
  { name: 'golden qwen3 (normalised queries and keys)', dir: referenceData('golden', 'qwen3') },
];

describe.skipIf(lacking)(`WebGPU equals PyTorch${lacking ? ` (skipped: ${lacking})` : ''}`, () => {
  for (const { name, dir } of cases) {
    it.skipIf(!dir)(`${name}${dir ? '' : ': the reference data is not at hand'}`, { timeout: 240_000 }, async () => {
      // The doctor fails by itself when a number lies outside its tolerance.
      const { provider, reference } = await doctor('--reference', await shortened(dir!));
      expect(provider).toBe('webgpu');
      expect(reference.gradientsMaxRel).toBeLessThan(1e-4);
    });
  }

  it('from weights of eight bits', { timeout: 240_000 }, async () => {
    const { precision, reference } = await doctor('--reference', await shortened(REFERENCE_DIR), '--weights', 'int8');
    expect(precision).toBe('f32 from int8 weights');
    expect(reference.logitsMaxAbs).toBeGreaterThan(1e-3);
  });

  it('not in float16, which this adapter lacks: it is refused with the reason', { timeout: 240_000 }, async () => {
    const program = `
      const { planCompute } = await import(${JSON.stringify(new URL('../doctor/compute-plan.ts', import.meta.url))});
      await planCompute({ provider: 'webgpu', compute: 'f16' }, { home: ${JSON.stringify(home)} });`;
    await expect(node('--input-type=module', '--eval', program)).rejects.toThrow(
      /webgpu: Program \w+ requires f16 but the device does not support it\. Leave out --compute f16/,
    );
  });
});

describe.skipIf(process.platform !== 'linux')('a library', () => {
  it('is known to be there or not', () => {
    expect(canLoad('libc.so.6')).toBe(true);
    expect(canLoad('libnothing-of-this-name.so.1')).toBe(false);
  });
});
