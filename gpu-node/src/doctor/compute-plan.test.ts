import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Provider, Runtime, Session } from '../graph/execution.ts';
import type { Graph } from '../graph/graph.ts';
import { hasGpuDevice } from '../runtime/choose-provider.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { type ComputePlanOptions, type ComputeRequest, planCompute } from './compute-plan.ts';
import { parseMebibytes } from './memory-limit.ts';

const cpu = createRuntime('cpu', { threads: 1 });

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'compute-plan-'));
});
afterAll(() => rm(home, { recursive: true }));

const plan = (request: Partial<ComputeRequest>, options: Partial<ComputePlanOptions> = {}) =>
  planCompute({ provider: 'auto', ...request }, { home, available: ['cpu'], threads: 1, ...options });

function usesFloat16(graph: Graph): boolean {
  return graph.nodes.some(
    ({ outputs, attributes }) =>
      outputs.some((name) => graph.value(name).type === 'float16') ||
      Object.values(attributes).some(({ kind, value }) => kind === 'graph' && usesFloat16(value)),
  );
}

/** The CPU under another name, or with what its sessions do replaced. */
const asProvider = (
  provider: Provider,
  run?: (session: Session, type: 'float16' | 'float32') => Session['run'],
): Runtime => ({
  ...{ provider, extensions: cpu.extensions },
  async createSession(graph, options) {
    const session = await cpu.createSession(graph, options);
    const type = usesFloat16(graph) ? 'float16' : 'float32';
    return run ? { ...session, run: run(session, type) } : session;
  },
});

const wrongGradients = (session: Session): Session['run'] => {
  return async (feeds, outputs) => {
    const results = await session.run(feeds, outputs);
    for (const [name, { data }] of Object.entries(results)) {
      if (name.includes('gradient:') && data instanceof Float32Array) data[0] = data[0]! + 1;
    }
    return results;
  };
};

describe('what is computed with', () => {
  it('is the CPU in float32 where nothing faster is installed, proven and with the reason', async () => {
    const { runtime, reason, attempts, compute, weights, precision, proof } = await plan({});
    expect(runtime.provider).toBe('cpu');
    expect(attempts.map(({ provider }) => provider)).toEqual(['cuda', 'webgpu', 'cpu']);
    expect(reason).toBe('cpu reproduces the reference case; cuda: not installed; webgpu: not installed.');
    expect({ compute, weights, precision }).toEqual({ compute: 'f32', weights: undefined, precision: 'f32' });
    expect(proof.errors.logitsMaxAbs).toBeLessThan(proof.tolerances.logitsMaxAbs);
    expect(proof.tolerances.logitsMaxAbs).toBe(1e-4);
  });

  it('is proven in the weights that will run', async () => {
    const { precision, proof } = await plan({ weights: 'int4' });
    expect(precision).toBe('f32 from int4 weights');
    expect(proof.errors.logitsMaxAbs).toBeGreaterThan(1e-2);
  });

  it('is no provider that computes wrong numbers', async () => {
    const makeRuntime = (provider: Provider) => asProvider(provider, provider === 'cuda' ? wrongGradients : undefined);
    const { runtime, attempts } = await plan({}, { available: ['cuda', 'cpu'], makeRuntime });
    expect(runtime.provider).toBe('cpu');
    expect(attempts[0]).toEqual({
      provider: 'cuda',
      refusal: expect.stringMatching(/^wrong numbers: gradientsMaxRel/),
    });
  });

  it('is no GPU that is emulated, as its steps show, but where that was asked for', async () => {
    let now = 0;
    const slow = (session: Session): Session['run'] => {
      return (feeds, outputs) => {
        now += 2000;
        return session.run(feeds, outputs);
      };
    };
    const options = {
      available: ['webgpu', 'cpu'] as const,
      makeRuntime: (provider: Provider) => asProvider(provider, provider === 'webgpu' ? slow : undefined),
      clock: () => now,
    };
    const { runtime, attempts } = await plan({}, options);
    expect(runtime.provider).toBe('cpu');
    expect(attempts[1]).toEqual({
      provider: 'webgpu',
      refusal: expect.stringMatching(/^a step of the reference case takes \d+\.\d s, as on a GPU that is emulated$/),
    });
    expect((await plan({ provider: 'webgpu' }, options)).runtime.provider).toBe('webgpu');
  });

  it('is looked for on a GPU where Linux has one', () => {
    const dri = () => ['by-path', 'card0', 'renderD128'];
    expect(hasGpuDevice(['null', 'dri'], dri)).toBe(true);
    expect(hasGpuDevice(['null', 'dri'], () => ['card0'])).toBe(false);
    for (const device of ['nvidia0', 'dxg', 'mali0']) expect(hasGpuDevice(['null', device], dri)).toBe(true);
    expect(hasGpuDevice(['null', 'nvidia-uvm-tools'], dri)).toBe(false);
  });

  it('is float16 on CUDA once that is proven, else float32 with the reason', async () => {
    const options = { available: ['cuda'] as const, makeRuntime: (provider: Provider) => asProvider(provider) };
    expect(await plan({}, options)).toMatchObject({ compute: 'f16', weights: 'f16', precision: 'f16' });

    const lacking = (session: Session, type: string): Session['run'] =>
      type === 'float16'
        ? () => Promise.reject(new Error('Cast requires f16 but the device does not support it.'))
        : session.run;
    const makeRuntime = (provider: Provider) => asProvider(provider, lacking);
    const { compute, weights, reason } = await plan({}, { ...options, makeRuntime });
    expect({ compute, weights }).toEqual({ compute: 'f32', weights: undefined });
    expect(reason).toMatch(/f16 was refused: Cast requires f16 but the device does not support it\.\)$/);
    await expect(plan({ compute: 'f16' }, { ...options, makeRuntime })).rejects.toThrow(/cuda: Cast requires f16/);
  });

  it('is refused where it was asked for and cannot be had, with what to do', async () => {
    await expect(plan({ provider: 'cuda' })).rejects.toThrow(/cuda: not installed.*CUDA 12/);
    await expect(plan({ provider: 'cpu', compute: 'f16' })).rejects.toThrow(/no faster in f16.*Leave out --compute/);
  });

  it('keeps to the memory that was named, else to what there is', async () => {
    expect((await plan({ memoryBytes: 5e9 })).memoryBytes).toBe(5e9);
    expect((await plan({})).memoryBytes).toBeGreaterThan(1e8);
    expect(parseMebibytes('24576\n24576\n')).toBe(24 * 2 ** 30);
    expect(parseMebibytes('[N/A]')).toBeUndefined();
  });
});
