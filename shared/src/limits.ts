// Every limit of the protocol, with its unit last in the name.

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

export const LIMITS = {
  /** Above this an upload has to go in parts: Workers on the smaller plans take bodies up to 100 MB. */
  singleUploadBytes: 64 * MIB,
  uploadPartBytes: 64 * MIB,
  /** R2 takes parts of at least this size, all alike but the last. */
  minUploadPartBytes: 5 * MIB,
  uploadBytes: 5 * GIB,
  uploadUrlTtlMs: 60 * 60 * 1000,
  jobUrlTtlMs: 24 * 60 * 60 * 1000,
  rowErrors: 100,
  rowBytes: MIB,
  titleCharacters: 500,
  historyItems: 200,
  scoreSamples: 256,
  rankCandidates: 500,
  formatSamples: 100,
  previewSamples: 20,
  pageItems: 100,
  defaultPageItems: 20,
  jsonBodyBytes: 4 * MIB,
  /** A frame of the node link; over 32 MiB the platform would close the socket. */
  frameBytes: MIB,
  adapterBytes: 512 * MIB,
  heartbeatMs: 10_000,
  leaseMs: 40_000,
  nodeRequestTimeoutMs: 60_000,
  nodeRequestsInFlight: 64,
  sseKeepAliveMs: 15_000,
  idempotencyTtlMs: 24 * 60 * 60 * 1000,
} as const;
