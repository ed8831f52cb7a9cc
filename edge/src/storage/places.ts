// Where things lie in R2.
export const places = {
  /** A dataset's bytes as they were uploaded. */
  datasetRaw: (id: string) => `datasets/${id}/raw`,
  /** Its validated rows, one JSON document a line: interactions, samples or instructions. */
  datasetRows: (id: string) => `datasets/${id}/rows.jsonl`,
  /** What a slice of its validation left for the next one. */
  datasetValidation: (id: string, slice: number) => `datasets/${id}/validation/${slice}`,
  /** What a node sends of one run of a job, before it counts. */
  jobResult: (job: string, fence: number, file: string) => `jobs/${job}/${fence}/${file}`,
  adapterFile: (id: string, file: string) => `adapters/${id}/${file}`,
};

/** The dataset whose upload this key holds, or undefined for anything else. */
export function datasetOfRaw(key: string): string | undefined {
  return /^datasets\/([^/]+)\/raw$/.exec(key)?.[1];
}
