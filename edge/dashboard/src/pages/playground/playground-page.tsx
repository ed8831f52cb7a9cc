// The playground: someone's taste on one side, what the model would recommend them on the other, and the call as code below.
import '@mantine/core/styles/Grid.css';
import { Box, Grid, Stack, Text } from '@mantine/core';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { texts } from '../../texts.ts';
import { CandidatePrompt } from './candidate-prompt.tsx';
import { ChoiceBar } from './choice-bar.tsx';
import { CodePanel } from './code-panel.tsx';
import { RankingPanel } from './ranking-panel.tsx';
import { TastePanel } from './taste-panel.tsx';
import { useChoice } from './use-choice.ts';
import { useTrial } from './use-trial.ts';
import { useTrialDataset } from './use-trial-dataset.ts';

export function PlaygroundPage() {
  const choosing = useChoice();
  const from = useTrialDataset(choosing.adapter, choosing.isPending);
  const view = useTrial(from);
  const { choice } = choosing;
  const [first] = view.trial.candidates;
  return (
    <Page title={texts.playground.title} lead={texts.playground.lead}>
      <Stack gap="lg">
        <ChoiceBar view={choosing} trial={view} />
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 5 }}>
            <TastePanel view={view} from={from} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 7 }}>
            <RankingPanel view={view} choice={choice} dataset={from.dataset?.id} />
          </Grid.Col>
        </Grid>
        {choice && first && (
          // On a phone a candidate's prompt is a touch away there.
          <Box visibleFrom="md">
            <Panel title={texts.playground.reads.title}>
              <Stack gap="sm">
                <Text size="sm" c="dimmed">
                  {texts.playground.reads.body(first.title)}
                </Text>
                <CandidatePrompt trial={view.trial} choice={choice} candidate={first} small />
              </Stack>
            </Panel>
          </Box>
        )}
        {choice && <CodePanel trial={view.trial} choice={choice} />}
      </Stack>
    </Page>
  );
}
