// A TALLRec sample: what a user liked and disliked, and one item to judge; and its published JSON form.
import { z } from 'zod';
import { LIMITS } from './limits.ts';

const most = (characters: number) => `at most ${characters} characters are allowed`;

/** An id in people's data, of a user or an item; those of the service are in `ids.ts`. */
export const dataIdSchema = (empty = 'an id may not be empty') =>
  z.string().min(1, empty).max(LIMITS.idCharacters, most(LIMITS.idCharacters));

export const creatorSchema = z.string().min(1).max(LIMITS.titleCharacters, most(LIMITS.titleCharacters));

export const titleSchema = z
  .string()
  .min(1, 'a title may not be empty')
  .max(LIMITS.titleCharacters, most(LIMITS.titleCharacters))
  .meta({ example: 'Toy Story (1995)' });

export const itemSchema = z.object({
  title: titleSchema,
  by: creatorSchema.optional().describe('The creator, shown as `"Title" written by Creator`.'),
  id: dataIdSchema().optional(),
  at: z.number().optional().describe('Unix time in seconds.'),
});
export type Item = z.infer<typeof itemSchema>;

export const historyItemSchema = itemSchema.extend({ liked: z.boolean() });
export type HistoryItem = z.infer<typeof historyItemSchema>;

export const DEFAULT_NOUN = 'movie';
export const nounSchema = z
  .string()
  .regex(/^[\p{L}\p{N}_-]+$/u, 'what an item is called in the prompt: one word, such as movie or book')
  .max(LIMITS.nounCharacters)
  // In JSON Schema a pattern has no flags: it reads Unicode anyway.
  .meta({ example: 'movie', pattern: '^[\\p{L}\\p{N}_-]+$' });

export const sampleSchema = z.object({
  user: dataIdSchema().optional(),
  noun: nounSchema.default(DEFAULT_NOUN),
  history: z
    .array(historyItemSchema)
    .max(LIMITS.historyItems)
    .describe(
      'Oldest first where the order is known; the published form keeps it within the liked and within the disliked only.',
    ),
  target: itemSchema,
  liked: z.boolean().optional(),
});
export type Sample = z.infer<typeof sampleSchema>;

/** A sample that can be learned from or judged. */
export const labelledSampleSchema = sampleSchema.extend({ liked: z.boolean() });
export type LabelledSample = z.infer<typeof labelledSampleSchema>;

/** What is to be scored does not hold the answer. */
export function withoutLabel({ liked: _, ...sample }: LabelledSample): Sample {
  return sample;
}

/** A row of the published TALLRec files and of Alpaca files. */
export const instructionRowSchema = z.object({
  instruction: z.string().min(1, 'an instruction may not be empty'),
  input: z.string().default(''),
  output: z.string(),
});
export type InstructionRow = z.infer<typeof instructionRowSchema>;

export const ANSWERS = { liked: 'Yes.', disliked: 'No.' } as const;

export function answerOf(liked: boolean): string {
  return liked ? ANSWERS.liked : ANSWERS.disliked;
}

export function instructionFor(noun: string): string {
  return `Given the user's preference and unpreference, identify whether the user will like the target ${noun} by answering "Yes." or "No.".`;
}

/** Most titles: nothing in them can be mended. */
const PLAIN = /^[ !#-~]*[!#-~]$/;
// LLaMA's tokenizers write ▁ for a space and cannot tell the two apart.
const LINE_BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029▁]+/g;
// The published books hold soft hyphens: half of an í that was decoded wrongly.
const UNSEEN = /(?!\u00ad)[\p{Cc}\p{Default_Ignorable_Code_Point}]/gu;
const READS_AS_FORM = /"[\s\u00ad]*(?:[,?]|written\s+by)|,[\s\u00ad]*"/i;
const QUOTES = /["＂]/g;
// Looks behind so as not to try a long run from each of its places.
const SPACES_AT_END = /(?<! ) +$/;
const STAND_IN = 'unknown';

/**
 * A title or creator as it stands in a prompt, where it cannot pass for a part of the form, since sellers write titles:
 * - it is one line of whole, visible characters: line breaks and tabs become a space, control characters and what Unicode calls
 *   ignorable (zero width, marks of direction, tags) go, half a surrogate pair becomes U+FFFD, spaces at the end go;
 * - double quotes stay, as in the published books, unless one would read as where an item begins or ends (beside a comma, before
 *   a question mark or before `written by`, also once a tokenizer has normalised the text): then all of them become apostrophes;
 * - where nothing is left, `unknown` stands for it.
 */
export function harmlessText(text: string): string {
  if (PLAIN.test(text)) return text;
  // Halves first: what goes from between two of them must not join them.
  const line = text.toWellFormed().replace(LINE_BREAKS, ' ').replace(UNSEEN, '').replace(SPACES_AT_END, '');
  const mended = READS_AS_FORM.test(line.normalize('NFKC')) ? line.replace(QUOTES, "'") : line;
  return mended || STAND_IN;
}

/** Whether the double quotes of a title or creator stand in the prompt as apostrophes: see `harmlessText`. */
export function hasMendedQuotes({ history, target }: Pick<Sample, 'history' | 'target'>): boolean {
  const written = [...history, target].flatMap(({ title, by = '' }) => [title, by]);
  return written.some((text) => text.search(QUOTES) !== -1 && harmlessText(text).search(QUOTES) === -1);
}

function itemText({ title, by }: Item): string {
  const quoted = `"${harmlessText(title)}"`;
  return by === undefined ? quoted : `${quoted} written by ${harmlessText(by)}`;
}

/** The `input` of the published files. */
export function inputOf(sample: Sample): string {
  const list = (liked: boolean) =>
    sample.history
      .filter((item) => item.liked === liked)
      .map(itemText)
      .join(', ');
  const target = sample.target.by === undefined ? harmlessText(sample.target.title) : itemText(sample.target);
  return `User Preference: ${list(true)}\nUser Unpreference: ${list(false)}\nWhether the user will like the target ${sample.noun} "${target}"?`;
}

export function toInstructionRow(sample: LabelledSample): InstructionRow {
  return { instruction: instructionFor(sample.noun), input: inputOf(sample), output: answerOf(sample.liked) };
}

const WRITTEN_BY = /^"(.*)" written by (.+)$/s;
const INPUT =
  /^User Preference:(?: (?<liked>[^\n]*))?\nUser Unpreference:(?: (?<disliked>[^\n]*))?\nWhether the user will like the target (?<noun>\S+) "(?<target>[^\n]*)"\?$/;

function parseItem(text: string): Item {
  const book = WRITTEN_BY.exec(text);
  if (book) return { title: book[1]!, by: book[2]! };
  return { title: text.replace(/^"|"$/g, '') };
}

/** What other writers put where a list is empty; an item of that name would stand in quotes. */
const NOTHING = /^(?:none|null|nan|nothing|n\/a|-|\[\s*\])?\.?$/i;

function parseList(text: string, liked: boolean): HistoryItem[] {
  if (NOTHING.test(text.trim())) return [];
  // A comma outside quotes parts two items; titles and creators hold commas, but never `, "`: see `harmlessText`.
  return text.split(/, (?=")/).map((part) => ({ ...parseItem(part), liked }));
}

/**
 * Reads a published row back into a sample: the inverse of `toInstructionRow`, but for what `harmlessText` mends.
 * @returns the sample, or what was wrong and how to mend it
 */
export function parsePublishedRow(row: InstructionRow): { sample: LabelledSample } | { problem: string } {
  // Files that went through other systems have CRLF, spaces before line ends, or a line end at the end: no title has any of these.
  const parts = INPUT.exec(row.input.replace(/[ \t]*(?:\r\n|\r|\n)/g, '\n').trim())?.groups;
  if (!parts) {
    return {
      problem:
        'input: expected three lines, User Preference: "A", "B" / User Unpreference: "C" / Whether the user will like the target movie "D"?',
    };
  }
  const answer = row.output.trim().replace(/\.$/, '').toLowerCase();
  if (answer !== 'yes' && answer !== 'no') return { problem: 'output: expected "Yes." or "No."' };
  const target = WRITTEN_BY.test(parts.target!) ? parseItem(parts.target!) : { title: parts.target! };
  const parsed = labelledSampleSchema.safeParse({
    noun: parts.noun,
    history: [...parseList(parts.liked ?? '', true), ...parseList(parts.disliked ?? '', false)],
    target,
    liked: answer === 'yes',
  });
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return { problem: `input: ${issue.path.join('.')}: ${issue.message}` };
  }
  return { sample: parsed.data };
}
