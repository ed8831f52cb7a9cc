// Ctrl-C and its kin as an AbortSignal.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One that follows so soon is the same: a terminal or a service manager tells every process of a group, and each tells its child. */
const SAME_MS = 500;

/** Aborted by the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  let firstMs = 0;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        if (performance.now() - firstMs > SAME_MS) process.exit(130);
        return;
      }
      firstMs = performance.now();
      controller.abort(new Error('interrupted'));
    });
  }
  return controller.signal;
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
