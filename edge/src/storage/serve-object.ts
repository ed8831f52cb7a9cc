// An object of R2 as an answer over HTTP: whole or a range of it, if the request's conditions hold (RFC 9110, section 13).
import { TallrecError } from '@tallrec/shared/errors';

export interface Served {
  /** Under which a browser keeps it. */
  filename: string;
  contentType?: string;
}

type Conditions = Pick<R2Object, 'httpEtag' | 'uploaded'>;

/** HTTP dates have whole seconds. */
const seconds = (time: number) => Math.floor(time / 1000);

function names(tags: string, etag: string): boolean {
  const listed = tags.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return listed.includes('*') || listed.includes(etag);
}

function unchanged(headers: Headers, { httpEtag, uploaded }: Conditions): boolean {
  const tags = headers.get('If-None-Match');
  if (tags !== null) return names(tags, httpEtag);
  return seconds(uploaded.getTime()) <= seconds(Date.parse(headers.get('If-Modified-Since') ?? ''));
}

function requireUnchanged(headers: Headers, { httpEtag, uploaded }: Conditions): void {
  const tags = headers.get('If-Match');
  const since = Date.parse(headers.get('If-Unmodified-Since') ?? '');
  if (tags === null ? !(seconds(uploaded.getTime()) > seconds(since)) : names(tags, httpEtag)) return;
  throw new TallrecError('PRECONDITION_FAILED', 'This is not the version that was asked for.', {
    fix: 'Read it without If-Match and If-Unmodified-Since, from its beginning.',
  });
}

/** @returns what is asked for in place of the whole; anything but one range of bytes is passed over, as RFC 9110 has it */
function askedRange(headers: Headers, object: R2Object): { offset: number; length: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(headers.get('Range')?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const ifRange = headers.get('If-Range');
  if (ifRange !== null && ifRange !== object.httpEtag) return undefined;
  const { size } = object;
  const offset = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (offset < end) return { offset, length: end - offset };
  throw new TallrecError('RANGE_NOT_SATISFIABLE', `The file has ${size} bytes; the range lies beyond.`, {
    fix: 'Ask for a range within it.',
    details: { contentRange: `bytes */${size}` },
  });
}

const CONDITIONAL = ['Range', 'If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since'];

/**
 * @param requestHeaders Range, If-Range, If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since are honoured
 * @throws TallrecError NOT_FOUND, RANGE_NOT_SATISFIABLE, PRECONDITION_FAILED
 */
export async function serveObject(
  bucket: R2Bucket,
  key: string,
  requestHeaders: Headers,
  { filename, contentType = 'application/octet-stream' }: Served,
): Promise<Response> {
  const conditional = CONDITIONAL.some((name) => requestHeaders.has(name));
  const found = await (conditional ? bucket.head(key) : bucket.get(key));
  if (!found) throw new TallrecError('NOT_FOUND', 'These bytes are no more.');
  const headers = new Headers({
    'Content-Type': contentType,
    'Content-Disposition': `attachment; filename="${filename}"`,
    'X-Content-Type-Options': 'nosniff',
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-store',
    ETag: found.httpEtag,
    'Last-Modified': found.uploaded.toUTCString(),
  });
  requireUnchanged(requestHeaders, found);
  if (unchanged(requestHeaders, found)) return new Response(null, { status: 304, headers });
  const range = askedRange(requestHeaders, found);
  const length = range?.length ?? found.size;
  const body = 'body' in found ? (found as R2ObjectBody).body : await bodyOf(bucket, found, range);
  headers.set('Content-Length', String(length));
  if (!range) return new Response(body, { headers });
  headers.set('Content-Range', `bytes ${range.offset}-${range.offset + length - 1}/${found.size}`);
  return new Response(body, { status: 206, headers });
}

/** Of the very version whose head was looked at. */
async function bodyOf(bucket: R2Bucket, { key, etag }: R2Object, range: R2Range | undefined): Promise<ReadableStream> {
  const object = await bucket.get(key, { onlyIf: { etagMatches: etag }, ...(range && { range }) });
  if (object && 'body' in object) return object.body;
  throw new TallrecError('UNAVAILABLE', 'The file was replaced just now.', { fix: 'Read it again.' });
}
