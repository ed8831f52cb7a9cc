// The process of the local edge: Cloudflare's runtime with the Worker in it, its record migrated, its crons fired.
// node edge-server.ts '{"root":…,"stateDir":…,"port":…,"varsFile":…}'
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { z } from 'zod';
import { endWithParent } from './end-with-parent.ts';
import { localWorker } from './worker-options.ts';

export const edgeServerOptionsSchema = z.object({
  /** Of the project, where `wrangler.toml` is. */
  root: z.string(),
  /** Keeps the record and the bytes between runs. */
  stateDir: z.string(),
  port: z.number().int(),
  /** JSON of the Worker's variables and secrets. */
  varsFile: z.string(),
  /** Of the runtime's inspector; it slows everything down. */
  inspectorPort: z.number().int().optional(),
});
export type EdgeServerOptions = z.infer<typeof edgeServerOptionsSchema>;

const HOST = '127.0.0.1';
const CRON_MS = 60_000;

const { root, stateDir, port, varsFile, inspectorPort } = edgeServerOptionsSchema.parse(
  JSON.parse(process.argv[2] ?? '{}'),
);
const vars = z.record(z.string(), z.string()).parse(JSON.parse(await readFile(varsFile, 'utf8')));
// Each takes half a second, and they take it beside one another.
const [{ options, record, migrationsDir }, { convertV4MiniflareOptions, Log, LogLevel, Miniflare }] = await Promise.all(
  [localWorker(root, vars), import('miniflare')],
);
const edge = new Miniflare(
  convertV4MiniflareOptions({
    ...options,
    // Callers come to the Worker straight; the door of Miniflare's own before it would cost more than the Worker does.
    unsafeDirectSockets: [{ host: HOST, port }],
    host: HOST,
    port: 0,
    cf: false,
    log: new Log(LogLevel.WARN),
    logRequests: false,
    handleStructuredLogs: ({ message }) => print(message),
    resourcePersistencePath: stateDir,
    ...(inspectorPort === undefined ? {} : { inspectorPort }),
  }),
);
/** A write a line would cost as much as the request that it tells of. */
const lines: string[] = [];
const flush = () => {
  if (lines.length > 0) process.stdout.write(`${lines.splice(0).join('\n')}\n`);
};
function print(line: string): void {
  if (lines.length === 0) setTimeout(flush, 50);
  lines.push(line);
}
process.once('exit', flush);

const stop = () => {
  void edge.dispose().finally(() => process.exit(0));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
endWithParent();

await edge.ready;
await migrate();
console.log(`The edge listens on http://${HOST}:${port}`);
// At once, so that what a killed edge left waiting goes on, and then as often as `wrangler.toml` says.
void fireCrons();
setInterval(fireCrons, CRON_MS);

/** Each file whole or not at all; those applied are remembered as wrangler does it. */
async function migrate(): Promise<void> {
  const db = await edge.getD1Database(record);
  await db.exec(
    'CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)',
  );
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>();
  const applied = new Set(results.map(({ name }) => name));
  const files = (await readdir(migrationsDir)).filter((name) => name.endsWith('.sql')).sort();
  for (const name of files.filter((name) => !applied.has(name))) {
    const text = await readFile(join(migrationsDir, name), 'utf8');
    const statements = text.split('--> statement-breakpoint').map((statement) => db.prepare(statement));
    await db.batch([...statements, db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)]);
  }
}

async function fireCrons(): Promise<void> {
  try {
    const worker = await edge.getWorker();
    await worker.scheduled({ cron: '* * * * *' });
  } catch (error) {
    console.error(`cron: ${String(error)}`);
  }
}
