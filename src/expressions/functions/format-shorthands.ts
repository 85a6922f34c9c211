/** Directives of formats of dates and times that stand for several. */
const SHORTHANDS: Readonly<Record<string, string>> = {
  F: '%Y-%m-%d',
  x: '%Y-%m-%d',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  c: '%Y-%m-%d %H:%M:%S',
};

/** The format with what they stand for. */
export const withoutShorthands = (format: string): string =>
  format.replace(/%%|%([FxTXRDc])/g, (all, letter: string | undefined) => SHORTHANDS[letter ?? ''] ?? all);
