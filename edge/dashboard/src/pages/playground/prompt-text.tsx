// The exact prompt that the model reads of a candidate, as the API formats it.
import { Code, ScrollArea } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { QueryView } from '../../parts/query-view.tsx';
import { promptQuery } from '../../queries/answers.ts';
import { texts } from '../../texts.ts';
import type { Choice } from './trial.ts';
import { type Candidate, sampleOf, type Trial } from './trial.ts';

interface PromptTextProps {
  trial: Trial;
  choice: Choice;
  candidate: Candidate;
}

export function PromptText({ trial, choice, candidate }: PromptTextProps) {
  const sample = sampleOf(trial, candidate);
  const prompt = useQuery({ ...promptQuery(sample, choice.template), placeholderData: keepPreviousData });
  return (
    <QueryView query={prompt}>
      {(text) => (
        <ScrollArea.Autosize
          mah={300}
          type="auto"
          viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': texts.playground.look.prompt }}
        >
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {text}
          </Code>
        </ScrollArea.Autosize>
      )}
    </QueryView>
  );
}
