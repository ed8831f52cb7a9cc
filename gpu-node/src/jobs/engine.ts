// What an engine process does with its calls: one model at a time in memory, its adapters beside it.
import { blendSchema } from '@tallrec/shared/blend';
import { TallrecError } from '@tallrec/shared/errors';
import { writeFileAtomically } from '../atomic-file.ts';
import { config } from '../config.ts';
import type { ComputePlan, Computing } from '../doctor/compute-plan.ts';
import { type Evaluation, evaluateSamples } from '../evaluate/evaluate.ts';
import { promptRowsOf } from '../llama/prompt-rows.ts';
import { precisionOf } from '../models/converted-weights.ts';
import { loadModel } from '../models/load-model.ts';
import { modelCatalogue } from '../models/own-training.ts';
import { rankingOf, samplesOf, withBlend } from '../score/scorer.ts';
import { localCheckpoint } from '../train/checkpoint-folder.ts';
import { SpeedMeter } from '../train/speed-meter.ts';
import { trySpeed } from '../train/speed-trial.ts';
import { SpeedStore, workOf } from '../train/speeds.ts';
import { nothingTrained, tune } from '../train/tune.ts';
import { writeTuned } from '../train/tuned-files.ts';
import { checkpointShape, fitCheckpoint, keptToPlan, planCheckpoint, planNotes } from '../train/tuning-plan.ts';
import type { ParsedParams } from './engine-calls.ts';
import type { CallContext, Engine } from './engine-serve.ts';
import type { MethodEvaluation, MethodEvaluationParams } from './evaluate-method.ts';
import { followTuning } from './follow-tuning.ts';
import { goldenScores, trialScores } from './golden-scores.ts';
import { dataIdentity, labelledSamples, tuningData } from './job-data.ts';
import { LoadedBlends } from './loaded-blends.ts';
import { LoadedModels } from './loaded-models.ts';
import { phaseProgress } from './phase-progress.ts';
import { ScoringQueue } from './scoring-queue.ts';
import { Turns } from './turns.ts';

type EvaluateBy<R, P = ParsedParams<'evaluate'>> = (params: P, context: CallContext) => Promise<R>;

/** As decided for all engines of a node; what is left out is as stored, in float32, and without a limit. */
export type OpenComputing = () => Promise<Pick<ComputePlan, 'runtime' | 'reason'> & Partial<Computing>>;

/** The recipe's cut-off, which adapters are tuned with. */
const CUTOFF_TOKENS = 512;

export interface EngineOptions {
  /** Where converted weights are kept. */
  home?: string;
  /** Between two checkpoints of an evaluation at least; a few seconds when left out. */
  checkpointEveryMs?: number | undefined;
  /** Milliseconds that only grow. */
  clock?: () => number;
  nowMs?: () => number;
}

const namesOf = ({ runtime, precision }: Computing) => ({ provider: runtime.provider, precision });

export function createEngine(openComputing: OpenComputing, options: EngineOptions = {}): Engine {
  const { home = config().home, checkpointEveryMs, clock = () => performance.now(), nowMs = Date.now } = options;
  const speeds = new SpeedStore(home);
  const computing = async (): Promise<Computing> => {
    const {
      runtime,
      weights,
      compute = 'f32',
      memoryBytes,
      precision = precisionOf(weights, compute),
    } = await openComputing();
    return { runtime, weights, compute, memoryBytes, precision };
  };
  const models = new LoadedModels(async (place, { checkpointing }) => {
    const decided = await computing();
    return { model: await loadModel(place, decided, { home, checkpointing }), precision: decided.precision };
  });
  const blends = new LoadedBlends();
  const turns = new Turns();
  const queue = new ScoringQueue({ models, turns, cutoffTokens: CUTOFF_TOKENS });

  const inTurn =
    <P, R>(work: (params: P, context: CallContext) => Promise<R>) =>
    (params: P, context: CallContext) =>
      turns.take(() => work(params, context));

  const evaluateModel: EvaluateBy<Evaluation> = async (params, { signal, stop, event, checkpoint }) => {
    const { model: place, template, adapter, facts, data, train, limit, untuned, checkpointDir } = params;
    if (!place) throw new TallrecError('VALIDATION_FAILED', 'This evaluation names neither a model nor a method.');
    const { runtime, precision } = await computing();
    const { provider } = runtime;
    const loaded = await models.open(place);
    const samples = (await labelledSamples(data)).slice(0, limit ?? undefined);
    const identity = {
      model: place.contentHash,
      adapter: adapter?.id ?? 'none',
      template,
      data: await dataIdentity(data),
      limit: String(limit),
      computing: `${provider} ${precision}`,
    };
    return evaluateSamples(loaded.model, promptRowsOf(loaded, { template, cutoffTokens: CUTOFF_TOKENS }), samples, {
      template,
      precision,
      provider,
      train: train ? await labelledSamples(train) : undefined,
      adapter: adapter ? await models.adapter(loaded, adapter) : undefined,
      blend: await blends.of(adapter, facts),
      withUntuned: untuned,
      catalogue: await modelCatalogue(place.dir),
      checkpoint: { dir: checkpointDir, identity, onCheckpoint: checkpoint, everyMs: checkpointEveryMs },
      signal,
      stop,
      onProgress: phaseProgress('score', event),
    });
  };

  const evaluateMethodOf: EvaluateBy<MethodEvaluation, MethodEvaluationParams> = async (params, context) => {
    const { evaluateMethod } = await import('./evaluate-method.ts');
    const { runtime, precision } = await computing();
    return evaluateMethod(params, {
      ...context,
      checkpointEveryMs,
      computing: { provider: runtime.provider, precision },
      load: (place) => models.open(place),
    });
  };

  const engine: Engine = {
    async probe() {
      const { reason } = await openComputing();
      const { runtime, ...decided } = await computing();
      return { provider: runtime.provider, ...decided, reason };
    },

    tune: inTurn(async (params, context) => {
      const { model: place, settings, train, valid, facts, init, checkpointDir, outDir, beganAtMs } = params;
      const { signal, stop, event, checkpoint } = context;
      const meter = new SpeedMeter(clock, beganAtMs === undefined ? 0 : nowMs() - beganAtMs);
      if (stop.aborted && !(await localCheckpoint(checkpointDir))) throw nothingTrained();
      const decided = await computing();
      const plan = await planCheckpoint(place.dir, decided, { settings });
      const loaded = await models.open(place, { checkpointing: plan?.checkpointing ?? false });
      const { model, tokenizer } = loaded;
      const data = await tuningData({ train, valid, facts, settings });
      const kept = plan ? keptToPlan(settings, plan) : settings;
      const run = tune({
        model,
        tokenizer,
        modelContentHash: place.contentHash,
        provider: decided.runtime.provider,
        precision: decided.precision,
        settings: kept,
        notes: plan && planNotes(plan),
        data,
        init: init ? await models.adapter(loaded, init) : undefined,
        checkpointDir,
        resume: true,
        onCheckpoint: checkpoint,
        signal,
        stop,
      });
      const outcome = await followTuning(run, (told) => {
        meter.note(told);
        event(told);
      });
      const { files, blendFile } = await writeTuned(outDir, place, outcome);
      const { adapter, blend: whole, report } = outcome;
      const { bestValidAuc, bestValidLoss, stopReason } = report;
      const golden = await goldenScores(loaded, adapter, settings.template, data);
      const measured = meter.end(report);
      if (measured) {
        const work = workOf(namesOf(decided), kept, plan?.checkpointing ?? false);
        // What is told of later tunings is not worth this one.
        await speeds.add(place.contentHash, { ...measured, work, from: 'tuning', atMs: nowMs() }).catch(console.error);
      }
      const blend = whole && blendFile && { ...blendSchema.parse(whole), file: blendFile };
      return { files, golden, blend, bestValidAuc, bestValidLoss, stopReason };
    }),

    async plan({ model: place, settings, texts }) {
      const decided = await computing();
      const fit = await fitCheckpoint(place.dir, decided, { settings });
      const { config } = await checkpointShape(place.dir);
      const tokenizer = await models.tokenizer(place);
      const most = Math.min(settings.hyperParameters.cutoffTokens, config.maxPositionEmbeddings);
      // Each ends with a token for the end of the text.
      const lengths = texts.map((text) => Math.min(most, tokenizer.encode(text).length + 1));
      const kept = fit ? keptToPlan(settings, fit.plan) : settings;
      return {
        memory: fit?.plan ?? null,
        wouldFit: fit?.wouldFit ?? null,
        tokensPerSample: lengths.length > 0 ? lengths.reduce((sum, length) => sum + length, 0) / lengths.length : null,
        work: workOf(namesOf(decided), kept, fit?.plan.checkpointing ?? false),
      };
    },

    trial: inTurn(async ({ model: place, settings, texts, stepRows, beganAtMs }, { signal }) => {
      const decided = await computing();
      const plan = await planCheckpoint(place.dir, decided, { settings });
      const { model, tokenizer } = await models.open(place, { checkpointing: plan?.checkpointing ?? false });
      const otherMs = Math.max(0, nowMs() - beganAtMs);
      const kept = plan ? keptToPlan(settings, plan) : settings;
      return { otherMs, ...(await trySpeed({ model, tokenizer, settings: kept, texts, stepRows, signal, clock })) };
    }),

    evaluate: inTurn(async (params, context) => {
      const { fit, predictionsFile } = params;
      const { report, predictions } = fit
        ? await evaluateMethodOf({ ...params, fit }, context)
        : await evaluateModel(params, context);
      await writeFileAtomically(
        predictionsFile,
        predictions.map((prediction) => `${JSON.stringify(prediction)}\n`),
      );
      return report;
    }),

    async score(params, { signal }) {
      const { adapter, facts, samples } = params;
      const { results, ...told } = await queue.score({ ...params, signal });
      return { scores: withBlend(await blends.blenderOf(adapter, facts), samples, results), ...told };
    },

    async rank({ model, template, adapter, facts, ...input }, { signal }) {
      const samples = samplesOf(input);
      const { results, ...told } = await queue.score({ model, template, adapter, samples, signal });
      return {
        ranking: rankingOf(input, withBlend(await blends.blenderOf(adapter, facts), samples, results)),
        ...told,
      };
    },

    tryAdapter: inTurn(async ({ model: place, template, adapter }) => {
      const loaded = await models.open(place);
      const read = await models.adapterWithWarnings(loaded, adapter);
      return { golden: await trialScores(loaded, read.adapter, template), warnings: [...read.warnings] };
    }),

    async tokens({ model: place, texts, pieces }) {
      const tokenizer = await models.tokenizer(place);
      return {
        counts: texts.map((text) => tokenizer.encode(text).length),
        ...(pieces ? { pieces: texts.map((text) => tokenizer.pieces(text)) } : {}),
      };
    },
  };
  return engine;
}
