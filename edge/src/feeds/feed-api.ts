// What a JobFeed object answers to the rest of the edge; the class itself is known to worker.ts alone.
import type { JobEvent, SequencedEvent } from '@tallrec/shared/wire/jobs';

export interface JobFeedApi extends Rpc.DurableObjectBranded {
  fetch(request: Request): Promise<Response>;
  append(job: string, events: JobEvent[], fence?: number): Promise<void>;
  appendFrom(job: string, fence: number, seq: number, events: JobEvent[]): Promise<number | null>;
  read(job: string): Promise<SequencedEvent[]>;
  close(job: string): Promise<void>;
  drop(): Promise<void>;
}
