ALTER TABLE `evaluations` ADD `method` text;--> statement-breakpoint
ALTER TABLE `evaluations` ADD `shots` integer;--> statement-breakpoint
ALTER TABLE `evaluations` ADD `seed` integer;--> statement-breakpoint
ALTER TABLE `evaluations` ADD `valid_dataset` text;--> statement-breakpoint
ALTER TABLE `evaluations` ADD `instructions_dataset` text;--> statement-breakpoint
ALTER TABLE `evaluations` ADD `hyper_parameters` text;