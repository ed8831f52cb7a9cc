// What a tuning is told, what it reports while it runs, and what it leaves behind.
import { z } from 'zod';
import { countSchema } from './counts.ts';
import { LIMITS } from './limits.ts';
import { templateSchema } from './prompt.ts';

export const STAGES = ['rec', 'alpaca'] as const;
export const stageSchema = z.enum(STAGES);
export type Stage = z.infer<typeof stageSchema>;

export const loraModuleSchema = z.enum(['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']);

/** The recipe of the paper's code is the default throughout. */
export const hyperParametersSchema = z.object({
  learningRate: z.number().positive().max(1).default(1e-4).describe('Its height after the warm-up.'),
  warmupSteps: countSchema(LIMITS.steps)
    .default(20)
    .describe('Steps over which the learning rate grows to its height.'),
  weightDecay: z.number().min(0).max(1).default(0).describe('Of AdamW.'),
  clipNorm: z.number().positive().max(1e6).default(1).describe('The longest gradient of one step.'),
  batchSize: z.number().int().min(1).max(4096).default(128).describe('Samples a step.'),
  microBatchTokens: z
    .number()
    .int()
    .min(1)
    .max(16_777_216)
    .default(2048)
    .describe('Tokens of one micro-batch; a memory setting that never changes what is learned.'),
  cutoffTokens: z.number().int().min(16).max(8192).default(512).describe('Longest prompt with its answer, in tokens.'),
  epochs: z.number().int().min(1).max(10_000).default(200).describe('At most; it stops early, see patience.'),
  maxSteps: z
    .number()
    .int()
    .min(1)
    .max(LIMITS.steps)
    .optional()
    .describe('Steps after which it ends; the epochs decide when left out.'),
  evaluateEverySteps: z
    .number()
    .int()
    .min(1)
    .max(LIMITS.steps)
    .optional()
    .describe('Steps between evaluations; when left out 10, or K/128·5 above 128 shots.'),
  patience: z
    .number()
    .int()
    .min(1)
    .max(LIMITS.steps)
    .default(10)
    .describe('Evaluations without a better validation AUC before the tuning stops.'),
  loraRank: z.number().int().min(1).max(256).default(8).describe('r of LoRA.'),
  loraAlpha: z.number().positive().max(1e6).default(16).describe('α of LoRA: the adapter counts α/r times.'),
  loraDropout: z.number().min(0).max(0.9).default(0.05).describe('Share of the adapter’s input left out at random.'),
  loraModules: z
    .array(loraModuleSchema)
    .min(1)
    .max(loraModuleSchema.options.length)
    .default(['q_proj', 'v_proj'])
    .describe('The projections that get an adapter.'),
  rankStabilized: z.boolean().default(false).describe('The adapter counts α/√r times instead.'),
  lossOn: z
    .enum(['answer', 'all'])
    .default('answer')
    .describe("`answer`: loss on the answer alone. `all`: on the whole prompt too, as the paper's script does."),
  lossPairs: z
    .number()
    .min(0)
    .max(1000)
    .default(0)
    .describe('Weight of a loss on pairs, a liked and a disliked target of one user; 0 is none, as in the paper.'),
});
export type HyperParameters = z.infer<typeof hyperParametersSchema>;

export const shotsSchema = z.number().int().min(1).max(LIMITS.shots);
export const seedSchema = countSchema(0xffff_ffff);

export const tuningSettingsSchema = z.object({
  stage: stageSchema.default('rec').describe('`rec`: on samples. `alpaca`: on instructions, the stage before it.'),
  shots: shotsSchema.optional().describe('Few-shot K: samples drawn from the training data; all when left out.'),
  seed: seedSchema.default(0).describe('Of every random choice.'),
  template: templateSchema.default('clean'),
  hyperParameters: hyperParametersSchema.prefault({}),
});
export type TuningSettings = z.infer<typeof tuningSettingsSchema>;

/**
 * AUC on the validation samples of the rule without parameters, the share of the history that was liked: what a tuning has to beat.
 * Null where a class is missing, in the alpaca stage, and from nodes that did not tell it yet.
 */
export const validRuleAucSchema = z.number().nullable().default(null);

/** One line of a tuning's story, in order; `step` is the optimizer step it stands at. */
export const tuningEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('started'),
    step: countSchema(),
    totalSteps: countSchema(),
    trainSamples: countSchema(),
    validSamples: countSchema(),
    validRuleAuc: validRuleAucSchema,
    trainableParameters: countSchema(),
    provider: z.string(),
    precision: z.string(),
  }),
  z.object({
    type: z.literal('step'),
    step: countSchema(),
    totalSteps: countSchema(),
    epoch: z.number(),
    loss: z.number(),
    learningRate: z.number(),
    gradientNorm: z.number(),
    tokensPerSecond: z.number(),
    /** Milliseconds to the last step at the present speed. */
    etaMs: z.number(),
  }),
  z.object({
    type: z.literal('evaluated'),
    step: countSchema(),
    validAuc: z.number().nullable(),
    /** Mean over the users who have both answers; null without any, and from nodes that did not tell it yet. */
    validPerUserAuc: z.number().nullable().default(null),
    /** Rec stage: mean cross-entropy between the two answers; alpaca stage: of a labelled token. */
    validLoss: z.number(),
    best: z.boolean(),
  }),
  z.object({
    type: z.literal('note'),
    step: countSchema(),
    message: z.string(),
  }),
]);
export type TuningEvent = z.infer<typeof tuningEventSchema>;

export const STOP_REASONS = ['finished', 'early-stopped', 'max-steps', 'stopped', 'cancelled'] as const;

/** `report.json` of a tuning. */
export const tuningReportSchema = z.object({
  stage: stageSchema,
  settings: tuningSettingsSchema,
  model: z.object({ name: z.string(), contentHash: z.string() }),
  adapter: z.object({ contentHash: z.string() }),
  precision: z.string(),
  provider: z.string(),
  trainSamples: countSchema(),
  validSamples: countSchema(),
  validRuleAuc: validRuleAucSchema,
  steps: countSchema(),
  bestStep: countSchema(),
  bestValidAuc: z.number().nullable(),
  bestValidLoss: z.number().nullable(),
  stopReason: z.enum(STOP_REASONS),
  durationMs: z.number(),
  tokens: z.number(),
  events: z.array(tuningEventSchema),
});
export type TuningReport = z.infer<typeof tuningReportSchema>;

/** Of a `report.json`, whatever version wrote it: what the adapter beside it was made of and with. */
export const provenanceSchema = z
  .object({
    stage: stageSchema,
    model: tuningReportSchema.shape.model,
    adapter: tuningReportSchema.shape.adapter,
    settings: z.object({ template: templateSchema }),
  })
  .transform(({ stage, model, adapter, settings }) => ({
    stage,
    adapter: adapter.contentHash,
    template: settings.template,
    base: model,
  }));
export type Provenance = z.infer<typeof provenanceSchema>;
