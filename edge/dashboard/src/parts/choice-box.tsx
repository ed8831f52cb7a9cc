// A box in a row, by which the row is chosen.
import { Checkbox } from '@mantine/core';

interface ChoiceBoxProps {
  name: string;
  chosen: boolean;
  onChange: (chosen: boolean) => void;
}

export function ChoiceBox({ name, chosen, onChange }: ChoiceBoxProps) {
  return <Checkbox aria-label={name} checked={chosen} onChange={(event) => onChange(event.currentTarget.checked)} />;
}
