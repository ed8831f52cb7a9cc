// What is used of csv-parse: its own types bring those of Node, which a browser does not have.

export interface CsvError extends Error {
  code: string;
  /** Line of what is being parsed, the first is 1. */
  lines?: number;
}

export interface Info {
  /** Bytes up to the end of this record. */
  bytes: number;
  /** Line on which this record ends, the first is 1. */
  lines: number;
}

export interface Options {
  bom: boolean;
  delimiter: string;
  record_delimiter: string[];
  relax_quotes: boolean;
  skip_empty_lines: boolean;
  /** White space around fields and their quotes. */
  trim: boolean;
  relax_column_count: boolean;
  max_record_size: number;
  skip_records_with_error: boolean;
  on_skip: (error: CsvError | undefined) => undefined;
  on_record: (fields: string[], info: Info) => null;
}

export interface Parser {
  /** Parses at once as much of it as is whole. Bytes would have to be those of Node or of the build for browsers; text is taken by both. */
  write(text: string): void;
  end(): void;
  resume(): void;
  on(event: 'error', listener: (error: CsvError) => void): void;
}

export function parse(options: Options): Parser;
