// Faults in words for the operator's log: what happened and why, without keys, tokens or the values of a query.
const SECRETS = /tlr_[\w-]{8,}|Bearer +\S+|[\w-]{20,}\.[\w-]{20,}/gi;
/** drizzle puts the values of a failed query behind its text. */
const QUERY_VALUES = /\nparams: [^\n]*/g;

/** Takes out what looks like a key, a node's secret or a signed token, and the configured secrets. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text.replace(QUERY_VALUES, '');
  for (const secret of secrets) clean = clean.replaceAll(secret, '[secret]');
  return clean.replace(SECRETS, '[secret]');
}

/** The error with its stack and those behind it. */
export function faultOf(error: unknown, secrets: readonly string[] = []): string {
  const told: string[] = [];
  for (let at: unknown = error; at !== undefined && told.length < 5; at = at instanceof Error ? at.cause : undefined) {
    told.push(at instanceof Error ? (at.stack ?? at.message) : String(at));
  }
  return redact(told.join('\ncaused by: '), secrets);
}
