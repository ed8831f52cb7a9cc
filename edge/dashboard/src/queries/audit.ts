// The audit: who did what and when.
import { auditEntrySchema } from '@tallrec/shared/wire/audit';
import { pageOf } from '@tallrec/shared/wire/page';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

export interface AuditFilter {
  cursor?: string | undefined;
  subject?: string | undefined;
  actor?: string | undefined;
}

export const auditQuery = (filter: AuditFilter) =>
  queryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ signal }) =>
      call('GET', '/v1/audit', { query: { ...filter }, answer: pageOf(auditEntrySchema), signal }),
    placeholderData: keepPreviousData,
  });
