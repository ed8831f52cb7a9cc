// Fields of a line where quotes mostly quote nothing, as in tables parted by tabs, :: or |.

const QUOTED = /^"(?:[^"]|"")*"$/;
const QUOTED_WITH_BACKSLASH = /^"(?:[^"\\]|\\.|"")*\\?"$/s;

export interface QuotedFields {
  fields: string[];
  /** Whether a quote opens a field and closes none up to the end. */
  isOpen: boolean;
}

/**
 * A quote is text unless it opens a field and another closes it at the field's end.
 * @param width how many fields there should be: a line that has them without any quotes is taken at its word
 */
export function quotedFields(
  text: string,
  { delimiter, backslash }: { delimiter: string; backslash: boolean },
  width?: number,
): QuotedFields {
  const parts = text.split(delimiter);
  if (!text.includes('"')) return { fields: parts, isOpen: false };
  const quoted = backslash ? QUOTED_WITH_BACKSLASH : QUOTED;
  const unquoted = (field: string) => field.slice(1, -1).replace(backslash ? /""|\\"/g : /""/g, '"');
  if (parts.length === width) {
    return { fields: parts.map((part) => (quoted.test(part) ? unquoted(part) : part)), isOpen: false };
  }
  const closes = parts.map((part) => part.endsWith('"'));
  const fields: string[] = [];
  let isOpen = false;
  for (let at = 0; at < parts.length; at++) {
    const end = parts[at]!.startsWith('"')
      ? closes.findIndex((close, to) => close && to >= at && quoted.test(parts.slice(at, to + 1).join(delimiter)))
      : -1;
    if (end === -1) {
      isOpen ||= parts[at]!.startsWith('"');
      fields.push(parts[at]!);
    } else {
      fields.push(unquoted(parts.slice(at, end + 1).join(delimiter)));
      at = end;
    }
  }
  return { fields, isOpen };
}
