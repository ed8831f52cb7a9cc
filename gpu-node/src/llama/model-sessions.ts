// What a model's graphs run in. On the CPU each has a session, made when it is first needed and no wider than it is needed, for all of
// them map the same file. A device copies the weights into every session: there one session holds all graphs.

import { createBranches } from '../graph/branches.ts';
import type { Runtime, Session, SessionOptions, Tensor } from '../graph/execution.ts';
import type { Graph } from '../graph/graph.ts';
import { type GraphOptions, gradientGraph, hiddenGraph, logitsGraph, lossGraph } from './graphs.ts';
import { loraTensorName, moduleShape } from './linear-modules.ts';
import { LINEAR_MODULES, type LinearModule } from './lora.ts';
import { DROP_THRESHOLD, DROPOUT_KEYS, LORA_SCALE } from './lora-inputs.ts';
import type { LlamaWeights } from './weights.ts';

const GRAPHS = {
  hidden: hiddenGraph,
  logits: logitsGraph,
  loss: lossGraph,
  gradients: gradientGraph,
} satisfies Record<string, (weights: LlamaWeights, options: GraphOptions & GradientOptions) => Graph>;
export type GraphKind = keyof typeof GRAPHS;
type GradientOptions = { checkpointing: boolean; dropout: boolean };

/** What a run takes of its graph, which may be able to do more. */
export interface GraphNeeds extends Pick<GraphOptions, 'modules' | 'sharesPrefix'> {
  dropout: boolean;
}

type Feeds = Record<string, Tensor>;

export interface ModelSessions {
  run(kind: GraphKind, needs: GraphNeeds, feeds: Feeds): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

interface SessionsOptions {
  checkpointing: boolean;
}

export function modelSessions(weights: LlamaWeights, runtime: Runtime, options: SessionsOptions): ModelSessions {
  const graph = (kind: GraphKind, needs: GraphNeeds) =>
    GRAPHS[kind](weights, { extensions: runtime.extensions, ...options, ...needs });
  return runtime.provider === 'cpu'
    ? new SeparateSessions(weights, runtime, graph)
    : new ResidentSession(weights, runtime, graph);
}

type MakeGraph = (kind: GraphKind, needs: GraphNeeds) => Graph;

/** Enough for angles and masks, too little for a matrix that is to stay as it is stored. */
const SMALL_CONSTANT_BYTES = 1 << 20;

class SeparateSessions implements ModelSessions {
  readonly #widened: boolean;
  readonly #runtime: Runtime;
  readonly #graph: MakeGraph;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor({ widened }: LlamaWeights, runtime: Runtime, graph: MakeGraph) {
    this.#widened = widened;
    this.#runtime = runtime;
    this.#graph = graph;
  }

  async run(kind: GraphKind, needs: GraphNeeds, feeds: Feeds) {
    return (await this.#session(kind, needs)).run(feeds);
  }

  async close(): Promise<void> {
    const sessions = await Promise.allSettled(this.#sessions.values());
    this.#sessions.clear();
    for (const session of sessions) if (session.status === 'fulfilled') await session.value.release();
  }

  #session(kind: GraphKind, needs: GraphNeeds): Promise<Session> {
    const key = JSON.stringify([kind, needs]);
    let session = this.#sessions.get(key);
    if (!session) {
      const options: SessionOptions = {
        foldConstantsUpToBytes: this.#widened ? Number.MAX_SAFE_INTEGER : SMALL_CONSTANT_BYTES,
        // Widened matrices are copies anyway; gradients would need a second one in another order, for 6 % of the time.
        repackMatrices: this.#widened && kind !== 'gradients',
      };
      session = this.#runtime.createSession(this.#graph(kind, needs), options);
      session.catch(() => this.#sessions.delete(key));
      this.#sessions.set(key, session);
    }
    return session;
  }
}

/** Graphs of the whole model but its head. */
const isBody = (kind: GraphKind): kind is 'hidden' | 'gradients' => kind === 'hidden' || kind === 'gradients';
type BranchName = GraphKind | `${'hidden' | 'gradients'} after prefix`;

const HEADS = ['logits', 'loss'] as const;
/** What a session is given together, as one is rarely used without the others: training is judged by scores. */
const BRANCHES: Record<BranchName, readonly BranchName[]> = {
  logits: HEADS,
  loss: HEADS,
  hidden: ['hidden', ...HEADS],
  'hidden after prefix': ['hidden after prefix', ...HEADS],
  gradients: ['gradients', 'hidden', ...HEADS],
  'gradients after prefix': ['gradients after prefix', 'hidden after prefix', ...HEADS],
};
const branchNames = (branches: Partial<Record<BranchName, unknown>>) => Object.keys(branches) as BranchName[];

/** What adapters change unless they say otherwise: a session that is ready for them need not be made again. */
const USUAL_MODULES: readonly LinearModule[] = ['q_proj', 'v_proj'];

/**
 * Able to do all that was ever needed of it, and made again when more is: each large graph in it makes it slower to make, by seconds for
 * a large model. What a run does not need of its graph is fed so that it changes nothing; but an empty prefix is a branch of its own, as
 * some of CUDA's kernels divide by the sizes of what they are given.
 */
class ResidentSession implements ModelSessions {
  readonly #weights: LlamaWeights;
  readonly #runtime: Runtime;
  readonly #graph: MakeGraph;
  #modules: readonly LinearModule[] = USUAL_MODULES;
  #branches: Partial<Record<BranchName, Session>> = {};
  /** Ends when nothing runs or is being made. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor(weights: LlamaWeights, runtime: Runtime, graph: MakeGraph) {
    this.#weights = weights;
    this.#runtime = runtime;
    this.#graph = graph;
  }

  run(kind: GraphKind, needs: GraphNeeds, feeds: Feeds) {
    return this.#inTurn(async () => {
      const branch: BranchName = needs.sharesPrefix && isBody(kind) ? `${kind} after prefix` : kind;
      const session = await this.#session(branch, needs.modules);
      return session.run({ ...this.#neutralFeeds(kind, needs, feeds), ...feeds });
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#release());
  }

  /** Two sessions would hold the weights twice: a more able one is made when the other is gone. */
  async #session(name: BranchName, modules: readonly LinearModule[]): Promise<Session> {
    const known = this.#branches[name];
    if (known && modules.every((module) => this.#modules.includes(module))) return known;
    const names = new Set([...branchNames(this.#branches), ...BRANCHES[name]]);
    await this.#release();
    this.#modules = LINEAR_MODULES.filter((module) => modules.includes(module) || this.#modules.includes(module));
    const graphs = Object.fromEntries([...names].map((branch) => [branch, this.#graphOf(branch)]));
    this.#branches = await createBranches(this.#runtime, graphs, {
      foldConstantsUpToBytes: SMALL_CONSTANT_BYTES,
      repackMatrices: false,
    });
    return this.#branches[name]!;
  }

  #graphOf(name: BranchName): Graph {
    const [kind, ...afterPrefix] = name.split(' ') as [GraphKind, ...string[]];
    return this.#graph(kind, { modules: this.#modules, sharesPrefix: afterPrefix.length > 0, dropout: true });
  }

  async #release(): Promise<void> {
    const [any] = Object.values(this.#branches);
    this.#branches = {};
    await any?.release();
  }

  /** Adapters of zeros, nothing dropped. */
  #neutralFeeds(kind: GraphKind, { modules }: GraphNeeds, feeds: Feeds): Feeds {
    if (!isBody(kind)) return {};
    const { config } = this.#weights;
    const neutral: Feeds = { [LORA_SCALE]: { type: 'float32', dims: [], data: Float32Array.of(0) } };
    if (kind === 'gradients') {
      const [tokens] = feeds.position_ids!.dims as [number];
      neutral[DROPOUT_KEYS] = { type: 'int32', dims: [tokens], data: new Int32Array(tokens) };
      neutral[DROP_THRESHOLD] = { type: 'int32', dims: [], data: Int32Array.of(-(2 ** 31)) };
    }
    const given = modules[0] && feeds[loraTensorName(0, modules[0], 'A')];
    const rank = given?.dims[0] ?? 1;
    for (const module of this.#modules.filter((name) => !modules.includes(name))) {
      const [outSize, inSize] = moduleShape(config, module);
      const a: Tensor = { type: 'float32', dims: [rank, inSize], data: new Float32Array(rank * inSize) };
      const b: Tensor = { type: 'float32', dims: [outSize, rank], data: new Float32Array(outSize * rank) };
      for (let layer = 0; layer < config.layers; layer++) {
        neutral[loraTensorName(layer, module, 'A')] = a;
        neutral[loraTensorName(layer, module, 'B')] = b;
      }
    }
    return neutral;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#idle.then(work);
    this.#idle = turn.catch(() => {});
    return turn;
  }
}
