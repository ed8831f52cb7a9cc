// Every limit of the protocol, with its unit last in the name.

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

export const LIMITS = {
  /** The platform answers 413 above 100 MB on the smaller plans; no body that is asked for comes near it. */
  bodyBytes: 95 * 1000 * 1000,
  /** Above this an upload has to go in parts. */
  singleUploadBytes: 16 * MIB,
  uploadPartBytes: 16 * MIB,
  uploadParts: 10_000,
  /** R2 takes parts of at least this size, all alike but the last. */
  minUploadPartBytes: 5 * MIB,
  uploadBytes: 5 * GIB,
  uploadUrlTtlMs: 60 * 60 * 1000,
  /** URLs that a request relayed to a node carries; those of a job are guarded by its fence and not by the clock. */
  requestUrlTtlMs: 15 * 60 * 1000,
  /** An upload that nobody went on with for so long is dropped with its bytes. */
  abandonedUploadMs: 7 * 24 * 60 * 60 * 1000,
  joinTokenTtlMs: 60 * 60 * 1000,
  secretOverlapMs: 24 * 60 * 60 * 1000,
  /** Of a checkpoint, of predictions, of a report. */
  resultBytes: 5 * GIB,
  scoringRows: 10_000_000,
  /** Rows of one piece of a batch scoring: what is done again when a node is lost. */
  scoringChunkRows: 4096,
  rankedTop: 1000,
  /** Nothing is counted further: neither tokens nor bytes of memory nor milliseconds. */
  count: 1_000_000_000_000_000,
  /** Of an optimizer, that can be asked for. */
  steps: 1_000_000_000,
  requestsPerMinute: 100_000,
  shots: 1_000_000,
  curvePoints: 2000,
  rowErrors: 100,
  rowBytes: MIB,
  titleCharacters: 500,
  /** Of an evaluation's report: the best rows, as many of the worst, and what is shown of each. */
  judgedExamples: 10,
  exampleTitleCharacters: 200,
  examplePromptCharacters: 1200,
  /** Ids of users and items. */
  idCharacters: 200,
  nounCharacters: 40,
  /** Names of columns. */
  columnCharacters: 200,
  historyItems: 200,
  /** Of a dataset's items, those that are kept for searching; what they are called takes no more than so many characters together. */
  searchedItems: 20_000,
  searchedCharacters: 2 * MIB,
  /** Of a blend's item statistics, and of its facts, whose keys take no more than so many characters of JSON together. */
  statisticsItems: 20_000,
  statisticsCharacters: 400_000,
  /** Item statistics as one JSON document. */
  factsBytes: 2 * MIB,
  /** `blend.json` with its statistics. */
  blendBytes: 3.5 * MIB,
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
  /** A node says within this whether it takes a job. */
  acceptMs: 20_000,
  /** Between two checkpoints of one job that are sent to the edge. */
  checkpointUploadMs: 60_000,
  eventRetentionMs: 180 * 24 * 60 * 60 * 1000,
  auditRetentionMs: 400 * 24 * 60 * 60 * 1000,
  sseKeepAliveMs: 15_000,
  /** How long a browser stays signed in. */
  sessionMs: 12 * 3_600_000,
  signInLinkMs: 10 * 60_000,
  idempotencyTtlMs: 24 * 60 * 60 * 1000,
} as const;
