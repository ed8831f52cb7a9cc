import { z } from 'zod';
import { idSchema } from '../ids.ts';
import { nameSchema, timestampSchema } from './page.ts';

/** `admin` includes all others; keys and nodes need it. */
export const SCOPES = [
  'read',
  'datasets:write',
  'tunings:write',
  'adapters:write',
  'evaluations:write',
  'score',
  'admin',
] as const;
export const scopeSchema = z.enum(SCOPES);
export type Scope = z.infer<typeof scopeSchema>;

export const createKeySchema = z.object({
  name: nameSchema,
  scopes: z.array(scopeSchema).min(1),
  requestsPerMinute: z.number().int().min(1).max(100_000).default(600),
});

export const apiKeySchema = z.object({
  id: idSchema('key'),
  name: nameSchema,
  scopes: z.array(scopeSchema),
  requestsPerMinute: z.number().int(),
  /** The first characters of the key, to tell keys apart. */
  hint: z.string(),
  createdAt: timestampSchema,
  revokedAt: timestampSchema.nullable(),
});
export type ApiKey = z.infer<typeof apiKeySchema>;

/** The only answer that ever holds the key itself. */
export const createdKeySchema = z.object({ apiKey: apiKeySchema, key: z.string() });
