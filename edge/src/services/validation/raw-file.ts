// The uploaded bytes of a dataset, as long as they are those that were announced.
import { isParquet } from '@tallrec/shared/rows/files/binary-files';
import type { RandomAccess } from '@tallrec/shared/rows/files/parquet';

/** The bytes have changed or gone since. */
export class ChangedFile extends Error {}

const HEAD_BYTES = 4;

export class RawFile {
  readonly #bucket: R2Bucket;
  readonly #key: string;
  readonly #etag: string;

  constructor(bucket: R2Bucket, key: string, etag: string) {
    this.#bucket = bucket;
    this.#key = key;
    this.#etag = etag;
  }

  /** @throws ChangedFile */
  async read(offset: number, length: number): Promise<{ body: ReadableStream<Uint8Array>; size: number }> {
    const range = { offset, length };
    const object = await this.#bucket.get(this.#key, { range, onlyIf: { etagMatches: this.#etag } });
    if (!object || !('body' in object)) throw this.#changed();
    return { body: object.body as ReadableStream<Uint8Array>, size: object.size };
  }

  async isParquet(): Promise<boolean> {
    return isParquet(new Uint8Array(await this.#bytes(0, HEAD_BYTES)));
  }

  async randomAccess(): Promise<RandomAccess> {
    const head = await this.#bucket.head(this.#key);
    if (head?.etag !== this.#etag) throw this.#changed();
    const { size } = head;
    return { byteLength: size, slice: (start, end = size) => this.#bytes(start, end - start) };
  }

  #changed(): ChangedFile {
    return new ChangedFile(`${this.#key} is no longer ${this.#etag}`);
  }

  async #bytes(offset: number, length: number): Promise<ArrayBuffer> {
    const { body } = await this.read(offset, length);
    return await new Response(body).arrayBuffer();
  }
}
