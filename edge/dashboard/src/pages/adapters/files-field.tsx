// The files of an adapter: dropped or chosen together, read at once, and told what is still missing.
import '@mantine/dropzone/styles.css';
import { Input, List, Stack, Text } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { LIMITS } from '@tallrec/shared/limits';
import type { Provenance } from '@tallrec/shared/tuning';
import { ADAPTER_FILES, BLEND_FILE, PICKLE_FILE, PICKLE_FIX } from '@tallrec/shared/wire/adapters';
import { RESULT_FILES } from '@tallrec/shared/wire/link';
import type { ReactNode } from 'react';
import { formatBytes, formatNumber } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import type { ImportInput } from '../../transfers/import-adapter.ts';
import { type ChosenFiles, type ReadConfig, readBlend, readConfig, readReport, sortedFiles } from './chosen-files.ts';

const words = texts.adapters.import;

export interface ReadFiles {
  chosen: ChosenFiles;
  config: ReadConfig | null;
  /** Of the report. */
  provenance: Provenance | null;
  /** What is wrong with them. */
  problem: string | null;
  /** All that an import needs. */
  ready: Pick<ImportInput, 'config' | 'weights' | 'blend'> | null;
}

export const EMPTY_FILES: ReadFiles = { chosen: {}, config: null, provenance: null, problem: null, ready: null };

/** @param before they join those that were chosen before */
async function readFiles(before: ChosenFiles, files: readonly File[]): Promise<ReadFiles> {
  const chosen = { ...before, ...sortedFiles(files) };
  const { config, weights, blend, report } = chosen;
  const read = config ? readConfig(await config.text()) : null;
  const blended = blend ? readBlend(await blend.text()) : null;
  const told = report ? readReport(await report.text()) : null;
  const problems = [
    ...(!weights && files.some(({ name }) => name === PICKLE_FILE) ? [words.problems.pickle(PICKLE_FIX)] : []),
    ...(read && 'problem' in read ? [read.problem] : []),
    ...(blended && 'problem' in blended ? [blended.problem] : []),
    ...(told && 'problem' in told ? [told.problem] : []),
    ...(weights && weights.size > LIMITS.adapterBytes ? [words.problems.large(formatBytes(LIMITS.adapterBytes))] : []),
    ...(files.length > 0 && Object.keys(sortedFiles(files)).length === 0 ? [words.problems.others] : []),
  ];
  const usable = problems.length === 0 && config && weights;
  return {
    chosen,
    config: read && !('problem' in read) ? read : null,
    problem: problems[0] ?? null,
    provenance: told && !('problem' in told) ? told : null,
    ready: usable ? { config, weights, ...(blended && !('problem' in blended) ? { blend: blended } : {}) } : null,
  };
}

interface FilesFieldProps {
  value: ReadFiles;
  error: ReactNode;
  disabled: boolean;
  onChange: (files: ReadFiles) => void;
}

export function FilesField({ value: { chosen, config, problem }, error, disabled, onChange }: FilesFieldProps) {
  return (
    <Input.Wrapper label={words.files} required error={problem ?? error}>
      <Stack gap="xs">
        <Dropzone
          onDrop={async (files) =>
            onChange(
              await readFiles(chosen, files).catch(() => ({ ...EMPTY_FILES, problem: texts.uploads.unreadable })),
            )
          }
          disabled={disabled}
          inputProps={{ 'aria-label': words.files }}
          p="lg"
        >
          <Text ta="center">{words.drop}</Text>
          <Text ta="center" size="sm" c="dimmed">
            {words.dropHint}
          </Text>
        </Dropzone>
        {Object.keys(chosen).length > 0 && (
          <List size="sm">
            <FileTold name={ADAPTER_FILES.config} file={chosen.config}>
              {config && words.config(formatNumber(config.rank), config.modules.join(', '), config.baseModel)}
            </FileTold>
            <FileTold name={ADAPTER_FILES.weights} file={chosen.weights} />
            {chosen.blend && <FileTold name={BLEND_FILE} file={chosen.blend} />}
            {chosen.report && <FileTold name={RESULT_FILES.report} file={chosen.report} />}
          </List>
        )}
      </Stack>
    </Input.Wrapper>
  );
}

function FileTold({ name, file, children }: { name: string; file: File | undefined; children?: ReactNode }) {
  return (
    <List.Item>
      {name}
      <Text span inherit c="dimmed">
        {' · '}
        {file ? formatBytes(file.size) : words.notYet}
        {children && ' · '}
        {children}
      </Text>
    </List.Item>
  );
}
