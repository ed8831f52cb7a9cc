// Who did what, for administrators.
import { createRoute } from '@hono/zod-openapi';
import { auditEntrySchema, auditQuerySchema } from '@tallrec/shared/wire/audit';
import { pageOf } from '@tallrec/shared/wire/page';
import { needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { jsonAnswer, newRouter } from '../http/router.ts';
import { listAudit } from '../services/audit.ts';

const list = createRoute({
  operationId: 'listAuditEntries',
  method: 'get',
  path: '/v1/audit',
  tags: ['audit'],
  summary: 'List audit entries',
  description: 'Who did what to which thing and when, the newest first.',
  ...needs('admin'),
  request: { query: auditQuerySchema },
  responses: {
    200: jsonAnswer('A page of entries', pageOf(auditEntrySchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

export const audit = newRouter().openapi(list, async (c) =>
  c.json(await listAudit(c.var.deps, c.var.ctx, c.req.valid('query')), 200),
);
