// JSON from outside, before a schema looks at it.

/** @returns undefined where the text is no JSON, which no schema takes for a value */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
