// One candidate looked at closer: its numbers, the exact prompt that the model reads of it, and what it gets when scored alone.
import { Button, DataList, Group, Modal, Stack, Text } from '@mantine/core';
import type { Ranked } from '@tallrec/shared/wire/score';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { Fact } from '../../parts/fact.tsx';
import { formatNumber, formatProbability } from '../../parts/formats.tsx';
import { useScore } from '../../queries/answers.ts';
import { texts } from '../../texts.ts';
import { CandidatePrompt } from './candidate-prompt.tsx';
import { LatencyBar } from './latency-bar.tsx';
import { type Candidate, type Choice, scoreRequest, type Trial } from './trial.ts';

const words = texts.playground.look;

interface LookCloserProps {
  trial: Trial;
  choice: Choice;
  candidate: Candidate;
  /** Where there is a ranking that it stands in. */
  ranked: { place: number; all: number; score: Ranked } | undefined;
  onClose: () => void;
}

export function LookCloser({ trial, choice, candidate, ranked, onClose }: LookCloserProps) {
  return (
    <Modal opened onClose={onClose} title={candidate.title} size="xl">
      <Stack gap="lg">
        {ranked && <Numbers {...ranked} />}
        <Stack gap="xs" component="section" aria-label={words.prompt}>
          <Text fw={500}>{words.prompt}</Text>
          <Text size="sm" c="dimmed">
            {words.promptHint}
          </Text>
          <CandidatePrompt trial={trial} choice={choice} candidate={candidate} />
        </Stack>
        <ScoreAlone trial={trial} choice={choice} candidate={candidate} />
      </Stack>
    </Modal>
  );
}

function Numbers({
  place,
  all,
  score: { score, yesLogit, noLogit, blendScore },
}: NonNullable<LookCloserProps['ranked']>) {
  return (
    <DataList labelWidth="12em" aria-label={words.facts}>
      <Fact name={words.place}>{words.placeOf(formatNumber(place), formatNumber(all))}</Fact>
      <Fact name={words.probability}>{formatProbability(score)}</Fact>
      {blendScore !== undefined && <Fact name={words.blend}>{formatProbability(blendScore)}</Fact>}
      <Fact name={words.logits}>{words.logitPair(yesLogit.toFixed(3), noLogit.toFixed(3))}</Fact>
    </DataList>
  );
}

function ScoreAlone({ trial, choice, candidate }: Pick<LookCloserProps, 'trial' | 'choice' | 'candidate'>) {
  const score = useScore();
  return (
    <Stack gap="sm">
      <Group>
        <Button
          variant="default"
          loading={score.isPending}
          onClick={() => score.mutate(scoreRequest(trial, choice, candidate))}
        >
          {words.score}
        </Button>
        {score.data && (
          <Text fw={500} role="status">
            {words.scored(formatProbability(score.data.answer.scores[0]!.score))}
          </Text>
        )}
      </Group>
      {score.error && <ErrorAlert error={score.error} />}
      {score.data && <LatencyBar answered={score.data} />}
    </Stack>
  );
}
