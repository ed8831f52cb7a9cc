// Every error of the project: one code, one HTTP status, and whether trying again can help.

export const ERROR_CODES = {
  BAD_REQUEST: { status: 400, retryable: false },
  VALIDATION_FAILED: { status: 400, retryable: false },
  UNAUTHENTICATED: { status: 401, retryable: false },
  TOKEN_INVALID: { status: 401, retryable: false },
  TOKEN_EXPIRED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  MODEL_UNKNOWN: { status: 404, retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false },
  CONFLICT: { status: 409, retryable: false },
  ILLEGAL_STATE: { status: 409, retryable: false },
  IDEMPOTENCY_MISMATCH: { status: 409, retryable: false },
  STALE_FENCE: { status: 409, retryable: false },
  LENGTH_REQUIRED: { status: 411, retryable: false },
  PRECONDITION_FAILED: { status: 412, retryable: false },
  TOO_LARGE: { status: 413, retryable: false },
  RANGE_NOT_SATISFIABLE: { status: 416, retryable: false },
  CHECKSUM_MISMATCH: { status: 422, retryable: true },
  DATASET_REJECTED: { status: 422, retryable: false },
  MODEL_UNSUPPORTED: { status: 422, retryable: false },
  ADAPTER_INVALID: { status: 422, retryable: false },
  /** A request that ends the engine whenever it is computed. */
  ENGINE_CRASHED: { status: 422, retryable: false },
  UPGRADE_REQUIRED: { status: 426, retryable: false },
  RATE_LIMITED: { status: 429, retryable: true },
  CANCELLED: { status: 499, retryable: false },
  INTERNAL: { status: 500, retryable: true },
  ENGINE_FAILED: { status: 502, retryable: true },
  /** The record or the storage cannot be reached for the moment. */
  UNAVAILABLE: { status: 503, retryable: true },
  NODE_UNAVAILABLE: { status: 503, retryable: true },
  NODE_BUSY: { status: 503, retryable: true },
  NODE_TIMEOUT: { status: 504, retryable: true },
} as const satisfies Record<string, { status: number; retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorOptions {
  /** What to do about it, one sentence; joined to the message that users see. */
  fix?: string;
  /** Machine-readable particulars that are safe to show. */
  details?: unknown;
  /** What happened inside; it goes to the log and never to the user. */
  cause?: unknown;
}

/** An error whose message is meant for users: what went wrong, where, and how to mend it. */
export class TallrecError extends Error {
  override readonly name = 'TallrecError';
  readonly code: ErrorCode;
  readonly fix: string | undefined;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(options.fix ? `${message} ${options.fix}` : message, { cause: options.cause });
    this.code = code;
    this.fix = options.fix;
    this.details = options.details;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** One place of a request that is refused: `body.hyperParameters.epochs`, and why. Refusals that name places list them as `details.issues`. */
export interface RefusedPlace {
  path: string;
  problem: string;
}

/** A refusal of one field of a request's body. */
export function refusedField(
  code: ErrorCode,
  field: string,
  problem: string,
  { fix, details = {} }: { fix?: string; details?: Record<string, unknown> } = {},
): TallrecError {
  const path = `body.${field}`;
  const issues: RefusedPlace[] = [{ path, problem: fix ? `${problem} ${fix}` : problem }];
  return new TallrecError(code, `${path}: ${problem}`, { ...(fix ? { fix } : {}), details: { ...details, issues } });
}

/**
 * What a schema found in a part of a request.
 * @param target of the request: `body`, `query` …
 */
export function invalidInput(
  target: string,
  { issues: found }: { issues: readonly { path: readonly PropertyKey[]; message: string }[] },
): TallrecError {
  const issues: RefusedPlace[] = found.map(({ path, message }) => ({
    path: [target, ...path.map(String)].join('.'),
    problem: message,
  }));
  const first = issues[0]!;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return new TallrecError('VALIDATION_FAILED', `${first.path}: ${first.problem}${more}`, { details: { issues } });
}
