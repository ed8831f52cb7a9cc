// What a setting is called, by its name in the API.
import { texts } from '../texts.ts';

const settingWords: Record<string, { label: string } | Record<string, string> | undefined> = texts.settings;

export function settingLabel(name: string): string {
  return settingWords[name]?.label ?? name;
}
