// Server-sent events as text.
import type { SequencedEvent } from '@tallrec/shared/wire/jobs';

const RECONNECT_MS = 1000;

export const SSE_HEADERS = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' } as const;
export const SSE_OPENING = `retry: ${RECONNECT_MS}\n\n`;
export const SSE_KEEP_ALIVE = ': still here\n\n';

export function sseText(events: readonly SequencedEvent[]): string {
  return events.map((event) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}
