// What happened to a tuning, the newest first.
import { ScrollArea, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { formatAuc, formatCompact, formatNumber, Time } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { nodeNamesQuery } from '../../queries/nodes.ts';
import { texts } from '../../texts.ts';
import type { LogEntry } from './tuning-story.ts';

const words = texts.tuningDetail;
const NODE_ID = /\bnode_[0-9a-hjkmnp-tv-z]{26}\b/g;

export function TuningLog({ log, fetching }: { log: readonly LogEntry[]; fetching: boolean }) {
  const { data: nodes } = useQuery(nodeNamesQuery);
  return (
    <Panel title={words.log}>
      {log.length === 0 ? (
        <Text c="dimmed">{fetching ? words.fetchingStory : words.noLog}</Text>
      ) : (
        <ScrollArea.Autosize mah={320} viewportProps={{ tabIndex: 0, 'aria-label': words.log, role: 'group' }}>
          <Table verticalSpacing={4}>
            <Table.Tbody>
              {log.map(({ seq, at, event }) => (
                <Table.Tr key={seq}>
                  <Table.Td w="1%" style={{ whiteSpace: 'nowrap', verticalAlign: 'top' }} c="dimmed">
                    <Time at={at} exact />
                  </Table.Td>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{withNames(sentenceOf(event), nodes)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea.Autosize>
      )}
    </Panel>
  );
}

/** Nodes by their names, where those are known. */
function withNames(sentence: string, nodes: ReadonlyMap<string, string> | undefined): string {
  return sentence.replace(NODE_ID, (id) => nodes?.get(id) ?? id);
}

function sentenceOf(event: LogEntry['event']): string {
  const { started, goesOn, rule, checkpointed, best } = words.logEntries;
  switch (event.type) {
    case 'started': {
      if (event.step > 0) return goesOn(formatNumber(event.step));
      const begun = started(formatNumber(event.totalSteps), formatCompact(event.trainableParameters));
      return event.validRuleAuc === null ? begun : `${begun}; ${rule(formatAuc(event.validRuleAuc))}`;
    }
    case 'checkpointed':
      return checkpointed(formatNumber(event.step));
    case 'evaluated':
      return best(formatAuc(event.validAuc), formatNumber(event.step));
    case 'note':
      return event.message;
    case 'state': {
      const state = texts.tunings.states[event.state];
      return event.error ? `${state}: ${event.error.message}` : state;
    }
  }
}
