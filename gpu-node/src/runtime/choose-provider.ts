// Chooses what to compute on: a provider is trusted when it has reproduced known numbers on this very machine.
import { readdirSync } from 'node:fs';
import { TallrecError } from '@tallrec/shared/errors';
import type { Provider, Runtime } from '../graph/execution.ts';
import { createRuntime, installedProviders, type RuntimeOptions } from './onnx-runtime.ts';

export type ProviderRequest = Provider | 'auto';

export interface ProviderAttempt {
  provider: Provider;
  /** Why it was not taken; undefined for the one that was. */
  refusal: string | undefined;
}

export interface ProviderChoice {
  runtime: Runtime;
  /** In the order tried; the last is the one taken. */
  attempts: ProviderAttempt[];
  /** One sentence for logs and health reports. */
  reason: string;
}

/** Runs a real forward and backward pass on the runtime and compares; throws when it fails or differs. */
export type Proof = (runtime: Runtime) => Promise<void>;

export interface ChoiceOptions extends RuntimeOptions {
  /** Replaces what ONNX Runtime offers here; for tests. */
  available?: readonly Provider[];
  /** What to do where none can be used, in place of how to get the provider. */
  fix?: string | undefined;
  /** Replaces ONNX Runtime; for tests. */
  makeRuntime?: typeof createRuntime;
}

const FASTEST_FIRST: readonly Provider[] = ['cuda', 'webgpu', 'cpu'];

const HOW_TO_GET: Record<Provider, string> = {
  cuda: 'Install CUDA 12 and cuDNN 9, run "node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12", or use --provider auto.',
  webgpu:
    'Install a Vulkan driver (Debian, Ubuntu: "apt-get install libvulkan1" and that of the GPU), or use --provider auto.',
  cpu: 'Reinstall onnxruntime-node.',
};

/**
 * The provider asked for, or for `auto` the fastest one that passes the proof.
 * @throws TallrecError when it is not installed, cannot start or fails the proof
 */
export async function chooseProvider(
  request: ProviderRequest,
  prove: Proof,
  { available, fix, makeRuntime = createRuntime, ...options }: ChoiceOptions = {},
): Promise<ProviderChoice> {
  const attempts: ProviderAttempt[] = [];
  for (const provider of request === 'auto' ? FASTEST_FIRST : [request]) {
    const runtime = makeRuntime(provider, options);
    const refusal = obstacle(provider, request, available) ?? (await refusalOf(prove, runtime));
    attempts.push({ provider, refusal });
    if (refusal === undefined) return { runtime, attempts, reason: explain(request, attempts) };
  }
  const missing = attempts.every(({ refusal }) => refusal === NOT_INSTALLED);
  throw new TallrecError('ENGINE_FAILED', `No provider can be used: ${describeRefusals(attempts)}.`, {
    fix: (!missing && fix) || HOW_TO_GET[request === 'auto' ? 'cpu' : request],
  });
}

const NOT_INSTALLED = 'not installed';

/** Why there is no use in trying. */
function obstacle(
  provider: Provider,
  request: ProviderRequest,
  available: readonly Provider[] | undefined,
): string | undefined {
  if (!(available ?? installedProviders()).includes(provider)) return NOT_INSTALLED;
  if (provider !== 'webgpu' || available || process.platform !== 'linux') return undefined;
  // Asked for without the loader, or for what no driver finds, it prints warnings of its own.
  if (!canLoad('libvulkan.so.1')) {
    return 'no Vulkan loader, libvulkan.so.1 (Debian, Ubuntu: "apt-get install libvulkan1")';
  }
  if (request === 'auto' && !hasGpuDevice(readdirSync('/dev'), () => readdirSync('/dev/dri'))) {
    return 'no GPU among the devices (/dev/dri/renderD*, /dev/nvidia0, /dev/dxg); one that is emulated is taken where it is asked for, with --provider webgpu';
  }
  return undefined;
}

/**
 * Whether Linux has a device that Vulkan could draw on: a render node, NVIDIA's own, Windows' own under WSL, or those of telephones' chips.
 * @param devices names in `/dev`
 */
export function hasGpuDevice(devices: readonly string[], dri: () => readonly string[]): boolean {
  if (devices.some((name) => /^(nvidia\d+|dxg|mali\d+|kgsl-3d\d+)$/.test(name))) return true;
  return devices.includes('dri') && dri().some((name) => name.startsWith('renderD'));
}

/** Whether the system finds a library; loading one that is no module of Node's fails later, and with other words. */
export function canLoad(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library);
  } catch (error) {
    return !String(error).includes('cannot open shared object file');
  }
  return true;
}

async function refusalOf(prove: Proof, runtime: Runtime): Promise<string | undefined> {
  try {
    await prove(runtime);
    return undefined;
  } catch (error) {
    return failureReason(error);
  }
}

/** ONNX Runtime puts its source file and the failed condition, or the node and the function, in front of what it has to say. */
export function failureReason(error: unknown): string {
  const line = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
  return line
    .replace(/^.* was false\. /, '')
    .replace(/^.* Status Message: (\S+\.cc:\d+ \S+ )?/, '')
    .replace(/\.$/, '');
}

function explain(request: ProviderRequest, attempts: readonly ProviderAttempt[]): string {
  const taken = attempts.at(-1)!.provider;
  const refused = attempts.slice(0, -1);
  const proof = `${taken} reproduces the reference case`;
  if (request !== 'auto') return `${proof}, as asked for.`;
  return refused.length === 0 ? `${proof} and is the fastest.` : `${proof}; ${describeRefusals(refused)}.`;
}

function describeRefusals(attempts: readonly ProviderAttempt[]): string {
  return attempts.map(({ provider, refusal }) => `${provider}: ${refusal}`).join('; ');
}
