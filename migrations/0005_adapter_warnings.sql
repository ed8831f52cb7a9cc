ALTER TABLE `adapters` ADD `template_assumed` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `adapters` ADD `warnings` text;