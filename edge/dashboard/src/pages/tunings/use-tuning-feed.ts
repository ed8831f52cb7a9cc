// A tuning's live feed: it survives a lost connection, goes on where it was, and says how it stands.
import { isTerminal, sequencedEventSchema } from '@tallrec/shared/wire/jobs';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { tuningQuery } from '../../queries/tunings.ts';
import { type StoryView, TuningStory } from './tuning-story.ts';

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'ended';

/** Events of so long are shown together. */
const SHOWN_EVERY_MS = 500;
/** Before a stream that the browser gave up is opened anew. */
const REOPEN_MS = 3000;

/** Mount it anew for another tuning: `key={id}`. */
export function useTuningFeed({ id, state }: Tuning): { view: StoryView; connection: Connection } {
  const client = useQueryClient();
  const [story] = useState(() => new TuningStory());
  const [view, setView] = useState(() => story.view());
  const [connection, setConnection] = useState<Connection>('connecting');
  const showing = useRef<ReturnType<typeof setTimeout>>(undefined);
  const ended = isTerminal(state);

  useEffect(() => {
    let source: EventSource | undefined;
    let reopening: ReturnType<typeof setTimeout> | undefined;
    const showSoon = () => {
      showing.current ??= setTimeout(() => {
        showing.current = undefined;
        setView(story.view());
      }, SHOWN_EVERY_MS);
    };
    const refresh = () => client.invalidateQueries({ queryKey: tuningQuery(id).queryKey });

    function open() {
      source = new EventSource(`/v1/tunings/${id}/events`);
      source.onopen = () => setConnection('live');
      source.onmessage = ({ data }: MessageEvent<string>) => {
        const told = sequencedEventSchema.safeParse(JSON.parse(data));
        if (!told.success || !story.add(told.data)) return;
        if (told.data.event.type === 'state') void refresh();
        showSoon();
      };
      source.onerror = () => {
        setConnection(ended ? 'ended' : 'reconnecting');
        // The browser connects again by itself, with the last id that it saw, unless it was told off.
        if (source?.readyState !== EventSource.CLOSED) return;
        void refresh();
        if (!ended) reopening = setTimeout(open, REOPEN_MS);
      };
    }

    open();
    return () => {
      source?.close();
      clearTimeout(reopening);
      clearTimeout(showing.current);
      showing.current = undefined;
      setView(story.view());
    };
  }, [id, ended, story, client]);

  return { view, connection: ended ? 'ended' : connection };
}
