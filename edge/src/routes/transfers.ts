// Signed transfers: the token in the path is the permission, no key is asked for.
import { createRoute, z } from '@hono/zod-openapi';
import {
  announcedResultSchema,
  announceResultSchema,
  completeResultSchema,
  storedPartSchema,
} from '@tallrec/shared/wire/uploads';
import { conditionalHeaders, fileResponses } from '../http/downloads.ts';
import { errorResponses } from '../http/errors.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { announceResult, completeResult, putPart, readTransfer } from '../services/transfers.ts';
import { TRANSFERS_PATH } from '../storage/places.ts';

const tags = ['transfers'];
const path = `${TRANSFERS_PATH}/{token}` as const;
const params = z.object({ token: z.string().min(1).max(4096) });
const bytes = { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } };

const put = createRoute({
  method: 'put',
  path,
  operationId: 'putPart',
  tags,
  summary: 'Upload a part',
  description: 'May be repeated until the upload is completed.',
  security: [],
  request: {
    params,
    headers: z.object({
      'x-content-sha256': z
        .string()
        .max(200)
        .optional()
        .meta({ description: 'Hex SHA-256 of this body, checked as it streams in' }),
    }),
    body: { content: bytes },
  },
  responses: {
    200: jsonAnswer('What has arrived', storedPartSchema),
    ...errorResponses(
      'BAD_REQUEST',
      'TOKEN_INVALID',
      'TOKEN_EXPIRED',
      'FORBIDDEN',
      'NOT_FOUND',
      'ILLEGAL_STATE',
      'STALE_FENCE',
      'LENGTH_REQUIRED',
      'TOO_LARGE',
      'CHECKSUM_MISMATCH',
    ),
  },
});

const get = createRoute({
  method: 'get',
  path,
  operationId: 'readTransfer',
  tags,
  summary: 'Download by a signed URL',
  description: 'It takes Range and conditions.',
  security: [],
  request: { params, headers: conditionalHeaders },
  responses: {
    ...fileResponses('The bytes', 'application/octet-stream'),
    ...errorResponses('TOKEN_INVALID', 'TOKEN_EXPIRED', 'FORBIDDEN', 'NOT_FOUND', 'STALE_FENCE'),
  },
});

const announce = createRoute({
  method: 'post',
  path,
  operationId: 'announceResult',
  tags,
  summary: 'Announce a result',
  description: 'For the node of a job: a result or a file of a checkpoint. The answer says which parts are lacking.',
  security: [],
  request: { params, body: jsonBody(announceResultSchema) },
  responses: {
    200: jsonAnswer('Where the parts go', announcedResultSchema),
    ...errorResponses('TOKEN_INVALID', 'FORBIDDEN', 'STALE_FENCE', 'TOO_LARGE'),
  },
});

const complete = createRoute({
  method: 'post',
  path: `${path}/complete`,
  operationId: 'completeResult',
  tags,
  summary: 'Complete a result',
  description: 'For the node of a job: all parts have been sent. The whole is checked.',
  security: [],
  request: { params, body: jsonBody(completeResultSchema) },
  responses: {
    200: jsonAnswer('The upload, done', announcedResultSchema),
    ...errorResponses('TOKEN_INVALID', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE', 'STALE_FENCE', 'CHECKSUM_MISMATCH'),
  },
});

export const transfers = newRouter()
  .openapi(put, async (c) => {
    const stored = await putPart(c.var.deps, c.req.valid('param').token, {
      contentLength: c.req.header('Content-Length'),
      sha256: c.req.header('X-Content-SHA256'),
      body: c.req.raw.body,
    });
    return c.json(stored, 200);
  })
  .openapi(get, async (c) => await readTransfer(c.var.deps, c.req.valid('param').token, c.req.raw.headers))
  .openapi(announce, async (c) =>
    c.json(await announceResult(c.var.deps, c.req.valid('param').token, c.req.valid('json')), 200),
  )
  .openapi(complete, async (c) =>
    c.json(await completeResult(c.var.deps, c.req.valid('param').token, c.req.valid('json').upload), 200),
  );
