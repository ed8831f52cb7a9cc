// Adapters: listed, downloaded, imported, deleted; and the aliases that point at them.
import { createRoute, z } from '@hono/zod-openapi';
import { sha256Schema } from '@tallrec/shared/ids';
import {
  ADAPTER_FILES,
  adapterRefSchema,
  adapterSchema,
  adapterUploadSchema,
  aliasHistorySchema,
  aliasSchema,
  importAdapterSchema,
  namedAdapterSchema,
  setAliasSchema,
  uploadAdapterSchema,
} from '@tallrec/shared/wire/adapters';
import { pageOf, pageQueryOf } from '@tallrec/shared/wire/page';
import { creates, needs } from '../http/auth.ts';
import { conditionalHeaders, fileResponses } from '../http/downloads.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { deleteAdapter } from '../services/adapter-files.ts';
import { importAdapter, uploadAdapter } from '../services/adapter-import.ts';
import { downloadAdapterFile, getAdapter, listAdapters } from '../services/adapters.ts';
import { deleteAlias, getAlias, listAliases, setAlias } from '../services/aliases.ts';

const tags = ['adapters'];
const byRef = z.object({ id: adapterRefSchema });

const list = createRoute({
  method: 'get',
  path: '/v1/adapters',
  operationId: 'listAdapters',
  tags,
  summary: 'List adapters',
  description: 'The newest first.',
  ...needs('read'),
  request: { query: pageQueryOf(/^\d{1,16}\.[0-9a-f]{64}$/) },
  responses: {
    200: jsonAnswer('A page of adapters', pageOf(adapterSchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/adapters/{id}',
  operationId: 'getAdapter',
  tags,
  summary: 'Get an adapter',
  description: 'By its content hash or an alias.',
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
  operationId: 'downloadAdapterFile',
  tags,
  summary: 'Download a file of an adapter',
  description: 'One of the two files that PEFT reads. It takes Range and conditions.',
  ...needs('read'),
  request: {
    params: z.object({ id: adapterRefSchema, file: z.enum([ADAPTER_FILES.config, ADAPTER_FILES.weights]) }),
    headers: conditionalHeaders,
  },
  responses: {
    ...fileResponses('The file', 'application/json', 'application/octet-stream'),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const upload = createRoute({
  method: 'post',
  path: '/v1/adapters:upload',
  operationId: 'uploadAdapter',
  tags,
  summary: 'Announce an adapter',
  description: 'Its two files are announced; the answer holds the URLs to upload them to. Then import it.',
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
  operationId: 'importAdapter',
  tags,
  summary: 'Import an adapter',
  description:
    'Once its two files have been uploaded. A node that holds the model tries it at once; where none is connected, that is done before an alias points at it.',
  ...creates('adapters:write'),
  request: { headers: idempotencyHeaders, body: jsonBody(importAdapterSchema) },
  responses: {
    201: jsonAnswer('The adapter', adapterSchema),
    ...errorResponses(
      'UNAUTHENTICATED',
      'FORBIDDEN',
      'ILLEGAL_STATE',
      'CONFLICT',
      'CHECKSUM_MISMATCH',
      'ADAPTER_INVALID',
      'IDEMPOTENCY_MISMATCH',
    ),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/v1/adapters/{id}',
  operationId: 'deleteAdapter',
  tags,
  summary: 'Delete an adapter',
  description: 'One that no alias points at and no unfinished job uses.',
  ...needs('adapters:write'),
  request: { params: z.object({ id: sha256Schema }) },
  responses: {
    204: { description: 'Deleted' },
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT'),
  },
});

const listNames = createRoute({
  method: 'get',
  path: '/v1/aliases',
  operationId: 'listAliases',
  tags,
  summary: 'List aliases',
  description: 'By their names.',
  ...needs('read'),
  request: { query: pageQueryOf(/^[a-z][a-z0-9-]{0,62}$/) },
  responses: {
    200: jsonAnswer('A page of aliases', pageOf(namedAdapterSchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const getName = createRoute({
  method: 'get',
  path: '/v1/aliases/{alias}',
  operationId: 'getAlias',
  tags,
  summary: 'Get an alias',
  description: 'Where it points, and where it pointed before, the newest first.',
  ...needs('read'),
  request: { params: z.object({ alias: aliasSchema }) },
  responses: {
    200: jsonAnswer('The alias', aliasHistorySchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const pointAlias = createRoute({
  method: 'put',
  path: '/v1/aliases/{alias}',
  operationId: 'setAlias',
  tags,
  summary: 'Point an alias at an adapter',
  description:
    'It moves from one moment to the next; whoever scores by the alias gets the new adapter from then on. An adapter that no node has loaded yet is tried by one first.',
  ...needs('adapters:write'),
  request: { params: z.object({ alias: aliasSchema }), body: jsonBody(setAliasSchema) },
  responses: {
    200: jsonAnswer('The adapter', adapterSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ADAPTER_INVALID', 'NODE_UNAVAILABLE'),
  },
});

const removeAlias = createRoute({
  method: 'delete',
  path: '/v1/aliases/{alias}',
  operationId: 'deleteAlias',
  tags,
  summary: 'Delete an alias',
  description: 'The adapter stays.',
  ...needs('adapters:write'),
  request: { params: z.object({ alias: aliasSchema }) },
  responses: {
    204: { description: 'Deleted' },
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

export const adapters = newRouter()
  .openapi(list, async (c) => c.json(await listAdapters(c.var.deps, c.var.ctx, c.req.valid('query')), 200))
  .openapi(upload, async (c) => {
    const { origin } = new URL(c.req.url);
    return c.json(await uploadAdapter(c.var.deps, c.var.ctx, c.req.valid('json'), origin), 200);
  })
  .openapi(create, async (c) => c.json(await importAdapter(c.var.deps, c.var.ctx, c.req.valid('json')), 201))
  .openapi(get, async (c) => c.json(await getAdapter(c.var.deps, c.var.ctx, c.req.valid('param').id), 200))
  .openapi(download, async (c) => {
    const { id: ref, file } = c.req.valid('param');
    return await downloadAdapterFile(c.var.deps, c.var.ctx, { ref, file, headers: c.req.raw.headers });
  })
  .openapi(remove, async (c) => {
    await deleteAdapter(c.var.deps, c.var.ctx, c.req.valid('param').id);
    return c.body(null, 204);
  })
  .openapi(listNames, async (c) => c.json(await listAliases(c.var.deps, c.var.ctx, c.req.valid('query')), 200))
  .openapi(getName, async (c) => c.json(await getAlias(c.var.deps, c.var.ctx, c.req.valid('param').alias), 200))
  .openapi(pointAlias, async (c) => {
    const { adapter } = c.req.valid('json');
    return c.json(await setAlias(c.var.deps, c.var.ctx, c.req.valid('param').alias, adapter), 200);
  })
  .openapi(removeAlias, async (c) => {
    await deleteAlias(c.var.deps, c.var.ctx, c.req.valid('param').alias);
    return c.body(null, 204);
  });
