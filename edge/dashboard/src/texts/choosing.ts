// The words of choosing some of a list.
export const choosingTexts = {
  begin: 'Choose to compare',
  end: 'Stop choosing',
  go: (count: number) => (count < 2 ? 'Compare' : `Compare ${count}`),
  hint: 'Choose two or more, then compare them side by side.',
  choose: (name: string) => `Choose ${name}`,
  chosen: 'Chosen',
};
