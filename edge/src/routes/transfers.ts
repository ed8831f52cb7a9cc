// Signed transfers: the token in the path is the permission, no key is asked for.
import { createRoute, z } from '@hono/zod-openapi';
import { errorResponses } from '../http/errors.ts';
import { jsonAnswer, newRouter } from '../http/router.ts';
import { readTransfer } from '../services/transfers/read.ts';
import { writeTransfer } from '../services/transfers/write.ts';
import { TRANSFERS_PATH } from '../storage/signed-path.ts';

const params = z.object({ token: z.string().min(1).max(4096) });
const bytes = { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } };

const put = createRoute({
  method: 'put',
  path: `${TRANSFERS_PATH}/{token}`,
  tags: ['transfers'],
  summary: 'Upload bytes by a signed URL; may be repeated until the upload is completed',
  security: [],
  request: {
    params,
    headers: z.object({
      'x-content-sha256': z
        .string()
        .optional()
        .meta({ description: 'Hex SHA-256 of this body, checked as it streams in' }),
    }),
    body: { content: bytes },
  },
  responses: {
    200: jsonAnswer(
      'What was stored; a part’s etag is needed to complete the upload',
      z.object({ bytes: z.number().int(), etag: z.string(), part: z.number().int().optional() }),
    ),
    ...errorResponses(
      'TOKEN_INVALID',
      'FORBIDDEN',
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
  path: `${TRANSFERS_PATH}/{token}`,
  tags: ['transfers'],
  summary: 'Download bytes by a signed URL; takes Range and If-None-Match',
  security: [],
  request: { params },
  responses: {
    200: { description: 'The bytes', content: bytes },
    206: { description: 'The range that was asked for', content: bytes },
    304: { description: 'Not changed' },
    ...errorResponses('TOKEN_INVALID', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

/** The range as R2 served it; its forms all come with every field, undefined where it does not count. */
function servedRange(range: R2Range, size: number): { offset: number; length: number } {
  const { offset = 0, length, suffix } = range as { offset?: number; length?: number; suffix?: number };
  if (suffix !== undefined) return { offset: Math.max(0, size - suffix), length: Math.min(suffix, size) };
  return { offset, length: length ?? size - offset };
}

export const transfers = newRouter()
  .openapi(put, async (c) => {
    const written = await writeTransfer(c.var.deps, c.req.valid('param').token, {
      contentLength: c.req.header('Content-Length'),
      sha256: c.req.header('X-Content-SHA256'),
      body: c.req.raw.body,
    });
    return c.json(written, 200);
  })
  .openapi(get, async (c) => {
    const object = await readTransfer(c.var.deps, c.req.valid('param').token, c.req.raw.headers);
    const headers = new Headers({
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `attachment; filename="${object.key.split('/').at(-1)}"`,
      'X-Content-Type-Options': 'nosniff',
      'Accept-Ranges': 'bytes',
      'Cache-Control': 'private, no-store',
      ETag: object.httpEtag,
    });
    if (!('body' in object)) return new Response(null, { status: 304, headers });
    if (!c.req.header('Range') || !object.range) {
      headers.set('Content-Length', String(object.size));
      return new Response(object.body, { headers });
    }
    const { offset, length } = servedRange(object.range, object.size);
    headers.set('Content-Length', String(length));
    headers.set('Content-Range', `bytes ${offset}-${offset + length - 1}/${object.size}`);
    return new Response(object.body, { status: 206, headers });
  });
