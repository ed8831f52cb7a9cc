// Keys that this isolate has lately found in the record. One that another isolate revokes goes on to hold here for as long as it is known.
import type { ApiKeyRow } from '../repo/keys.ts';
import { Known } from './known.ts';

export const knownKeys = new Known<ApiKeyRow>(30_000, 1000);

export function forgetKey(id: string): void {
  knownKeys.forget((row) => row.id === id);
}
