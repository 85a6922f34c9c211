/** Sizes and ages as people type them. */

import { InvalidArgumentError } from 'commander';

const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};
const MILLISECONDS: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };

/** Bytes: `512MB`, `1.5 GiB`, `1000000`. @throws InvalidArgumentError */
export function parseSize(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const bytes = Number(number) * (BYTES[unit.toLowerCase() || 'b'] ?? Number.NaN);
  if (Number.isSafeInteger(Math.round(bytes)) && bytes >= 1) return Math.round(bytes);
  throw new InvalidArgumentError('A size looks like 512MB or 1GiB.');
}

/** Milliseconds: `24h`, `30m`, `7d`. @throws InvalidArgumentError */
export function parseAge(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([smhd])$/i.exec(text.trim()) ?? [];
  const milliseconds = Number(number) * (MILLISECONDS[unit.toLowerCase()] ?? Number.NaN);
  if (Number.isSafeInteger(Math.round(milliseconds))) return Math.round(milliseconds);
  throw new InvalidArgumentError('An age looks like 24h, 30m or 7d.');
}

/** A whole number from 0 on. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('A whole number is wanted.');
}
