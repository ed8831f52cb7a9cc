// adapter_config.json of PEFT's LoRA: what of it changes what an adapter computes, and what is of training alone.
import { TallrecError } from '@tallrec/shared/errors';
import { z } from 'zod';
import { excerpt, excerptOf, JSON_FILE_LIMITS_BYTES, readJsonFile } from './json-file.ts';
import { type ChosenModule, chosenBesideLayers, chosenModules } from './peft-modules.ts';

const namesSchema = z.union([z.string(), z.array(z.string())]).nullish();

const adapterConfigSchema = z.looseObject({
  peft_type: z.string(),
  task_type: z.string().nullish(),
  r: z.int().positive(),
  lora_alpha: z.number(),
  lora_dropout: z.number().min(0).max(1).default(0),
  use_rslora: z.boolean().default(false),
  init_lora_weights: z.union([z.boolean(), z.string()]).default(true),
  target_modules: namesSchema,
  exclude_modules: namesSchema,
  layers_to_transform: z.union([z.int(), z.array(z.int())]).nullish(),
  layers_pattern: namesSchema,
  rank_pattern: z.record(z.string(), z.int().positive()).nullish(),
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
});
const READ_FIELDS = new Set(Object.keys(adapterConfigSchema.shape));

/** PiSSA, OLoRA, CorDA, LoftQ and LoRA-GA leave a changed base model behind; these do not. */
const PLAIN_INITS = new Set<boolean | string>([true, false, 'gaussian', 'orthogonal', 'eva']);

/**
 * Fields that change nothing of what the adapter computes: provenance, how it was initialised and trained. `fan_in_fan_out` is of
 * GPT-2's Conv1D: PEFT sets it to false on Linear. `bias` changes the base's biases, whose tensors then lie in the file.
 */
const HARMLESS_FIELDS = new Set([
  'auto_mapping',
  'base_model_name_or_path',
  'bias',
  'corda_config',
  'ensure_weight_tying',
  'eva_config',
  'fan_in_fan_out',
  'inference_mode',
  'loftq_config',
  'lora_ga_config',
  'megatron_config',
  'megatron_core',
  'merge_weights',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
  'velora_config',
]);

/** Tasks whose answers come from a head of their own, which a language model does not have. */
const HEADED_TASKS = ['SEQ_CLS', 'TOKEN_CLS', 'QUESTION_ANS'];

/** What else PEFT computes for a LoRA adapter; this engine does not. */
const COMPUTING_FIELDS: Readonly<Record<string, string>> = {
  alora_invocation_tokens: 'is an activated LoRA',
  arrow_config: 'routes between adapters',
  enable_lora: 'adapts parts of merged matrices',
  kasa_config: 'is KaSA, not plain LoRA',
  layer_replication: 'uses layers of the base several times',
  lora_bias: 'has biases of its own',
  modules_to_save: 'holds whole modules beside LoRA, such as embeddings or the head',
  monteclora_config: 'is MonteCLoRA, not plain LoRA',
  target_parameters: 'adapts parameters that are no linear modules',
  trainable_token_indices: 'holds embeddings of tokens',
  use_bdlora: 'is block-diagonal',
  use_dora: 'is DoRA, not plain LoRA',
  use_qalora: 'is QALoRA, not plain LoRA',
};

/** An adapter whose effect goes beyond LoRA's two matrices has to become a model of its own. */
export const MERGE_FIX =
  'Merge it into its base with PEFT (AutoPeftModelForCausalLM.from_pretrained(DIR).merge_and_unload().save_pretrained(OUT)), copy the tokenizer files there and use OUT as the model.';

export interface AdapterSettings {
  dropout: number;
  rankStabilized: boolean;
  /** Whether the file names the modules; where it does not, they are those that have tensors. */
  namesModules: boolean;
  modules: ChosenModule[];
  /** What was left out of account. */
  warnings: string[];
}

/**
 * @param shown names the file in messages
 * @param layers of the model
 * @throws TallrecError ADAPTER_INVALID when it is missing or damaged, or uses what this engine does not compute
 */
export async function readAdapterConfig(path: string, shown: string, layers: number): Promise<AdapterSettings> {
  const refuse = (problem: string, fix: string, cause?: unknown) =>
    new TallrecError('ADAPTER_INVALID', `${shown}${problem}.`, { fix, cause });
  const file = await readJsonFile(path, JSON_FILE_LIMITS_BYTES.adapterConfig);
  if ('fault' in file) throw refuse(` ${file.fault}`, 'Name a directory in the PEFT format.', file.cause);
  const parsed = adapterConfigSchema.safeParse(file.json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const place = excerpt(issue.path.join('.')) || 'document';
    throw refuse(`: ${place}: ${issue.message}`, 'Save the adapter again with PEFT.');
  }
  const { data: config } = parsed;
  const { peft_type, lora_alpha, init_lora_weights } = config;
  if (peft_type !== 'LORA') throw refuse(` is of the type ${excerpt(peft_type)}, not LORA`, MERGE_FIX);
  if (config.task_type && HEADED_TASKS.includes(config.task_type)) {
    throw refuse(
      ` is of the task ${config.task_type}, which answers by a head of its own and not by words`,
      'Tune an adapter of the task CAUSAL_LM.',
    );
  }
  if (!PLAIN_INITS.has(init_lora_weights)) {
    throw refuse(
      `: init_lora_weights ${excerptOf(init_lora_weights)} changed the base weights too`,
      'Convert it to a plain LoRA adapter first (path_initial_model_for_weight_conversion of PEFT).',
    );
  }
  const warnings: string[] = [];
  for (const [field, value] of Object.entries(config)) {
    if (READ_FIELDS.has(field) || HARMLESS_FIELDS.has(field) || isUnset(value)) continue;
    const effect = COMPUTING_FIELDS[field];
    if (effect)
      throw refuse(` ${effect} (${field}: ${excerptOf(value)}), which this engine does not compute`, MERGE_FIX);
    warnings.push(
      `${shown}: ${excerpt(field)} (${excerptOf(value)}) is no setting of PEFT that is known here; it is left out.`,
    );
  }
  for (const alpha of [lora_alpha, ...Object.values(config.alpha_pattern ?? {})]) {
    if (!Number.isFinite(Math.fround(alpha)))
      throw refuse(`: lora_alpha ${alpha} is beyond float32`, 'Save the adapter again with PEFT.');
  }
  const common = {
    dropout: config.lora_dropout,
    rankStabilized: config.use_rslora,
    namesModules: config.target_modules !== null && config.target_modules !== undefined,
    warnings,
  };
  let modules: ChosenModule[];
  let beside: string[];
  try {
    modules = chosenModules(config, layers);
    beside = chosenBesideLayers(config);
  } catch (cause) {
    const why = cause instanceof Error ? excerpt(cause.message) : String(cause);
    throw refuse(
      `: its choice of modules cannot be read: ${why}`,
      'List the modules by name in target_modules.',
      cause,
    );
  }
  if (beside.length > 0) {
    throw refuse(
      `: target_modules chooses ${beside.join(' and ')}, beside the linear modules of the layers, which this engine does not adapt`,
      `${MERGE_FIX} If it was not trained, take it out of target_modules.`,
    );
  }
  if (modules.length > 0 && modules.every(({ alpha }) => alpha === 0)) {
    throw refuse(
      ': lora_alpha is 0, by which B A is multiplied, so the adapter changes nothing',
      'Set it to what it was trained with.',
    );
  }
  return { ...common, modules };
}

function isUnset(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
