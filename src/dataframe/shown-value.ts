/** The beginning of what a program has given, whatever that is, for errors. */
export const shownValue = (value: unknown): string => asText(value).slice(0, 60);

function asText(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  // JSON knows neither NaN nor infinity, and no bigint inside of others.
  if (typeof value === 'number') return String(value);
  const json = JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part));
  return json ?? String(value);
}
