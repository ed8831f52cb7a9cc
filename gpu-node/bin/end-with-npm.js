// npm starts programs by a shell that does not hand signals on: who stops npx or npm stops that shell, and leaves the program behind.

const EVERY_MS = 1000;

/** Raises SIGTERM in this process once the shell that npm started it by is gone. */
export function endWithNpm() {
  if (!process.env.npm_command) return;
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, EVERY_MS);
  watch.unref();
}
