// Lines into R2 through a multipart upload in parts of one size: nothing can be seen of them until it is completed.
const PART_BYTES = 8 * 1024 * 1024;

export interface RowsWriterState {
  parts: R2UploadedPart[];
  /** Bytes of the part that is not yet full. */
  rest: Uint8Array;
}

export class RowsWriter {
  private readonly upload: R2MultipartUpload;
  private readonly parts: R2UploadedPart[];
  private readonly buffer = new Uint8Array(PART_BYTES);
  private filled = 0;
  private readonly encoder = new TextEncoder();

  /** @param from where another writer of the same upload has stopped; what was written after that is written over */
  constructor(upload: R2MultipartUpload, from?: RowsWriterState) {
    this.upload = upload;
    this.parts = [...(from?.parts ?? [])];
    if (from) {
      this.buffer.set(from.rest);
      this.filled = from.rest.length;
    }
  }

  async write(text: string): Promise<void> {
    const bytes = this.encoder.encode(text);
    let at = 0;
    while (at < bytes.length) {
      const piece = bytes.subarray(at, at + PART_BYTES - this.filled);
      this.buffer.set(piece, this.filled);
      this.filled += piece.length;
      at += piece.length;
      if (this.filled === PART_BYTES) await this.flush();
    }
  }

  get state(): RowsWriterState {
    return { parts: this.parts, rest: this.buffer.slice(0, this.filled) };
  }

  /** @returns the parts to complete the upload with */
  async finish(): Promise<R2UploadedPart[]> {
    if (this.filled > 0 || this.parts.length === 0) await this.flush();
    return this.parts;
  }

  private async flush(): Promise<void> {
    const { partNumber, etag } = await this.upload.uploadPart(
      this.parts.length + 1,
      this.buffer.subarray(0, this.filled),
    );
    this.parts.push({ partNumber, etag });
    this.filled = 0;
  }
}
