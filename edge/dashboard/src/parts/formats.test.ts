import { expect, it } from 'vitest';
import { formatRoughSpan } from './formats.tsx';

it('says of a span no more than is known of it', () => {
  const spans = [300, 4_400, 59_456, 119_000, 137_000, 754_000, 5_000_000, 7_300_000, 50_400_000];
  expect(spans.map(formatRoughSpan)).toEqual([
    ...['1 sec', '4 sec', '1 min', '2 min', '2 min 20 sec', '13 min', '1 hr 25 min', '2 hr', '14 hr'],
  ]);
});
