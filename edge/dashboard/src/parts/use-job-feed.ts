// The live feed of a job: opened again where the browser gave it up, and told event by event.
import { type JobEvent, sequencedEventSchema } from '@tallrec/shared/wire/jobs';
import { useEffect, useEffectEvent } from 'react';

/** Before a stream that the browser gave up is opened anew. */
const REOPEN_MS = 3000;

interface JobFeed {
  path: `/v1/${string}/events`;
  /** Of an ended job nothing is to come. */
  ended: boolean;
  onEvent: (event: JobEvent) => void;
  /** It may have ended, or become another's. */
  onChange: () => void;
}

export function useJobFeed({ path, ended, onEvent, onChange }: JobFeed): void {
  const tell = useEffectEvent(onEvent);
  const changed = useEffectEvent(onChange);
  useEffect(() => {
    if (ended) return;
    let source: EventSource | undefined;
    let reopening: ReturnType<typeof setTimeout> | undefined;
    function open() {
      source = new EventSource(path);
      source.onmessage = ({ data }: MessageEvent<string>) => {
        const told = sequencedEventSchema.safeParse(JSON.parse(data));
        if (!told.success) return;
        tell(told.data.event);
        if (told.data.event.type === 'state') changed();
      };
      source.onerror = () => {
        // The browser connects again by itself, with the last id that it saw, unless it was told off.
        if (source?.readyState !== EventSource.CLOSED) return;
        changed();
        reopening = setTimeout(open, REOPEN_MS);
      };
    }
    open();
    return () => {
      source?.close();
      clearTimeout(reopening);
    };
  }, [path, ended]);
}
