// Deletes all objects below a place.

/** What one call of R2 lists and deletes at most. */
const AT_ONCE = 1000;

/**
 * Begun again after it broke off, it goes on with what is left.
 * @param prefix ends with `/`, so that it is a place and not a beginning of others' names too
 * @param kept keys that stay
 */
export async function deletePrefix(bucket: R2Bucket, prefix: string, kept: readonly string[] = []): Promise<void> {
  const keep = new Set(kept);
  let cursor: string | undefined;
  do {
    const page: R2Objects = await bucket.list({ prefix, limit: AT_ONCE, ...(cursor === undefined ? {} : { cursor }) });
    const keys = page.objects.map(({ key }) => key).filter((key) => !keep.has(key));
    if (keys.length > 0) await bucket.delete(keys);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}
