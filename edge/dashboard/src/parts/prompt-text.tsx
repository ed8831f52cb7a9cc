// A prompt as the model reads it, cut into its tokens where they are known, with the place of the answer behind it.
import { Paper, Text } from '@mantine/core';
import { hasMendedQuotes, type Sample } from '@tallrec/shared/sample';
import type { CSSProperties } from 'react';
import { texts } from '../texts.ts';
import { formatNumber } from './formats.tsx';

const words = texts.prompts;

interface PromptTextProps {
  prompt: string;
  /** In order; joined they are the prompt. */
  pieces?: readonly string[] | null;
  /** Null where none is known. */
  answer: string | null;
  /** What the prompt was made of; null where it was made of something else. */
  sample: Sample | null;
  /** Where it stands beside other things. */
  small?: boolean;
}

const LARGE = { size: 'sm', padding: 'md', mah: 640 } as const;
const SMALL = { size: 'xs', padding: 'sm', mah: 340 } as const;
const READABLE: CSSProperties = { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', lineHeight: 1.75 };
const PIECE: CSSProperties = { borderRadius: 3, paddingBlock: 2 };
/** Neighbours differ. */
const TINTS = [
  'var(--mantine-color-blue-light)',
  'light-dark(var(--mantine-color-gray-2), var(--mantine-color-dark-4))',
];
const SLOT: CSSProperties = { display: 'inline-block', border: '2px solid', borderRadius: 6, padding: '0 8px' };

/** Beyond these nobody reads and a browser is slow: the beginning and the end are shown. */
const MOST = { characters: 20_000, pieces: 5000 };
const OF_THE_END = { characters: 4000, pieces: 1000 };

export function PromptText({ prompt, pieces, answer, sample, small = false }: PromptTextProps) {
  const { size, padding, mah } = small ? SMALL : LARGE;
  return (
    <>
      <Paper
        withBorder
        p={padding}
        tabIndex={0}
        role="group"
        aria-label={words.prompt}
        mah={mah}
        style={{ overflow: 'auto' }}
      >
        <Text component="div" size={size} ff="monospace" style={READABLE}>
          {pieces ? <Pieces pieces={shortPieces(pieces)} /> : shortText(prompt)}
          <Answer answer={answer} />
        </Text>
      </Paper>
      {sample && hasMendedQuotes(sample) && (
        <Text size="xs" c="dimmed" mt={4}>
          {words.mendedQuotes}
        </Text>
      )}
    </>
  );
}

function shortText(text: string): string {
  const { characters } = MOST;
  if (text.length <= characters) return text;
  const end = OF_THE_END.characters;
  return `${text.slice(0, characters - end)}${leftOut(text.length - characters)}${text.slice(-end)}`;
}

function shortPieces(pieces: readonly string[]): readonly string[] {
  if (pieces.length <= MOST.pieces) return pieces;
  const end = OF_THE_END.pieces;
  const [first, between, last] = [
    pieces.slice(0, MOST.pieces - end),
    pieces.slice(MOST.pieces - end, -end),
    pieces.slice(-end),
  ];
  return [...first, leftOut(between.join('').length), ...last];
}

const leftOut = (count: number) => `\n\n${words.leftOut(formatNumber(count))}\n\n`;

function Pieces({ pieces }: { pieces: readonly string[] }) {
  return pieces.map((piece, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: tokens of one prompt have no other name
    <span key={at} style={{ ...PIECE, background: TINTS[at % 2] }}>
      {piece.split('\n').map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: nor have their lines
        <span key={row}>
          {row > 0 && <LineEnd />}
          {line}
        </span>
      ))}
    </span>
  ));
}

/** A token of its own, or a part of one: it is there to be seen. */
function LineEnd() {
  return (
    <>
      <Text span inherit c="dimmed" aria-hidden style={{ userSelect: 'none' }}>
        ↵
      </Text>
      {'\n'}
    </>
  );
}

function Answer({ answer }: { answer: string | null }) {
  const known = answer !== null;
  return (
    <>
      <Text
        span
        inherit
        fw={700}
        c={known ? 'var(--mantine-color-text)' : 'dimmed'}
        style={{ ...SLOT, borderStyle: known ? 'solid' : 'dashed', borderColor: 'var(--mantine-color-blue-filled)' }}
      >
        {known ? answer : '?'}
      </Text>
      <Text span size="xs" c="dimmed" ff="text" style={{ userSelect: 'none' }}>
        {' '}
        {known ? words.answer : words.noAnswer}
      </Text>
    </>
  );
}
