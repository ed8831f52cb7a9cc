import { describe, expect, it } from 'vitest';
import type { Runtime } from '../graph/execution.ts';
import { chooseProvider } from '../runtime/choose-provider.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { chooseRuntime, proveRuntime, requireFloat16 } from './choose-runtime.ts';

describe('the choice of a provider', () => {
  it('takes the CPU where nothing faster is installed, and says why', async () => {
    const { runtime, reason, attempts } = await chooseRuntime('auto', { available: ['cpu'], threads: 1 });
    expect(runtime.provider).toBe('cpu');
    expect(attempts.map(({ provider }) => provider)).toEqual(['cuda', 'webgpu', 'cpu']);
    expect(reason).toBe('cpu reproduces the reference case; cuda: not installed; webgpu: not installed.');
  });

  it('passes over a provider that computes wrong numbers', async () => {
    const prove = async ({ provider }: Runtime) => {
      if (provider === 'cuda') throw new Error('wrong numbers: lossAbs 1.0e+0');
    };
    const { runtime, attempts } = await chooseProvider('auto', prove, { available: ['cuda', 'webgpu', 'cpu'] });
    expect(runtime.provider).toBe('webgpu');
    expect(attempts[0]).toEqual({ provider: 'cuda', refusal: 'wrong numbers: lossAbs 1.0e+0' });
  });

  it('refuses a provider that was asked for and is not there, with what to do', async () => {
    await expect(chooseRuntime('cuda', { available: ['cpu'] })).rejects.toThrow(/cuda: not installed.*CUDA 12/);
  });

  it('refuses float16 where it brings nothing, and with the reason where a device lacks it', async () => {
    const cpu = createRuntime('cpu', { threads: 1 });
    await expect(requireFloat16(cpu)).rejects.toThrow(/cpu provider computes no faster in f16.*Leave out --compute/);
    const run = async () => {
      throw new Error(
        "Non-zero status code returned while running Cast node. Name:'Cast_5' Status Message: shader_helper.cc:416 GenerateSourceCode Program Cast requires f16 but the device does not support it.",
      );
    };
    const lacking: Runtime = {
      ...{ provider: 'webgpu', extensions: [] },
      createSession: async () => ({ run, release: async () => {} }),
    };
    await expect(requireFloat16(lacking)).rejects.toThrow(
      'webgpu cannot compute in f16 here: Program Cast requires f16 but the device does not support it. Leave',
    );
    await expect(requireFloat16({ ...cpu, provider: 'cuda' })).resolves.toBeUndefined();
  });

  it('catches a runtime whose gradients are wrong', async () => {
    const cpu = createRuntime('cpu', { threads: 1 });
    const faulty: Runtime = {
      ...cpu,
      async createSession(graph, options) {
        const session = await cpu.createSession(graph, options);
        return {
          release: () => session.release(),
          async run(feeds) {
            const results = await session.run(feeds);
            for (const [name, { data }] of Object.entries(results)) {
              if (name.startsWith('gradient:') && data instanceof Float32Array) data[0] = data[0]! + 1;
            }
            return results;
          },
        };
      },
    };
    await expect(proveRuntime(faulty)).rejects.toThrow(/wrong numbers: gradientsMaxRel/);
  });
});
