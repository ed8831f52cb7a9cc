// What an entry of the audit tells, in words.
import { formatBytes, formatSpan } from '../parts/formats.tsx';
import { texts } from '../texts.ts';

const words = texts.audit;
const datasetWords: Record<string, string> = { ...texts.datasets.kinds, ...texts.datasets.formats };

/** “Dataset made” of `dataset.create`. What has no words yet stands as the record has it. */
export function actionText(action: string): string {
  const [noun = '', verb = ''] = action.split('.');
  const [thing, done] = [words.nouns[noun], words.verbs[verb]];
  return words.whole[action] ?? (thing && done ? words.action(thing, done) : action);
}

export function factsOf(details: Record<string, unknown>): { label: string; value: string }[] {
  return Object.entries(details).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [{ label: words.facts[key] ?? key, value: valueText(key, value) }],
  );
}

function valueText(key: string, value: unknown): string {
  if (key === 'bytes' && typeof value === 'number') return formatBytes(value);
  if (key === 'overlapSeconds' && typeof value === 'number') {
    return value === 0 ? words.noOverlap : formatSpan(1000 * value);
  }
  if (key === 'kind' || key === 'format') return datasetWords[String(value)] ?? String(value);
  if (typeof value === 'boolean') return value ? texts.common.yes : texts.common.no;
  if (Array.isArray(value)) return value.map(String).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
