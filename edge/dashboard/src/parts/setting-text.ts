// The value of a setting, in the words that the forms have for it.
import { texts } from '../texts.ts';

const CHOICES: Record<string, Record<string, string>> = {
  stage: texts.settings.stageNames,
  template: texts.settings.templates,
  lossOn: texts.settings.lossOns,
};

export function settingText(name: string, value: string | number | boolean | readonly string[] | undefined): string {
  if (value === undefined) return texts.common.none;
  if (typeof value === 'boolean') return value ? texts.common.yes : texts.common.no;
  if (typeof value === 'object') return value.join(', ');
  return CHOICES[name]?.[String(value)] ?? String(value);
}
