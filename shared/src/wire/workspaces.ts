import { z } from 'zod';
import { idSchema } from '../ids.ts';
import { apiKeySchema } from './keys.ts';
import { keptNameSchema, nameSchema, timestampSchema } from './page.ts';

export const createWorkspaceSchema = z.strictObject({ name: nameSchema });
export type CreateWorkspace = z.infer<typeof createWorkspaceSchema>;

/** The owner of everything else: what belongs to one workspace is not there for any other. */
export const workspaceSchema = z.object({
  id: idSchema('workspace'),
  name: keptNameSchema,
  createdAt: timestampSchema,
});
export type Workspace = z.infer<typeof workspaceSchema>;

/** The only answer that ever holds the workspace's first key, which has every scope. */
export const createdWorkspaceSchema = z.object({ workspace: workspaceSchema, key: z.string() });

/** What any key may know of itself. */
export const ownWorkspaceSchema = z.object({ workspace: workspaceSchema, apiKey: apiKeySchema });
export type OwnWorkspace = z.infer<typeof ownWorkspaceSchema>;
