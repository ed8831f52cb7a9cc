// Candidates in the model's order, each with its probability, and how far that is from the order of popularity.
import { Anchor, Badge, CloseButton, Group, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import { itemKey } from '@tallrec/shared/metrics';
import type { Ranked, RankResponse } from '@tallrec/shared/wire/score';
import { useState } from 'react';
import { formatNumber, formatProbability } from '../../parts/formats.tsx';
import { ItemTitle } from '../../parts/item-title.tsx';
import { ProbabilityBar } from '../../parts/probability-bar.tsx';
import { likedColor } from '../../parts/series-style.tsx';
import { TableHead } from '../../parts/table-head.tsx';
import { texts } from '../../texts.ts';
import { LookCloser } from './look-closer.tsx';
import { type PlaceByPopularity, placesByPopularity } from './popularity.ts';
import { type Candidate, type Choice, type Trial, withoutCandidate } from './trial.ts';
import { useLikes } from './use-likes.ts';
import type { TrialView } from './use-trial.ts';

const words = texts.playground.ranking;

interface CandidatesProps {
  trial: Trial;
  choice: Choice | null;
  dataset: string | undefined;
  ranking: RankResponse['ranking'] | undefined;
  /** Something was changed since it was ranked. */
  stale: boolean;
  change: TrialView['change'];
}

export function CandidatesTable({ trial, choice, dataset, ranking = [], stale, change }: CandidatesProps) {
  const [looked, setLooked] = useState<Candidate | null>(null);
  const likesOf = useLikes(dataset, trial.candidates);
  const popularity = placesByPopularity(ranking, likesOf);
  const placeOf = (candidate: Candidate) => {
    const at = ranking.findIndex((other) => itemKey(other.candidate) === itemKey(candidate));
    return at === -1 ? undefined : { place: at + 1, all: ranking.length, score: ranking[at]! };
  };
  // Before a ranking has come, what came next stands first and then what most people liked.
  const likes = ({ candidate }: { candidate: Candidate }) => (candidate.next ? Infinity : (likesOf(candidate) ?? -1));
  const byLikes = (a: { candidate: Candidate }, b: { candidate: Candidate }) => likes(b) - likes(a) || 0;
  const rows = trial.candidates
    .map((candidate) => ({ candidate, ranked: placeOf(candidate) }))
    .sort((a, b) => (a.ranked?.place ?? Infinity) - (b.ranked?.place ?? Infinity) || byLikes(a, b));
  const isRanked = ranking.length > 0;
  return (
    <>
      <Table.ScrollContainer minWidth={isRanked ? 520 : 320}>
        <Table verticalSpacing={6} horizontalSpacing="xs" fz="sm" aria-label={words.title}>
          <TableHead columns={columnsOf(isRanked)} hints={words.hints} unseen={['actions']} />
          <Table.Tbody>
            {rows.map(({ candidate, ranked }) => (
              <Table.Tr key={itemKey(candidate)}>
                {isRanked && <Table.Td fw={600}>{ranked ? formatNumber(ranked.place) : texts.common.none}</Table.Td>}
                <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
                  <Title candidate={candidate} onLook={() => setLooked(candidate)} />
                </Table.Th>
                {isRanked && (
                  <Table.Td w={190}>{ranked ? <Probability {...ranked.score} /> : texts.common.none}</Table.Td>
                )}
                <Table.Td>
                  <Popularity likes={likesOf(candidate)} place={popularity.get(itemKey(candidate))} />
                </Table.Td>
                <Table.Td w={32}>
                  <CloseButton
                    size="sm"
                    aria-label={words.remove(candidate.title)}
                    onClick={() => change((before) => withoutCandidate(before, candidate))}
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text size="xs" c="dimmed" role="status">
        {stale ? words.stale : words.look}
      </Text>
      {looked && choice && (
        <LookCloser
          trial={trial}
          choice={choice}
          candidate={looked}
          ranked={placeOf(looked)}
          onClose={() => setLooked(null)}
        />
      )}
    </>
  );
}

function columnsOf(isRanked: boolean): Record<string, string> {
  const { place, title, probability, popularity, actions } = words.columns;
  return {
    ...(isRanked ? { place } : {}),
    title,
    ...(isRanked ? { probability } : {}),
    popularity,
    actions,
  };
}

function Title({ candidate: { title, next }, onLook }: { candidate: Candidate; onLook: () => void }) {
  return (
    <Stack gap={2} align="flex-start">
      <Anchor component="button" type="button" inherit ta="left" onClick={onLook}>
        <ItemTitle>{title}</ItemTitle>
      </Anchor>
      {next && (
        <Badge size="sm" color={likedColor(next.liked)}>
          {next.liked === null ? words.next : next.liked ? words.nextLiked : words.nextNotLiked}
        </Badge>
      )}
    </Stack>
  );
}

function Probability({ score, blendScore }: Ranked) {
  return (
    <>
      <ProbabilityBar value={blendScore ?? score} />
      {blendScore !== undefined && (
        <Text size="xs" c="dimmed" ta="right">
          {words.alone(formatProbability(score))}
        </Text>
      )}
    </>
  );
}

function Popularity({ likes, place }: { likes: number | undefined; place: PlaceByPopularity | undefined }) {
  if (likes === undefined) return texts.common.none;
  return (
    <Group gap={6} wrap="nowrap">
      {place && <Climbed climbed={place.climbed} />}
      <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
        {place ? words.placed(formatNumber(place.place), likes) : words.likes(likes)}
      </Text>
    </Group>
  );
}

function Climbed({ climbed }: Pick<PlaceByPopularity, 'climbed'>) {
  const places = Math.abs(climbed);
  const [sign, color, said] =
    climbed > 0
      ? [`▲ ${formatNumber(places)}`, 'green', words.higher(places)]
      : climbed < 0
        ? [`▼ ${formatNumber(places)}`, 'red', words.lower(places)]
        : ['=', 'gray', words.same];
  return (
    <Badge color={color} title={said} w="4.5em">
      <span aria-hidden>{sign}</span>
      <VisuallyHidden>{said}</VisuallyHidden>
    </Badge>
  );
}
