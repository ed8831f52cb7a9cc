// What is told at each step of an adapter's story.
import { Badge, Code, Group, Stack, Text } from '@mantine/core';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { Tuning } from '@tallrec/shared/wire/tunings';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { DatasetLink } from '../../parts/entity-names.tsx';
import { formatAuc, formatNumber, formatShare, formatSpan, shortHash, Time } from '../../parts/formats.tsx';
import { LinkAnchor, LinkBadge } from '../../parts/links.tsx';
import { aliasesQuery } from '../../queries/aliases.ts';
import { datasetQuery } from '../../queries/datasets.ts';
import { tuningReportQuery } from '../../queries/tunings.ts';
import { texts } from '../../texts.ts';
import { type RecipeDifference, recipeDifferences } from './recipe-differences.ts';

const words = texts.adapters.story;
const settingWords = texts.settings;

const listed = (...facts: (string | null | undefined | false)[]) => facts.filter(Boolean).join(' · ');

function Detail({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed">
      {children}
    </Text>
  );
}

/** @param validated whether what it was validated on is told of elsewhere */
export function DataTold({ id, validated }: { id: string; validated: boolean }) {
  const { data } = useQuery(datasetQuery(id));
  const stats = data?.stats;
  return (
    <Stack gap={2}>
      <Text size="sm">
        <DatasetLink id={id} />
      </Text>
      {stats && (
        <Detail>
          {listed(
            words.rows(formatNumber(stats.rows)),
            stats.users !== null && words.users(formatNumber(stats.users)),
            stats.items !== null && words.items(formatNumber(stats.items)),
            stats.likedShare !== null && words.liked(formatShare(stats.likedShare)),
          )}
        </Detail>
      )}
      {!validated && <Detail>{words.heldOut}</Detail>}
    </Stack>
  );
}

export function TuningTold({ tuning: { id, name, state, settings } }: { tuning: Tuning }) {
  const { stage, shots, seed, hyperParameters } = settings;
  const differences = recipeDifferences(hyperParameters);
  return (
    <Stack gap={4} align="flex-start">
      <Text size="sm">
        <LinkAnchor to="/tunings/$id" params={{ id }}>
          {name}
        </LinkAnchor>
      </Text>
      <Detail>
        {listed(
          words.stages[stage],
          shots === undefined ? words.allShots : words.shots(formatNumber(shots)),
          words.seed(String(seed)),
        )}
      </Detail>
      {state === 'succeeded' && <RunTold id={id} />}
      <Detail>{differences.length === 0 ? words.paper : words.but}</Detail>
      {differences.length > 0 && (
        <Group gap={4}>
          {differences.map((difference) => (
            <Badge key={difference.name} color="gray" fw={400}>
              {words.setting(settingWords[difference.name].label, shown(difference))}
            </Badge>
          ))}
        </Group>
      )}
    </Stack>
  );
}

function shown({ value }: RecipeDifference): string {
  if (typeof value === 'boolean') return value ? texts.common.yes : texts.common.no;
  return String(value);
}

function RunTold({ id }: { id: string }) {
  const { data: report } = useQuery(tuningReportQuery(id));
  if (!report) return null;
  const { steps, bestStep, durationMs, provider, precision } = report;
  return (
    <Detail>
      {words.run(formatNumber(steps), formatNumber(bestStep), formatSpan(durationMs), `${provider}, ${precision}`)}
    </Detail>
  );
}

export function AdapterItself({ adapter: { id, template, metrics, blend } }: { adapter: Adapter }) {
  return (
    <Stack gap={2}>
      <Text size="sm">
        <Code>{shortHash(id)}</Code>
      </Text>
      <Detail>{listed(words.template(template), metrics && words.validAuc(formatAuc(metrics.validAuc)))}</Detail>
      {blend ? (
        <Detail>{words.blend(formatNumber(blend.samples))}</Detail>
      ) : (
        metrics && <Detail>{words.noBlend}</Detail>
      )}
    </Stack>
  );
}

export function Uses({ aliases }: Pick<Adapter, 'aliases'>) {
  const { data } = useQuery(aliasesQuery);
  if (aliases.length === 0) return <Detail>{words.notUsed}</Detail>;
  return (
    <Stack gap={4}>
      {aliases.map((alias) => {
        const since = data?.items.find((other) => other.alias === alias)?.updatedAt;
        return (
          <Group key={alias} gap="xs">
            <LinkBadge to="/aliases/$alias" params={{ alias }} color="green">
              {alias}
            </LinkBadge>
            {since && (
              <Detail>
                {words.since} <Time at={since} />
              </Detail>
            )}
          </Group>
        );
      })}
    </Stack>
  );
}
