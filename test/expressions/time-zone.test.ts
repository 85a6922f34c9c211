/** Offsets and their inverse, against DuckDB, whose ICU is another build with rules of its own. */

import { describe, expect, test } from 'vitest';
import { isUtc, timeZone, timeZoneProblem } from '../../src/expressions/time-zone.ts';
import { random } from '../compile/arbitrary-expressions.ts';
import { query } from '../support/duckdb.ts';

const ZONES = [
  'Europe/Berlin',
  'Europe/London',
  'Europe/Dublin',
  'America/New_York',
  'America/Havana',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Asia/Manila',
  'Asia/Gaza',
  'Africa/Casablanca',
  'Africa/Monrovia',
  'Africa/Freetown',
  'Pacific/Apia',
  'Pacific/Kwajalein',
  'Antarctica/Troll',
  'Etc/GMT+5',
];
const second = (text: string): number => Date.parse(`${text}Z`) / 1_000;
const SEED = 20_260;

/** Random seconds of 1840 to 2036, and some of far years. */
function seconds(count: number, seed: number): readonly number[] {
  const next = random(seed);
  const [from, to] = [second('1840-01-01T00:00:00'), second('2036-12-31T00:00:00')];
  const near = Array.from({ length: count }, () => from + Math.floor(next() * (to - from)));
  const far = ['2100-07-01', '2499-12-31', '2500-01-01', '9999-07-15'].map((day) => second(`${day}T12:34:56`));
  return [...near, ...far, -62_000_000_000, 3_000_000_000_000];
}

describe.each(ZONES)('%s', (name) => {
  const zone = timeZone(name);
  if (zone === undefined) throw new Error(`no ${name}`);

  test('has the offsets that DuckDB has', async () => {
    const asked = seconds(600, SEED);
    const rows = await query(
      `select epoch(to_timestamp(s) at time zone '${name}')::bigint - s from (select unnest([${asked.join()}])::bigint as s)`,
    );
    const differing = asked.filter((s, n) => BigInt(zone.offsetAt(s)) !== rows[n]?.[0]);
    expect(differing.map((s) => new Date(s * 1_000).toISOString())).toEqual([]);
  });

  test('reads the times of clocks around every change as DuckDB does', async () => {
    // Every change of the years in which most places had some, found without looking at how they are kept.
    const changes: number[] = [];
    for (let s = second('1915-01-01T00:00:00'); s < second('2025-01-01T00:00:00'); s += 86_400) {
      if (zone.offsetAt(s) !== zone.offsetAt(s + 86_400)) changes.push(s);
    }
    const asked = changes
      .slice(-60)
      .flatMap((s) => [0, 0.2, 0.4, 0.6, 0.8, 1].map((part) => s + zone.offsetAt(s) + Math.round(part * 86_400)))
      .concat(
        changes.slice(-60).flatMap((s) => Array.from({ length: 24 }, (_, n) => s + zone.offsetAt(s) + n * 3_600)),
      );
    if (asked.length === 0) asked.push(0);
    const rows = await query(
      `select epoch(make_timestamp(s * 1000000) at time zone '${name}')::bigint from (select unnest([${asked.join()}])::bigint as s)`,
    );
    const differing = asked.filter((s, n) => BigInt(zone.momentOf(s)) !== rows[n]?.[0]);
    expect(differing.map((s) => new Date(s * 1_000).toISOString())).toEqual([]);
  });
});

test('two times of the same clock are told apart, and a day that never was is passed over', () => {
  const berlin = timeZone('Europe/Berlin');
  const twice = second('2024-10-27T02:30:00');
  expect(berlin?.momentOf(twice)).toBe(second('2024-10-27T01:30:00'));
  expect(berlin?.firstMomentOf(twice)).toBe(second('2024-10-27T00:30:00'));
  const never = second('2024-03-31T02:30:00');
  expect(berlin?.momentOf(never)).toBe(second('2024-03-31T01:30:00'));
  expect(berlin?.firstMomentOf(never)).toBe(second('2024-03-31T01:00:00'));
  const apia = timeZone('Pacific/Apia');
  expect(apia?.momentOf(second('2011-12-30T12:00:00'))).toBe(second('2011-12-30T22:00:00'));
  expect(apia?.firstMomentOf(second('2011-12-30T12:00:00'))).toBe(second('2011-12-30T10:00:00'));
});

test('the second of a change is exact', () => {
  const change = second('2024-03-31T01:00:00');
  const berlin = timeZone('Europe/Berlin');
  expect([change - 1, change].map((s) => berlin?.offsetAt(s))).toEqual([3_600, 7_200]);
});

test('fixed offsets and the names of UTC need no rules', () => {
  expect(['+05:30', '-0800', '+01', '-00:00', 'z', 'GMT'].map((name) => timeZone(name)?.offsetAt(0))).toEqual([
    19_800, -28_800, 3_600, 0, 0, 0,
  ]);
  expect(timeZone('+05:30')?.momentOf(19_800)).toBe(0);
  expect(['Etc/UTC', '+00:00', 'Europe/London', '+01:00'].map(isUtc)).toEqual([true, true, false, false]);
});

test('a name that is none is refused, with the one that was meant', () => {
  expect(timeZoneProblem('Europe/Berlim')).toBe(
    'There is no time zone \'Europe/Berlim\'. Did you mean "Europe/Berlin"?',
  );
  for (const name of ['', '+24:00', '+05:60', 'Mars/Olympus Mons', 'x'.repeat(10_000)]) {
    expect(timeZoneProblem(name)).toContain("'Europe/Berlin', 'UTC' or '+05:30'");
  }
  expect(timeZoneProblem('Asia/Kolkata')).toBeUndefined();
});
