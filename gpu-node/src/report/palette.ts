// Colours that can be read on a light and on a dark page.

/** After Okabe and Ito, each with a contrast of 3 or more on both backgrounds; shapes and dashes tell series apart without them. */
export const SERIES_COLOURS = ['#1a7fc0', '#d55e00', '#009e73', '#c2629b', '#8c7300', '#7d69c9', '#7f7f7f'] as const;
export const BACKGROUNDS = { light: '#ffffff', dark: '#14171c' } as const;
export const INKS = { light: '#1f2328', dark: '#e6e8eb' } as const;
