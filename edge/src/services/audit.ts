// Who did what in a workspace.
import type { AuditEntry, AuditQuery } from '@tallrec/shared/wire/audit';
import type { Ctx, Deps } from '../deps.ts';
import { type AuditRow, listAuditRows } from '../repo/audit.ts';
import { type Page, toPage } from '../repo/db.ts';
import { iso } from './timestamps.ts';

export async function listAudit(deps: Pick<Deps, 'db'>, ctx: Ctx, query: AuditQuery): Promise<Page<AuditEntry>> {
  return toPage(await listAuditRows(deps.db, ctx.workspace, query), query.limit, toAuditEntry);
}

function toAuditEntry({ id, at, actor, action, subject, details }: AuditRow): AuditEntry {
  return { id, at: iso(at), actor, action, subject, details };
}
