// A program that was started with a channel to its parent ends with it, whatever way that ends.

/** Raises SIGTERM in this process once the channel closes; the channel itself keeps nothing alive. */
export function endWithParent(): void {
  if (!process.channel) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
