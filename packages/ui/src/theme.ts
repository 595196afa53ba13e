import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The raspberry of the heart: its 6th shade has 5.9:1 with white. */
const heart: MantineColorsTuple = [
  '#fff0f5',
  '#fbdfe8',
  '#f4bcce',
  '#ec97b2',
  '#e5779a',
  '#dd4f7f',
  '#c2185b',
  '#a8124d',
  '#8f0d40',
  '#740a33',
];
/** A calm teal: what was earned, and success. */
const care: MantineColorsTuple = [
  '#e6fcf8',
  '#d3f5ee',
  '#a8ebdd',
  '#79e0ca',
  '#54d7bb',
  '#3dd1b1',
  '#0f8a73',
  '#0b7562',
  '#076352',
  '#004f40',
];

export const theme = createTheme({
  fontFamily: "'Golos Text Variable', system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  headings: { fontFamily: "'Golos Text Variable', system-ui, sans-serif", fontWeight: '650' },
  colors: { heart, care },
  primaryColor: 'heart',
  primaryShade: { light: 6, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.32,
  defaultRadius: 'md',
  radius: { md: '12px', lg: '18px', xl: '26px' },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: { defaultProps: { radius: 'md' } },
    Card: { defaultProps: { radius: 'lg', withBorder: true, padding: 'lg' } },
  },
});

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#fbf8f9',
    '--mantine-color-dimmed': '#5f5a60',
    '--app-surface': '#ffffff',
    '--app-brand': '#c2185b',
    '--app-positive': '#0b7562',
    '--app-input-bd': '#8a8088',
    '--mantine-color-error': '#c92a2a',
    '--app-warning': '#7a3e00',
    '--app-warning-bg': '#fff1e0',
    '--mantine-color-placeholder': '#6b6570',
  },
  dark: {
    '--mantine-color-body': '#151215',
    '--mantine-color-dimmed': '#b5aeb5',
    '--app-surface': '#1f1a1e',
    '--app-brand': '#ec97b2',
    '--app-positive': '#54d7bb',
    '--app-input-bd': '#7d727b',
    '--mantine-color-error': '#ff8787',
    '--app-warning': '#ffc078',
    '--app-warning-bg': '#33230f',
    '--mantine-color-placeholder': '#b5aeb5',
  },
});
