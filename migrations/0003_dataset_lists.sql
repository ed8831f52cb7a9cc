CREATE INDEX `datasets_kind` ON `datasets` (`workspace`,`kind`,`id`);--> statement-breakpoint
CREATE INDEX `datasets_in_state` ON `datasets` (`workspace`,`state`,`id`);