// A button that opens the chooser of files.
import { Button, type ButtonProps, FileButton } from '@mantine/core';
import { useRef } from 'react';

interface ChooseButtonProps extends ButtonProps {
  onFile: (file: File) => void;
}

export function ChooseButton({ onFile, ...button }: ChooseButtonProps) {
  const reset = useRef<() => void>(null);
  const choose = (file: File | null) => {
    // Else the browser says nothing when the same one is chosen again, which may have changed.
    reset.current?.();
    if (file) onFile(file);
  };
  return (
    <FileButton resetRef={reset} onChange={choose}>
      {(props) => <Button {...button} {...props} />}
    </FileButton>
  );
}
