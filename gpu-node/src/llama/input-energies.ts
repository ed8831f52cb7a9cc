// How large each channel is of what goes into a model's matrices: a few of a LLaMA's are far larger than the rest, whatever it reads.
import { Random } from '@tallrec/shared/random';
import { Tape } from '../autodiff/tape.ts';
import type { Runtime } from '../graph/execution.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { Mul, ReduceMean } from '../graph/operators.ts';
import type { LlamaConfig } from './config.ts';
import { hiddenStates, tokenInputs } from './forward.ts';
import { LoraInputs } from './lora-inputs.ts';
import { int64, padRows } from './micro-batch.ts';
import { isRowTable, LlamaWeights, type WeightTensors } from './weights.ts';

const ROWS = 4;
const ROW_TOKENS = 64;

const outputName = (matrix: string) => `energy:${matrix}`;

/**
 * The mean square of each input channel of each matrix [out, in] in one forward pass over seeded random tokens, by the matrix's
 * name, float32 [in].
 */
export async function measureInputEnergies(
  config: LlamaConfig,
  tensors: WeightTensors,
  runtime: Runtime,
): Promise<Map<string, Float32Array>> {
  const graph = new Graph(runtime.extensions);
  const energies = new Map<string, Value>();
  const measured: WeightTensors = {
    widened: tensors.widened,
    linear(tape, name, x) {
      if (!isRowTable(name)) energies.set(name, ReduceMean(Mul(x, x), [0], { keepdims: false }));
      return tensors.linear(tape, name, x);
    },
    rows: (...call) => tensors.rows(...call),
    vector: (...call) => tensors.vector(...call),
  };
  const inputs = tokenInputs(graph, { sharesPrefix: false });
  const weights = new LlamaWeights(config, measured);
  graph.output('hidden', hiddenStates(new Tape(), weights, new LoraInputs(graph, config, []), inputs));
  for (const [name, energy] of energies) graph.output(outputName(name), energy);

  const random = Random.seeded(0);
  const length = Math.min(ROW_TOKENS, config.maxPositionEmbeddings);
  const rows = Array.from({ length: ROWS }, () =>
    Array.from({ length }, () => random.integer(0, config.vocabSize - 1)),
  );
  const positions = int64(Array.from({ length: ROWS * length }, (_, position) => position));
  const session = await runtime.createSession(graph, { foldConstantsUpToBytes: 0, repackMatrices: false });
  try {
    const results = await session.run({ ...padRows(rows, config, { sharePrefix: false }).feeds, positions });
    return new Map([...energies.keys()].map((name) => [name, results[outputName(name)]!.data as Float32Array]));
  } finally {
    await session.release();
  }
}
