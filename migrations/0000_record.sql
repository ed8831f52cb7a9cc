CREATE TABLE `adapters` (
	`id` text PRIMARY KEY NOT NULL,
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
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `aliases` (
	`alias` text PRIMARY KEY NOT NULL,
	`adapter` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`hint` text NOT NULL,
	`scopes` text NOT NULL,
	`requests_per_minute` integer NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash_unique` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `datasets` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`format` text NOT NULL,
	`state` text NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text,
	`sampling` text NOT NULL,
	`upload_id` text,
	`stats` text,
	`warnings` text NOT NULL,
	`error_count` integer DEFAULT 0 NOT NULL,
	`row_errors` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `evaluations` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`state` text NOT NULL,
	`model` text NOT NULL,
	`dataset` text NOT NULL,
	`node` text,
	`fence` integer DEFAULT 0 NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`instance` text,
	`error` text,
	`adapter` text,
	`split` text NOT NULL,
	`train_dataset` text,
	`limit` integer,
	`template` text NOT NULL,
	`progress` text,
	`report` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `evaluations_state` ON `evaluations` (`state`);--> statement-breakpoint
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
CREATE TABLE `nodes` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`secret_hash` text NOT NULL,
	`connected` integer DEFAULT false NOT NULL,
	`last_seen_at` integer,
	`status` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_secret_hash_unique` ON `nodes` (`secret_hash`);--> statement-breakpoint
CREATE TABLE `tuning_events` (
	`tuning` text NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL,
	`event` text NOT NULL,
	PRIMARY KEY(`tuning`, `seq`)
);
--> statement-breakpoint
CREATE TABLE `tunings` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`state` text NOT NULL,
	`model` text NOT NULL,
	`dataset` text NOT NULL,
	`node` text,
	`fence` integer DEFAULT 0 NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`instance` text,
	`error` text,
	`valid_dataset` text,
	`init_adapter` text,
	`settings` text NOT NULL,
	`progress` text,
	`adapter` text,
	`best_valid_auc` real,
	`stop_reason` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `tunings_state` ON `tunings` (`state`);