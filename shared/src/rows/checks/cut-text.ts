// Texts as sellers write them, longer than a prompt has use for.
import { LIMITS } from '../../limits.ts';

/** @returns a title or creator without spaces around it, cut where it is too long, between characters */
export function cutText(value: unknown): { text: unknown; isCut: boolean } {
  const text = typeof value === 'string' ? value.trim() : value;
  if (typeof text !== 'string' || text.length <= LIMITS.titleCharacters) return { text, isCut: false };
  const halved = text.charCodeAt(LIMITS.titleCharacters - 1) >> 10 === 0xd800 >> 10;
  return { text: text.slice(0, LIMITS.titleCharacters - (halved ? 1 : 0)).trimEnd(), isCut: true };
}
