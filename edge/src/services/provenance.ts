// What an adapter was made with decides how it is used: with its own template unless a request names one, and on its own model.
import { refusedField, type TallrecError } from '@tallrec/shared/errors';
import { differs, type Template } from '@tallrec/shared/prompt';
import type { AdapterRow } from '../repo/adapters.ts';
import type { NodeRow } from '../repo/nodes.ts';
import { contentHashesOf } from './models.ts';

type Made = Pick<AdapterRow, 'id' | 'model' | 'modelHash' | 'template' | 'templateAssumed' | 'warnings'>;

export interface Use {
  /** As requests name both: an adapter that is none here has no row. */
  adapter: Made | undefined;
  model: string | undefined;
  template: Template | undefined;
  /** The adapter is used whatever it was tuned on. */
  force: boolean;
}

/** What is to be said of an adapter wherever it is used. */
export function warningsOf({
  template,
  templateAssumed,
  warnings,
}: Pick<Made, 'template' | 'templateAssumed' | 'warnings'>): string[] {
  const assumed = `Which template the adapter was tuned with is not known, and ${template} is assumed. Import it again with the template that its report.json names.`;
  return [...(templateAssumed ? [assumed] : []), ...(warnings ?? [])];
}

/** How the rows are read, and what is to be said of it. */
export function usageOf({ adapter, model, template, force }: Use, nodes: readonly NodeRow[]) {
  const own = adapter?.template;
  // Who names a template need not be told that it was assumed.
  const warnings = adapter ? warningsOf({ ...adapter, templateAssumed: adapter.templateAssumed && !template }) : [];
  if (adapter && own && template && !adapter.templateAssumed && differs(own, template)) {
    warnings.push(
      `The adapter was tuned with the template ${own}, and ${template} is used: its answers are not what it learned to give. Leave the template out for its own.`,
    );
  }
  const other = adapter && force ? otherBase(adapter, model, nodes) : undefined;
  if (other) warnings.push(`The adapter ${other} It is used all the same, as "force" says.`);
  return { template: template ?? own ?? ('clean' as const), warnings };
}

/**
 * Why an adapter cannot be used with this model; undefined where it can.
 * @param field of the request, which names the adapter as `ref`
 */
export function refusedBase(
  field: string,
  ref: string,
  { adapter, model, force }: Pick<Use, 'model' | 'force'> & { adapter: Pick<Made, 'model' | 'modelHash'> },
  nodes: readonly NodeRow[],
  fix = `Use it with the model ${adapter.model} that it was tuned on, or send "force": true.`,
): TallrecError | undefined {
  const other = force ? undefined : otherBase(adapter, model, nodes);
  if (!other) return undefined;
  return refusedField('ADAPTER_INVALID', field, `the adapter ${ref} ${other}`, { fix });
}

/** By content where both are known, else by name. */
function otherBase(
  { model: own, modelHash }: Pick<Made, 'model' | 'modelHash'>,
  model: string | undefined,
  nodes: readonly NodeRow[],
) {
  if (model === undefined) return undefined;
  const hashes = contentHashesOf(nodes, model);
  if (modelHash === null || hashes.length === 0) {
    return own === model ? undefined : `was tuned on ${own}, not on ${model}.`;
  }
  if (hashes.includes(modelHash)) return undefined;
  const short = (hash: string) => `${hash.slice(0, 12)}…`;
  return `was tuned on ${own} (${short(modelHash)}), and ${model} is another checkpoint (${hashes.map(short).join(', ')}).`;
}
