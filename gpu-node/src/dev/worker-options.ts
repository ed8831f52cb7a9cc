// The Worker of `wrangler.toml` as Miniflare runs it: what it is bound to here, and its code as one module.
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { V4WorkerOptions } from 'miniflare';
import { parse } from 'smol-toml';
import { z } from 'zod';
import { buildDashboard } from './dashboard.ts';

const binding = z.string();
const className = z.string();

/** All that it may say, so that what is added there is not forgotten here. */
const configSchema = z.strictObject({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()),
  assets: z.strictObject({
    directory: z.string(),
    binding,
    not_found_handling: z.literal('single-page-application'),
    run_worker_first: z.array(z.string()),
  }),
  d1_databases: z.array(z.strictObject({ binding, database_name: z.string(), migrations_dir: z.string() })).length(1),
  r2_buckets: z.array(z.strictObject({ binding, bucket_name: z.string() })),
  durable_objects: z.strictObject({ bindings: z.array(z.strictObject({ name: binding, class_name: className })) }),
  migrations: z.array(z.strictObject({ tag: z.string(), new_sqlite_classes: z.array(className) })),
  workflows: z.array(z.looseObject({ binding, name: z.string(), class_name: className })),
  // Of the platform alone.
  limits: z.unknown(),
  placement: z.unknown(),
  observability: z.unknown(),
  triggers: z.unknown(),
});

export interface LocalWorker {
  options: V4WorkerOptions;
  /** Binding of the record, and the folder of its migrations. */
  record: string;
  migrationsDir: string;
}

/** @param vars its variables and secrets, by name */
export async function localWorker(root: string, vars: Record<string, string>): Promise<LocalWorker> {
  const config = configSchema.parse(parse(await readFile(join(root, 'wrangler.toml'), 'utf8')));
  const [database] = config.d1_databases;
  const dashboard = join(root, config.assets.directory);
  const [script] = await Promise.all([bundle(join(root, config.main)), buildDashboard(root, dashboard)]);
  const options: V4WorkerOptions = {
    name: config.name,
    modules: true,
    script,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    bindings: vars,
    assets: {
      directory: dashboard,
      binding: config.assets.binding,
      // All comes to the Worker straight, files too.
      routerConfig: { invoke_user_worker_ahead_of_assets: true, has_user_worker: true },
      assetConfig: { not_found_handling: config.assets.not_found_handling },
    },
    d1Databases: { [database!.binding]: database!.database_name },
    r2Buckets: Object.fromEntries(config.r2_buckets.map((bucket) => [bucket.binding, bucket.bucket_name])),
    durableObjects: Object.fromEntries(
      config.durable_objects.bindings.map(({ name, class_name }) => [name, { className: class_name, useSQLite: true }]),
    ),
    workflows: Object.fromEntries(
      config.workflows.map(({ binding, name, class_name }) => [binding, { name, className: class_name }]),
    ),
  };
  return { options, record: database!.binding, migrationsDir: join(root, database!.migrations_dir) };
}

/** As wrangler does it: the runtime has Node's modules under their full names. */
async function bundle(entry: string): Promise<string> {
  const plainNames = builtinModules.filter((name) => !name.startsWith('_') && !name.includes('/'));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    alias: Object.fromEntries(plainNames.map((name) => [name, `node:${name}`])),
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
  });
  return outputFiles[0]!.text;
}
