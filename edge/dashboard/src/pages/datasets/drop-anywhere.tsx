// The whole window takes a file.
import '@mantine/dropzone/styles.css';
import { Center, Stack, Text } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { texts } from '../../texts.ts';

const words = texts.datasets.drop;

interface DropAnywhereProps {
  onFile: (file: File) => void;
  /** Several at once. */
  onReject: () => void;
}

export function DropAnywhere({ onFile, onReject }: DropAnywhereProps) {
  return (
    // Unseen until something is dragged; who drags nothing has the button.
    <Dropzone.FullScreen
      aria-hidden
      activateOnKeyboard={false}
      withinPortal={false}
      multiple={false}
      onDrop={([file]) => file && onFile(file)}
      onReject={onReject}
    >
      <Center h="calc(100vh - 120px)">
        <Stack gap={4} align="center">
          <Text size="xl" fw={600}>
            {words.title}
          </Text>
          <Text>{words.hint}</Text>
        </Stack>
      </Center>
    </Dropzone.FullScreen>
  );
}
