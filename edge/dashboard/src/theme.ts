// Colours and defaults of all components, chosen for AA contrast in both schemes.
import { type CSSVariablesResolver, createTheme } from '@mantine/core';
import { texts } from './texts.ts';

export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  cursorType: 'pointer',
  respectReducedMotion: true,
  defaultRadius: 'md',
  components: {
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': texts.common.close } } },
    Alert: { defaultProps: { styles: { title: { color: 'var(--mantine-color-text)' } } } },
    Badge: { defaultProps: { variant: 'light', tt: 'none', miw: 'max-content', c: 'var(--mantine-color-text)' } },
    // What scrolls can be scrolled with the keyboard, and holds what is placed absolutely in it: hidden words for screen readers.
    TableScrollContainer: { defaultProps: { type: 'native', tabIndex: 0, pos: 'relative' } },
  },
});

/** Mantine's own greys and reds for small text fall short of a contrast of 4.5. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-7)',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
  },
  dark: {
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-1)',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
  },
});
