// The call of this page as code to be taken along.
import '@mantine/core/styles/FloatingIndicator.css';
import {
  Button,
  Code,
  CopyButton,
  Group,
  ScrollArea,
  SegmentedControl,
  Stack,
  Text,
  VisuallyHidden,
} from '@mantine/core';
import { useState } from 'react';
import { LinkAnchor } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';
import { LANGUAGES, type Language, type PlaygroundCall, snippet } from './snippets.ts';
import { type Choice, rankRequest, scoreRequest, type Trial } from './trial.ts';

const words = texts.playground.code;
const CALLS = ['rank', 'score'] as const;
type Call = (typeof CALLS)[number];

const labelled = <V extends string>(values: readonly V[], labels: Record<V, string>) =>
  values.map((value) => ({ value, label: labels[value] }));

export function CodePanel({ trial, choice }: { trial: Trial; choice: Choice }) {
  const [call, setCall] = useState<Call>('rank');
  const [language, setLanguage] = useState<Language>('curl');
  const isAdmin = useMay('admin');
  const code = snippet(language, window.location.origin, callOf(call, trial, choice));
  return (
    <Panel title={words.title}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Group gap="sm">
            <SegmentedControl
              size="xs"
              aria-label={words.call}
              data={labelled(CALLS, words.calls)}
              value={call}
              onChange={setCall}
            />
            <SegmentedControl
              size="xs"
              aria-label={words.language}
              data={labelled(LANGUAGES, words.languages)}
              value={language}
              onChange={setLanguage}
            />
          </Group>
          <CopyButton value={code}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" onClick={copy}>
                <span aria-live="polite">{copied ? texts.common.copied : texts.common.copy}</span>
                <VisuallyHidden>&nbsp;{words.copied}</VisuallyHidden>
              </Button>
            )}
          </CopyButton>
        </Group>
        <ScrollArea.Autosize
          mah={380}
          type="auto"
          viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': words.languages[language] }}
        >
          <Code block>{code}</Code>
        </ScrollArea.Autosize>
        <Text size="sm" c="dimmed">
          {language === 'browser' ? words.browserHint : words.hint}{' '}
          {isAdmin && (
            <LinkAnchor to="/keys" underline="always">
              {words.keys}
            </LinkAnchor>
          )}
        </Text>
      </Stack>
    </Panel>
  );
}

/** Of the candidates the first is scored. */
function callOf(call: Call, trial: Trial, choice: Choice): PlaygroundCall {
  const [first] = trial.candidates;
  if (call === 'score' && first) return { path: '/v1/score', body: scoreRequest(trial, choice, first) };
  return { path: '/v1/rank', body: rankRequest(trial, choice) };
}
