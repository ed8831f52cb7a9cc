// Names and titles within a sentence: what is written from right to left in them must not turn round what stands beside them.

const RIGHT_TO_LEFT =
  /[\p{Bidi_Control}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** They would reach beyond the sentence, or end the isolation. */
const OVERRIDES = /[\u202a-\u202e\u2066-\u2069]/g;

/** As it is where it reads from left to right; else between the marks of an isolate (Unicode's bidirectional algorithm, UAX #9). */
export function isolated(name: string): string {
  return RIGHT_TO_LEFT.test(name) ? `\u2068${name.replace(OVERRIDES, '')}\u2069` : name;
}
