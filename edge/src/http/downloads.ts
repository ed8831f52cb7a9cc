// The contract of whatever is served as a file: see `serveObject` for what it keeps.
import { z } from '@hono/zod-openapi';
import { errorResponses } from './errors.ts';

const header = (description: string) => z.string().max(2000).optional().meta({ description });

/** For the `headers` of a contract. */
export const conditionalHeaders = z.object({
  range: header('One range of bytes, such as bytes=0-1023; anything else is passed over'),
  'if-range': header('The ETag under which the range is wanted; the whole comes where it is another by now'),
  'if-match': header('ETags; 412 where the file has another'),
  'if-none-match': header('ETags; 304 where the file has one of them'),
  'if-modified-since': header('A date of HTTP; 304 where the file is no newer'),
  'if-unmodified-since': header('A date of HTTP; 412 where the file is newer'),
});

const binary = z.string().meta({ format: 'binary' });

/** The `responses` entries of a contract for a file of these types, beside its own errors; JSON may hold anything. */
export function fileResponses(description: string, ...contentTypes: string[]) {
  const content = Object.fromEntries(
    contentTypes.map((type) => [type, { schema: type === 'application/json' ? z.unknown() : binary }]),
  );
  return { 200: { description, content }, ...partResponses() };
}

/** The same but for the whole file, which is described as what it is. */
export function partResponses() {
  return {
    206: { description: 'The range that was asked for, under the type of the whole' },
    304: { description: 'Not changed' },
    ...errorResponses('PRECONDITION_FAILED', 'RANGE_NOT_SATISFIABLE'),
  };
}
