import { env } from 'cloudflare:workers';
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core';
import { describe, expect, it } from 'vitest';
import * as schema from './schema.ts';

const tables = Object.values(schema).map((table) => getTableConfig(table as SQLiteTable));

describe('migrations', () => {
  it('only add: a rebuilt table loses rows on D1', () => {
    const queries = env.MIGRATIONS.flatMap((migration) => migration.queries);
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) expect(query).not.toMatch(/\bdrop\s+table\b|__new_|\bdelete\s+from\b/i);
  });

  it.each(tables.map((table) => [table.name, table] as const))(
    'give %s the columns of the schema',
    async (name, table) => {
      const { results } = await env.DB.prepare(`select name from pragma_table_info('${name}')`).all<{ name: string }>();
      expect(results.map((column) => column.name).sort()).toEqual(table.columns.map((column) => column.name).sort());
    },
  );
});
