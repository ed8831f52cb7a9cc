// The files of an adapter among those that people chose, and what its configuration says.
import { parseJson } from '@tallrec/shared/json';
import { type Provenance, provenanceSchema } from '@tallrec/shared/tuning';
import { ADAPTER_FILES, adapterBlendSchema, BLEND_FILE } from '@tallrec/shared/wire/adapters';
import { RESULT_FILES } from '@tallrec/shared/wire/link';
import { z } from 'zod';
import { texts } from '../../texts.ts';

const words = texts.adapters.import.problems;

export interface ChosenFiles<F extends { name: string } = File> {
  config?: F;
  weights?: F;
  blend?: F;
  report?: F;
}

/** By their names; of one name the last counts. */
export function sortedFiles<F extends { name: string }>(files: readonly F[]): ChosenFiles<F> {
  const named = (name: string) => files.findLast((file) => file.name === name);
  const found = {
    config: named(ADAPTER_FILES.config),
    weights: named(ADAPTER_FILES.weights),
    blend: named(BLEND_FILE),
    report: named(RESULT_FILES.report),
  };
  return Object.fromEntries(Object.entries(found).filter(([, file]) => file !== undefined));
}

const configSchema = z.looseObject({
  peft_type: z.string(),
  r: z.number().int().positive(),
  base_model_name_or_path: z.string().nullish(),
  target_modules: z.union([z.string(), z.array(z.string())]).nullish(),
});

export interface ReadConfig {
  rank: number;
  modules: string[];
  baseModel: string | null;
}

/** @returns what it says, or why it is none of an adapter that can be used */
export function readConfig(text: string): ReadConfig | { problem: string } {
  const parsed = configSchema.safeParse(parseJson(text));
  if (!parsed.success) return { problem: words.config };
  const { peft_type: type, r: rank, base_model_name_or_path: baseModel, target_modules: modules } = parsed.data;
  if (type !== 'LORA') return { problem: words.notLora(type) };
  return { rank, modules: [modules ?? []].flat(), baseModel: baseModel ?? null };
}

/** @returns the blend without the adapter that it names, or why it is none */
export function readBlend(text: string) {
  const parsed = adapterBlendSchema.safeParse(parseJson(text));
  if (!parsed.success) return { problem: words.blend };
  const { adapter, ...blend } = parsed.data;
  return { adapter, blend };
}

/** @returns what the adapter was made of and with, or why the report tells nothing */
export function readReport(text: string): Provenance | { problem: string } {
  const parsed = provenanceSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : { problem: words.report };
}
