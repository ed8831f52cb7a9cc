// The files that this page is sending, by their datasets: they go on whichever page is shown, and the browser asks before it leaves them.
import { type Dataset, datasetSchema } from '@tallrec/shared/wire/datasets';
import { uploadSchema } from '@tallrec/shared/wire/uploads';
import { onlineManager } from '@tanstack/react-query';
import { useCallback, useSyncExternalStore } from 'react';
import { call } from '../api.ts';
import { FileFault } from './file-fault.ts';
import { putBytes } from './put-bytes.ts';
import { type ShownTransfer, Transfer, type TransferApi, type TransferSource, type TransferView } from './transfer.ts';

/** How a browser sends anything. */
export const byBrowser = {
  put: putBytes,
  online: untilOnline,
  nowMs: () => performance.timeOrigin + performance.now(),
  pauseMs: 1000,
};

let transfers: ReadonlyMap<string, Transfer<Dataset>> = new Map();
let preparing = 0;
const listeners = new Set<() => void>();

/**
 * @param onDone told once the file is in, with the dataset as it is then
 * @returns resolves then
 */
export function startTransfer(
  dataset: string,
  source: TransferSource,
  onDone: (dataset: Dataset) => void,
): Promise<void> {
  const transfer = new Transfer(source, apiOf(dataset));
  set((now) => now.set(dataset, transfer));
  transfer.start();
  return transfer.done.then((done) => {
    onDone(done);
    forgetTransfer(dataset);
  });
}

/** One that is done, or given up. */
export function forgetTransfer(dataset: string): void {
  transfers.get(dataset)?.abandon();
  set((now) => now.delete(dataset));
}

/** As when nobody is signed in any more who could send them. */
export function forgetTransfers(): void {
  for (const dataset of transfers.keys()) forgetTransfer(dataset);
}

export function useTransfer(dataset: string): Transfer<Dataset> | undefined {
  const all = useSyncExternalStore(subscribe, () => transfers);
  return all.get(dataset);
}

export function useTransferView(transfer: ShownTransfer): TransferView {
  return useSyncExternalStore(transfer.subscribe, () => transfer.view);
}

/** Of one that stands still since its file is no longer what it was. */
export function useFileFault(transfer: ShownTransfer | undefined): FileFault | undefined {
  const subscribeToIt = useCallback((listener: () => void) => transfer?.subscribe(listener) ?? (() => {}), [transfer]);
  const error = useSyncExternalStore(subscribeToIt, () => transfer?.view.error);
  return error instanceof FileFault ? error : undefined;
}

/** What has to be done before a transfer can begin: the page is not left without a question meanwhile either. */
export async function whilePreparing<T>(work: () => Promise<T>): Promise<T> {
  preparing++;
  guard();
  try {
    return await work();
  } finally {
    preparing--;
    guard();
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function set(change: (now: Map<string, Transfer<Dataset>>) => unknown): void {
  const changed = new Map(transfers);
  change(changed);
  transfers = changed;
  guard();
  for (const listener of listeners) listener();
}

function guard(): void {
  if (transfers.size > 0 || preparing > 0) window.addEventListener('beforeunload', askFirst);
  else window.removeEventListener('beforeunload', askFirst);
}

function askFirst(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function apiOf(dataset: string): TransferApi<Dataset> {
  const path = `/v1/datasets/${dataset}` as const;
  return {
    ...byBrowser,
    upload: (signal) => call('GET', `${path}/upload`, { answer: uploadSchema, signal }),
    complete: (signal) => call('POST', `${path}/complete`, { body: {}, answer: datasetSchema, signal }),
  };
}

async function untilOnline(signal: AbortSignal): Promise<void> {
  if (onlineManager.isOnline()) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = onlineManager.subscribe((online) => online && resolve());
  signal.addEventListener('abort', () => resolve());
  await promise.finally(end);
}
