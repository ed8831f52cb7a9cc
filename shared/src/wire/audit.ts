import { z } from 'zod';
import { idSchema } from '../ids.ts';
import { pageQuerySchema, timestampSchema } from './page.ts';

/** What is done to something, as `noun.verb`. */
export const auditActionSchema = z
  .string()
  .regex(/^[a-z-]+\.[a-z-]+$/)
  .meta({ example: 'tuning.create' });

/** Who did what to which thing and when; written together with the change itself. */
export const auditEntrySchema = z.object({
  id: idSchema('audit'),
  at: timestampSchema,
  /** A key's or a node's id, `operator`, or `system` for what the service does by itself. */
  actor: z.string(),
  action: auditActionSchema,
  /** The id of what was changed. */
  subject: z.string(),
  /** Particulars that are safe to show: names and states, never a secret. */
  details: z.record(z.string(), z.unknown()),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditQuerySchema = pageQuerySchema.extend({
  subject: z.string().max(200).optional(),
  actor: z.string().max(200).optional(),
});
export type AuditQuery = z.infer<typeof auditQuerySchema>;
