// Workspaces in D1.
import type { PageQuery } from '@tallrec/shared/wire/page';
import { desc, eq } from 'drizzle-orm';
import { type AuditInput, auditIfChanged } from './audit.ts';
import { afterCursor, type Db } from './db.ts';
import { type ApiKeyRow, keyInsert } from './keys.ts';
import { workspaces } from './schema.ts';

export type WorkspaceRow = typeof workspaces.$inferSelect;

/** Together with its first key; creating again under the same id gives that key a new secret. */
export async function insertWorkspace(
  db: Db,
  row: WorkspaceRow,
  key: ApiKeyRow,
  audit: { workspace: AuditInput; key: AuditInput },
): Promise<void> {
  await db.batch([
    db.insert(workspaces).values(row).onConflictDoNothing(),
    auditIfChanged(db, audit.workspace),
    keyInsert(db, key),
    auditIfChanged(db, audit.key),
  ]);
}

export async function findWorkspace(db: Db, id: string): Promise<WorkspaceRow | undefined> {
  return await db.select().from(workspaces).where(eq(workspaces.id, id)).get();
}

export async function listWorkspaceRows(db: Db, page: PageQuery): Promise<WorkspaceRow[]> {
  return await db
    .select()
    .from(workspaces)
    .where(afterCursor(workspaces.id, page))
    .orderBy(desc(workspaces.id))
    .limit(page.limit + 1);
}
