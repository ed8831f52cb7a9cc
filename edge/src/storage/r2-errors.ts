// R2's refusals in words for users.
import { TallrecError } from '@tallrec/shared/errors';

const NO_SUCH_UPLOAD = 10024;
const BAD_DIGEST = 10037;

/** R2 gives its codes only at the end of the message, as `(10037)`. */
export function r2Code(error: unknown): number | undefined {
  const code = /\((\d{5})\)\s*$/.exec(error instanceof Error ? error.message : '')?.[1];
  return code === undefined ? undefined : Number(code);
}

export function isNoSuchUpload(error: unknown): boolean {
  return r2Code(error) === NO_SUCH_UPLOAD;
}

/** @param bodyFailed whether the sender's stream broke before its end */
export function explainR2(error: unknown, bodyFailed: boolean): unknown {
  const code = r2Code(error);
  if (code === BAD_DIGEST) {
    return new TallrecError(
      'CHECKSUM_MISMATCH',
      'The bytes do not have the SHA-256 that was announced; nothing was kept.',
      {
        fix: 'Send the file again; if it fails again, check the SHA-256.',
      },
    );
  }
  if (code === NO_SUCH_UPLOAD) {
    return new TallrecError('ILLEGAL_STATE', 'This upload has ended.', { fix: 'Ask for new upload URLs.' });
  }
  if (bodyFailed) {
    return new TallrecError('BAD_REQUEST', 'The body broke off before its Content-Length; nothing was kept.', {
      fix: 'Send it again.',
    });
  }
  return error;
}
