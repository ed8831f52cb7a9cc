// A prompt as the model reads it, cut into its tokens where they are known, with the place of the answer behind it.
import { Paper, Text } from '@mantine/core';
import type { CSSProperties } from 'react';
import { promptTexts as words } from '../texts/prompts.ts';

interface PromptTextProps {
  prompt: string;
  /** In order; joined they are the prompt. */
  pieces?: readonly string[] | null;
  /** Null where none is known. */
  answer: string | null;
}

const READABLE: CSSProperties = { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', lineHeight: 1.75 };
const PIECE: CSSProperties = { borderRadius: 3, paddingBlock: 2 };
/** Neighbours differ. */
const TINTS = [
  'var(--mantine-color-blue-light)',
  'light-dark(var(--mantine-color-gray-2), var(--mantine-color-dark-4))',
];
const SLOT: CSSProperties = { border: '2px solid', borderRadius: 6, padding: '1px 8px' };

export function PromptText({ prompt, pieces, answer }: PromptTextProps) {
  return (
    <Paper withBorder p="md" tabIndex={0} role="group" aria-label={words.prompt} mah={640} style={{ overflow: 'auto' }}>
      <Text component="div" size="sm" ff="monospace" style={READABLE}>
        {pieces ? <Pieces pieces={pieces} /> : prompt}
        <Answer answer={answer} />
      </Text>
    </Paper>
  );
}

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
