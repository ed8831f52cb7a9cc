CREATE TABLE `adapters` (
	`workspace` text NOT NULL,
	`id` text NOT NULL,
	`state` text NOT NULL,
	`name` text NOT NULL,
	`model` text NOT NULL,
	`model_hash` text,
	`stage` text,
	`template` text NOT NULL,
	`config_sha256` text NOT NULL,
	`weights_sha256` text NOT NULL,
	`weights_bytes` integer NOT NULL,
	`tuning` text,
	`valid_auc` real,
	`valid_loss` real,
	`golden` text,
	`blend` text,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`workspace`, `id`)
);
--> statement-breakpoint
CREATE INDEX `adapters_age` ON `adapters` (`workspace`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `adapters_state` ON `adapters` (`state`);--> statement-breakpoint
CREATE TABLE `alias_moves` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace` text NOT NULL,
	`alias` text NOT NULL,
	`adapter` text,
	`at` integer NOT NULL,
	`by` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `alias_moves_alias` ON `alias_moves` (`workspace`,`alias`,`id`);--> statement-breakpoint
CREATE TABLE `aliases` (
	`workspace` text NOT NULL,
	`alias` text NOT NULL,
	`adapter` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`workspace`, `alias`)
);
--> statement-breakpoint
CREATE INDEX `aliases_adapter` ON `aliases` (`workspace`,`adapter`);--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace` text NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`hint` text NOT NULL,
	`old_hash` text,
	`old_hash_until` integer,
	`scopes` text NOT NULL,
	`origins` text,
	`requests_per_minute` integer NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash_unique` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_old_hash_unique` ON `api_keys` (`old_hash`);--> statement-breakpoint
CREATE INDEX `api_keys_workspace` ON `api_keys` (`workspace`,`id`);--> statement-breakpoint
CREATE TABLE `audit_entries` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace` text NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`details` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_workspace` ON `audit_entries` (`workspace`,`id`);--> statement-breakpoint
CREATE INDEX `audit_subject` ON `audit_entries` (`workspace`,`subject`,`id`);--> statement-breakpoint
CREATE INDEX `audit_age` ON `audit_entries` (`at`);--> statement-breakpoint
CREATE TABLE `datasets` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`format` text NOT NULL,
	`state` text NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text,
	`sampling` text NOT NULL,
	`upload` text NOT NULL,
	`rows_upload_id` text,
	`instance` text,
	`stats` text,
	`warnings` text NOT NULL,
	`error_count` integer DEFAULT 0 NOT NULL,
	`row_errors` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `datasets_workspace` ON `datasets` (`workspace`,`id`);--> statement-breakpoint
CREATE INDEX `datasets_state` ON `datasets` (`state`,`updated_at`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`api_key` text NOT NULL,
	`key` text NOT NULL,
	`request_hash` text NOT NULL,
	`status` integer,
	`body` text,
	`claimed_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`api_key`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_age` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE TABLE `job_inputs` (
	`job` text NOT NULL,
	`input` text NOT NULL,
	PRIMARY KEY(`job`, `input`)
);
--> statement-breakpoint
CREATE INDEX `job_inputs_input` ON `job_inputs` (`input`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace` text NOT NULL,
	`kind` text NOT NULL,
	`parent` text,
	`name` text NOT NULL,
	`state` text NOT NULL,
	`priority` integer DEFAULT 0 NOT NULL,
	`model` text,
	`spec` text NOT NULL,
	`progress` text,
	`outcome` text,
	`result` text,
	`error` text,
	`node` text,
	`fence` integer DEFAULT 0 NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`furthest` integer DEFAULT 0 NOT NULL,
	`avoid` text,
	`checkpoint` text,
	`checkpoint_node` text,
	`stopping` integer DEFAULT false NOT NULL,
	`instance` text,
	`events` text DEFAULT 'live' NOT NULL,
	`resends` integer DEFAULT 0 NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`dispatched_at` integer,
	`ended_at` integer,
	`swept_at` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `jobs_workspace` ON `jobs` (`workspace`,`kind`,`id`);--> statement-breakpoint
CREATE INDEX `jobs_queue` ON `jobs` (`state`,`model`,`priority`,`id`);--> statement-breakpoint
CREATE INDEX `jobs_sweep` ON `jobs` (`state`,`swept_at`);--> statement-breakpoint
CREATE INDEX `jobs_parent` ON `jobs` (`parent`,`state`);--> statement-breakpoint
CREATE INDEX `jobs_turn` ON `jobs` (`workspace`,`dispatched_at`);--> statement-breakpoint
CREATE INDEX `jobs_ended` ON `jobs` (`events`,`ended_at`);--> statement-breakpoint
CREATE TABLE `nodes` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace` text,
	`name` text NOT NULL,
	`join_hash` text,
	`join_until` integer,
	`secret_hash` text,
	`old_secret_hash` text,
	`connected` integer DEFAULT false NOT NULL,
	`draining` integer DEFAULT false NOT NULL,
	`needs_upgrade` integer DEFAULT false NOT NULL,
	`last_seen_at` integer,
	`status` text,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_join_hash_unique` ON `nodes` (`join_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_secret_hash_unique` ON `nodes` (`secret_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_old_secret_hash_unique` ON `nodes` (`old_secret_hash`);--> statement-breakpoint
CREATE INDEX `nodes_workspace` ON `nodes` (`workspace`,`id`);--> statement-breakpoint
CREATE INDEX `nodes_connected` ON `nodes` (`connected`);--> statement-breakpoint
CREATE TABLE `upload_parts` (
	`upload` text NOT NULL,
	`part` integer NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`etag` text NOT NULL,
	PRIMARY KEY(`upload`, `part`)
);
--> statement-breakpoint
CREATE TABLE `uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace` text NOT NULL,
	`key` text NOT NULL,
	`subject` text NOT NULL,
	`fence` integer,
	`bytes` integer NOT NULL,
	`sha256` text,
	`upload_id` text,
	`state` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `uploads_key` ON `uploads` (`key`);--> statement-breakpoint
CREATE INDEX `uploads_subject` ON `uploads` (`subject`);--> statement-breakpoint
CREATE INDEX `uploads_age` ON `uploads` (`state`,`updated_at`);--> statement-breakpoint
CREATE TABLE `workspaces` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL
);
