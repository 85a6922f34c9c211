import { type CastCell, castMatrix } from '../../src/expressions/cast-matrix.ts';

const SIGNS: Readonly<Record<CastCell, string>> = { keeps: '=', value: '●', 'may fail': '○', 'not offered': '' };

/** `docs/casts.md`. */
export function castsPage(): string {
  const rows = castMatrix();
  const code = (name: string): string => `\`${name}\``;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    '# Casts',
    '',
    'What becomes of a value when an expression casts it. This page is generated from the code by `npm run docs`.',
    '',
    'A row is the type cast from, a column the type cast to.',
    '',
    '| | |',
    '|---|---|',
    '| = | the same type |',
    '| ● | every value has a result |',
    '| ○ | a value that the type cannot hold ends the task with `InvalidCast`, which names the row; tried, it is null |',
    '| | there is no such cast: the plan is refused with `InvalidPlan` |',
    '',
    'Null stays null. What a cell says of a type of one size, unit or number of digits may differ for another:',
    '`int64` always fits `decimal(19, 0)`, and not `decimal(18, 2)`. Parts of nested values are cast one by one, and a part',
    'that does not fit refuses the whole value; tried, that part is null.',
    '',
    ...rules(),
    '',
    line(['', ...rows.map(({ from }) => code(from))]),
    line(['---', ...rows.map(() => ':-:')]),
    ...rows.map(({ from, cells }) => line([`**${code(from)}**`, ...cells.map((cell) => SIGNS[cell])])),
    '',
  ].join('\n');
}

/** What the cells do not tell. */
const rules = (): readonly string[] => [
  '- **Numbers.** Floats and decimals are cut off when they become integers (-1.9 is -1), and rounded half away from zero when',
  '  they become decimals of fewer digits. A float that is too great for a smaller float is infinity. No digit before the point',
  '  is ever lost. A number is true unless it is zero.',
  '- **Text.** Spaces around what is read do not count. Integers are a sign and digits; decimals and floats may have a fraction',
  '  and an exponent; bools are true, t, yes, y, 1 and their opposites in any case. Floats are written in the fewest digits that',
  '  are read as the same value: `1.0`, `1e20`, `-0.0`, `NaN`, `inf`. Binary is text in UTF-8. Nested values are written as',
  "  `[1, NULL]`, `{'a': 1, 'b': x}` and `{key=value}`, and are not read.",
  '- **Dates and times** are written as `2020-01-02 03:04:05.0006`, with a zone as `2020-01-02 04:04:05+01`, and read so or with a',
  '  T. Without an offset the clock of the zone is meant, and without a zone an offset does not count. Years beyond four digits',
  '  have a sign and at least six. Intervals are written as `1 year 2 months 3 days 04:05:06.7`, durations as `26:00:00`; both are',
  '  read also as `90 minutes` and as ISO 8601.',
  '- **Units.** What is finer than the unit is cut off downwards, of durations towards zero. Integers are ticks.',
  '- **Zones.** A timestamp with a zone becomes what its clocks show: a date, a time of day, a timestamp without a zone. Back, a',
  '  clock that shows the same twice means the later, and one that never comes as if the clocks had not been set.',
  '- **Lists** become lists of a fixed size where they have it. **Structs** are matched by the names of their fields: those that',
  '  are missing are null, those that are not asked for are left out. A **tensor** has as many values as its shape says.',
];
