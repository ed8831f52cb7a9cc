// The exact prompt that the model reads of a candidate, as the API formats it.
import { answerOf } from '@tallrec/shared/sample';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { PromptText } from '../../parts/prompt-text.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { promptQuery } from '../../queries/answers.ts';
import { type Candidate, type Choice, sampleOf, type Trial } from './trial.ts';

interface CandidatePromptProps {
  trial: Trial;
  choice: Choice;
  candidate: Candidate;
  small?: boolean;
}

export function CandidatePrompt({ trial, choice, candidate, small = false }: CandidatePromptProps) {
  const sample = sampleOf(trial, candidate);
  const prompt = useQuery({ ...promptQuery(sample, choice.template), placeholderData: keepPreviousData });
  const liked = candidate.next?.liked ?? null;
  return (
    <QueryView query={prompt}>
      {(text) => (
        <PromptText prompt={text} answer={liked === null ? null : answerOf(liked)} sample={sample} small={small} />
      )}
    </QueryView>
  );
}
