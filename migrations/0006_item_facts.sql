ALTER TABLE `adapters` ADD `items` text;--> statement-breakpoint
ALTER TABLE `datasets` ADD `facts` text;