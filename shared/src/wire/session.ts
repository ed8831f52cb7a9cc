import { z } from 'zod';
import { idSchema } from '../ids.ts';
import { scopeSchema } from './keys.ts';
import { keptNameSchema, timestampSchema } from './page.ts';

/** A key, or the token of a link that a key made; the browser gets a cookie that no script can read in return. */
export const signInSchema = z.union([
  z.strictObject({ key: z.string().min(1).max(200) }),
  z.strictObject({ link: z.string().min(1).max(200) }),
]);
export type SignIn = z.infer<typeof signInSchema>;

/** Who is signed in, and what for: a session may what its key may, and ends with it. */
export const sessionSchema = z.object({
  workspace: z.object({ id: idSchema('workspace'), name: keptNameSchema }),
  key: z.object({ id: idSchema('key'), name: keptNameSchema }),
  scopes: z.array(scopeSchema),
  expiresAt: timestampSchema,
});
export type Session = z.infer<typeof sessionSchema>;

/** Signs in once, as the key that made it. */
export const signInLinkSchema = z.object({ url: z.url(), expiresAt: timestampSchema });
export type SignInLink = z.infer<typeof signInLinkSchema>;
