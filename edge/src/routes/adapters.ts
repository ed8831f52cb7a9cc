// Adapters: listed, downloaded, imported, deleted; and the aliases that point at them.
import { createRoute, z } from '@hono/zod-openapi';
import { sha256Schema } from '@tallrec/shared/ids';
import {
  ADAPTER_FILES,
  adapterRefSchema,
  adapterSchema,
  adapterUploadSchema,
  aliasSchema,
  importAdapterSchema,
  setAliasSchema,
  uploadAdapterSchema,
} from '@tallrec/shared/wire/adapters';
import { pageOf, pageQuerySchema } from '@tallrec/shared/wire/page';
import { creates, needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { deleteAlias, setAlias } from '../services/adapters/alias.ts';
import { deleteAdapter } from '../services/adapters/delete.ts';
import { downloadAdapterFile } from '../services/adapters/download.ts';
import { getAdapter } from '../services/adapters/get.ts';
import { importAdapter, uploadAdapter } from '../services/adapters/import.ts';
import { listAdapters } from '../services/adapters/list.ts';

const tags = ['adapters'];
const byRef = z.object({ id: adapterRefSchema });

const list = createRoute({
  method: 'get',
  path: '/v1/adapters',
  tags,
  summary: 'List adapters, newest first',
  ...needs('read'),
  request: { query: pageQuerySchema },
  responses: {
    200: jsonAnswer('A page of adapters', pageOf(adapterSchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/adapters/{id}',
  tags,
  summary: 'An adapter, by its content hash or an alias',
  ...needs('read'),
  request: { params: byRef },
  responses: {
    200: jsonAnswer('The adapter', adapterSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const download = createRoute({
  method: 'get',
  path: '/v1/adapters/{id}/files/{file}',
  tags,
  summary: 'One of the two files that PEFT reads',
  ...needs('read'),
  request: { params: z.object({ id: adapterRefSchema, file: z.enum([ADAPTER_FILES.config, ADAPTER_FILES.weights]) }) },
  responses: {
    200: {
      description: 'The file',
      content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } },
    },
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const upload = createRoute({
  method: 'post',
  path: '/v1/adapters/uploads',
  tags,
  summary: 'Announce the two files of an adapter and get the URLs to upload them to',
  ...needs('adapters:write'),
  request: { body: jsonBody(uploadAdapterSchema) },
  responses: {
    200: jsonAnswer('Where the files go', adapterUploadSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const create = createRoute({
  method: 'post',
  path: '/v1/adapters',
  tags,
  summary: 'Import an adapter whose two files have been uploaded',
  ...creates('adapters:write'),
  request: { headers: idempotencyHeaders, body: jsonBody(importAdapterSchema) },
  responses: {
    201: jsonAnswer('The adapter', adapterSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'ILLEGAL_STATE', 'ADAPTER_INVALID', 'IDEMPOTENCY_MISMATCH'),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/v1/adapters/{id}',
  tags,
  summary: 'Delete an adapter that no alias points at',
  ...needs('adapters:write'),
  request: { params: z.object({ id: sha256Schema }) },
  responses: {
    204: { description: 'Deleted' },
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT'),
  },
});

const pointAlias = createRoute({
  method: 'put',
  path: '/v1/aliases/{alias}',
  tags,
  summary: 'Point an alias at an adapter, from one moment to the next',
  ...needs('adapters:write'),
  request: { params: z.object({ alias: aliasSchema }), body: jsonBody(setAliasSchema) },
  responses: {
    200: jsonAnswer('The adapter', adapterSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const removeAlias = createRoute({
  method: 'delete',
  path: '/v1/aliases/{alias}',
  tags,
  summary: 'Delete an alias; the adapter stays',
  ...needs('adapters:write'),
  request: { params: z.object({ alias: aliasSchema }) },
  responses: {
    204: { description: 'Deleted' },
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

export const adapters = newRouter()
  .openapi(list, async (c) => c.json(await listAdapters(c.var.deps, c.req.valid('query')), 200))
  .openapi(upload, async (c) => {
    const { origin } = new URL(c.req.url);
    return c.json(await uploadAdapter(c.var.deps, c.req.valid('json'), origin), 200);
  })
  .openapi(create, async (c) => c.json(await importAdapter(c.var.deps, c.req.valid('json')), 201))
  .openapi(get, async (c) => c.json(await getAdapter(c.var.deps, c.req.valid('param').id), 200))
  .openapi(download, async (c) => {
    const { id, file } = c.req.valid('param');
    const object = await downloadAdapterFile(c.var.deps, id, file);
    return new Response(object.body, {
      headers: {
        'Content-Type': file === ADAPTER_FILES.config ? 'application/json' : 'application/octet-stream',
        'Content-Length': String(object.size),
        'Content-Disposition': `attachment; filename="${file}"`,
        'X-Content-Type-Options': 'nosniff',
        ETag: object.httpEtag,
      },
    });
  })
  .openapi(remove, async (c) => {
    await deleteAdapter(c.var.deps, c.req.valid('param').id);
    return c.body(null, 204);
  })
  .openapi(pointAlias, async (c) => {
    const { adapter } = c.req.valid('json');
    return c.json(await setAlias(c.var.deps, c.req.valid('param').alias, adapter), 200);
  })
  .openapi(removeAlias, async (c) => {
    await deleteAlias(c.var.deps, c.req.valid('param').alias);
    return c.body(null, 204);
  });
