// What every list and every error of the API look like.
import { z } from 'zod';
import { digitsSchema } from '../counts.ts';
import { ERROR_CODES, type ErrorCode } from '../errors.ts';
import { LIMITS } from '../limits.ts';

export const errorBodySchema = z.object({
  error: z.object({
    code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    requestId: z.string(),
    retryable: z.boolean(),
    details: z.unknown().optional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** `details` of a refusal that names places of the request. */
export const refusedPlacesSchema = z.object({ issues: z.array(z.object({ path: z.string(), problem: z.string() })) });

/** Of a list whose cursors look like this. */
export function pageQueryOf(cursor: RegExp) {
  return z.object({
    limit: digitsSchema(1, LIMITS.pageItems).default(LIMITS.defaultPageItems).describe('Items a page, at most.'),
    cursor: z
      .string()
      .max(200)
      .regex(cursor, 'not a cursor: give nextCursor of the page before, or none')
      .optional()
      .describe('nextCursor of the page before; the first page comes without.'),
  });
}

/** Newest first; `cursor` is what the page before gave as `nextCursor`. */
export const pageQuerySchema = pageQueryOf(/^[a-z]+_[0-9a-hjkmnp-tv-z]{26}$/);
export type PageQuery = z.infer<typeof pageQuerySchema>;

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** Characters that show nothing or turn round what stands beside them, but for those that emoji and some scripts are joined with. */
const UNSEEN =
  /[[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Zl}\p{Zp}\ufff9-\ufffb]--[\p{Variation_Selector}\u200c\u200d]]/v;
const JOINING = /[\p{Variation_Selector}\u200c\u200d]/gv;

function unseenIn(name: string): string | undefined {
  const code = UNSEEN.exec(name)?.[0].codePointAt(0);
  return code === undefined ? undefined : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

const NAME_CHARACTERS = 100;

/** Of what is made: people have to be able to tell it apart by what they see. */
export const nameSchema = z
  .string()
  .min(1)
  .max(NAME_CHARACTERS)
  .regex(/\S/, 'a name may not be blank')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  .regex(/^[^\x00-\x1f\x7f-\x9f]*$/, 'a name has no control characters')
  .refine((name) => name.isWellFormed(), 'a name has no half characters')
  .refine((name) => unseenIn(name) === undefined, {
    error: ({ input }) => `a name has no invisible characters such as ${unseenIn(String(input))}: type it anew`,
  })
  .refine((name) => name === '' || name.replace(JOINING, '').trim() !== '', 'a name may not be blank')
  .trim()
  .meta({ example: 'movies, spring' });
/** Of what was made, under whatever rules held then. */
export const keptNameSchema = z.string().max(NAME_CHARACTERS).meta({ example: 'movies, spring' });
/** ISO 8601, UTC. */
export const timestampSchema = z.iso.datetime();
