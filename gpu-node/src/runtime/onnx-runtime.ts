// Sessions on ONNX Runtime, the only place that knows it.
import * as ort from 'onnxruntime-node';
import { turnOffTf32 } from '../config.ts';
import { encodeModel } from '../graph/encode.ts';
import type {
  FeedType,
  Provider,
  Runtime,
  Session,
  SessionOptions,
  Tensor,
  TensorDataTypes,
} from '../graph/execution.ts';
import type { Extension, Graph } from '../graph/graph.ts';

// Errors are thrown as well; a second copy on stderr helps nobody.
ort.env.logLevel = 'fatal';

export interface RuntimeOptions {
  /** Threads of the CPU provider; ONNX Runtime's own choice, the physical cores, when left out. */
  threads?: number;
  /**
   * Whether threads without work wait by running in a circle, which wakes them sooner on a machine that has nothing else to do. Beside
   * other processes it takes the cores from them, and from itself.
   */
  spin?: boolean;
}

const EXTENSIONS: Record<Provider, readonly Extension[]> = {
  cpu: ['FusedMatMul', 'NormFactor'],
  // The second output of its normalisation is wrong.
  webgpu: [],
  cuda: ['FusedMatMul', 'NormFactor', 'NormToFloat16', 'RotaryFloat16', 'SoftmaxFloat16', 'Int4Blocks'],
};

export function providerExtensions(provider: Provider): readonly Extension[] {
  return EXTENSIONS[provider];
}

/** Providers compiled into the installed ONNX Runtime; that one is listed does not mean that it runs here. */
export function installedProviders(): Provider[] {
  const names = new Set(ort.listSupportedBackends().map(({ name }) => name));
  return (Object.keys(EXTENSIONS) as Provider[]).filter((provider) => names.has(provider));
}

export function createRuntime(provider: Provider, { threads, spin = true }: RuntimeOptions = {}): Runtime {
  if (provider === 'cuda') turnOffTf32();
  return {
    provider,
    extensions: EXTENSIONS[provider],
    async createSession(graph: Graph, options: SessionOptions): Promise<Session> {
      const { bytes, externalFolder } = encodeModel(graph);
      const session = await ort.InferenceSession.create(bytes, {
        executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
        ...(threads ? { intraOpNumThreads: threads } : {}),
        graphOptimizationLevel: 'all',
        // Patterns are planned for one shape; with lengths that change they double the peak.
        enableMemPattern: false,
        enableCpuMemArena: true,
        logSeverityLevel: 4,
        extra: sessionEntries(provider, externalFolder, { ...options, spin }),
      });
      return wrap(session);
    },
  };
}

function sessionEntries(
  provider: Provider,
  folder: string | undefined,
  { foldConstantsUpToBytes, repackMatrices, spin }: SessionOptions & { spin: boolean },
) {
  return {
    session: {
      ...(spin ? {} : { intra_op: { allow_spinning: '0' } }),
      disable_prepacking: repackMatrices ? '0' : '1',
      // Weights then take what they need, where the arena would grow by powers of two around them.
      use_device_allocator_for_initializers: provider === 'cpu' ? '0' : '1',
      // Masked scores leave the CPU's softmax as subnormal numbers, on which it and all that follows are five times slower. Holds
      // for this thread too: JavaScript's numbers below 2.3e-308 count as zero here from the first session on.
      set_denormal_as_zero: provider === 'cpu' ? '1' : '0',
      ...(folder ? { model_external_initializers_file_folder_path: folder } : {}),
    },
    optimization: { constant_folding_max_output_size_in_bytes: String(foldConstantsUpToBytes) },
  };
}

function wrap(session: ort.InferenceSession): Session {
  return {
    async run(feeds, outputs = session.outputNames) {
      const tensors = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)]));
      const results = await session.run(tensors, outputs);
      return Object.fromEntries(outputs.map((name) => [name, fromOrt(results[name]!)]));
    },
    release: () => session.release(),
  };
}

function toOrt({ type, data, dims }: Tensor): ort.Tensor {
  return new ort.Tensor(type, data as never, dims);
}

function fromOrt(tensor: ort.Tensor): Tensor {
  return { type: tensor.type as FeedType, dims: tensor.dims, data: tensor.data as TensorDataTypes[FeedType] } as Tensor;
}
