// A key as the API shows it.
import type { ApiKey } from '@tallrec/shared/wire/keys';
import type { ApiKeyRow } from '../../repo/keys.ts';

export function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    requestsPerMinute: row.requestsPerMinute,
    hint: row.hint,
    createdAt: new Date(row.createdAt).toISOString(),
    revokedAt: row.revokedAt === null ? null : new Date(row.revokedAt).toISOString(),
  };
}
