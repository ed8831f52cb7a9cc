// Hashes a file beside the page, which goes on meanwhile.
import { digestOf, type FileDigest } from './digest.ts';

export type DigestMessage = { read: number } | { digest: FileDigest } | { problem: string };

const tell = (message: DigestMessage) => postMessage(message);

addEventListener('message', async ({ data }: MessageEvent<Blob>) => {
  try {
    tell({ digest: await digestOf(data, (read) => tell({ read })) });
  } catch (error) {
    tell({ problem: error instanceof Error ? error.message : String(error) });
  }
});
