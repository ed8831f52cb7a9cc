import { z } from 'zod';
import { idSchema } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { keptNameSchema, nameSchema, timestampSchema } from './page.ts';

/** `admin` includes all others; keys, nodes and the audit need it. */
export const SCOPES = [
  'read',
  'datasets:write',
  'tunings:write',
  'adapters:write',
  'evaluations:write',
  'scorings:write',
  'score',
  'admin',
] as const;
export const scopeSchema = z.enum(SCOPES);
export type Scope = z.infer<typeof scopeSchema>;

/** `https://shop.example`, as browsers send it in the header Origin. */
export const originSchema = z
  .url({ protocol: /^https?$/ })
  .max(200)
  .refine((text) => URL.canParse(text) && new URL(text).origin === text, 'an origin has no path: https://shop.example')
  .meta({ example: 'https://shop.example' });

const requestsPerMinuteSchema = z.number().int().min(1).max(LIMITS.requestsPerMinute);

const BROWSER_SCOPES: readonly Scope[] = ['score', 'read'];

export const createKeySchema = z
  .strictObject({
    name: nameSchema,
    scopes: z.array(scopeSchema).min(1).max(SCOPES.length),
    requestsPerMinute: requestsPerMinuteSchema.default(600).describe('Requests that it may send a minute.'),
    expiresAt: timestampSchema.optional().describe('It holds until then; when left out, until it is revoked.'),
    origins: z
      .array(originSchema)
      .min(1)
      .max(20)
      .optional()
      .describe('For a key that stands in a web page: it holds for requests from these origins alone.'),
    workspace: idSchema('workspace')
      .optional()
      .meta({ description: 'For the operator, who belongs to none; a key makes keys of its own workspace.' }),
  })
  .refine(({ origins, scopes }) => !origins || scopes.every((scope) => BROWSER_SCOPES.includes(scope)), {
    path: ['scopes'],
    message: 'a key with origins stands in a page for all to read: it takes the scopes score and read alone',
  });
export type CreateKey = z.infer<typeof createKeySchema>;

export const apiKeySchema = z.object({
  id: idSchema('key'),
  workspace: idSchema('workspace'),
  name: keptNameSchema,
  scopes: z.array(scopeSchema),
  origins: z.array(originSchema).nullable(),
  requestsPerMinute: requestsPerMinuteSchema,
  /** The first characters of the key, to tell keys apart. */
  hint: z.string(),
  createdBy: z.string(),
  createdAt: timestampSchema,
  expiresAt: timestampSchema.nullable(),
  /** To within some minutes. */
  lastUsedAt: timestampSchema.nullable(),
  /** Until then the secret before the last rotation holds too. */
  overlapEndsAt: timestampSchema.nullable(),
  revokedAt: timestampSchema.nullable(),
});
export type ApiKey = z.infer<typeof apiKeySchema>;

/** The only answer that ever holds the key itself. */
export const createdKeySchema = z.object({ apiKey: apiKeySchema, key: z.string() });

export const rotateKeySchema = z.strictObject({
  overlapSeconds: z
    .number()
    .int()
    .min(0)
    .max(30 * 24 * 3600)
    .default(24 * 3600)
    .describe('How long the old secret goes on to hold beside the new one, in seconds; 0 ends it at once.'),
});
