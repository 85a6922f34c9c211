import { int64, utf8 } from '../../columnar/data-type.ts';
import { type Field, field } from '../../columnar/schema.ts';
import { addUnknownColumn, columnPositions } from '../../expressions/bind.ts';
import { nameText } from '../../expressions/expression-text.ts';
import { type Problems, pathOf, quoted } from '../../expressions/problems.ts';
import type { BoundOf, NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';

/** Where a plan does not say: closed at this size, a file is worth a request and can still be read by many tasks. */
const DEFAULT_TARGET_FILE_BYTES = 128 * 1024 * 1024;
/** Where a plan does not say: large enough for statistics and compression to pay, small enough to buffer. */
const DEFAULT_ROW_GROUP_ROWS = 131_072;

/** The row that a write passes on for each file, before its partition values as text: null is the null partition. */
const RESULT_COLUMNS: readonly Field[] = [
  field('path', utf8, false),
  field('rows', int64, false),
  field('bytes', int64, false),
];

export function bindWrite(input: BoundNode, node: NodeOf<'write'>, problems: Problems, path: string): BoundNode {
  const { schema } = input;
  const positions = columnPositions(schema);
  const partitionPath = pathOf(path, 'partitionBy');
  const names = node.partitionBy ?? [];
  const partitionBy = names.map((name, index) => {
    const position = positions.get(name);
    const namePath = pathOf(partitionPath, index);
    if (position === undefined) addUnknownColumn(name, schema, problems, namePath);
    if (RESULT_COLUMNS.some((column) => column.name === name)) {
      const taken = `The rows that a write passes on have a column ${quoted(name)} of their own.`;
      problems.add(namePath, `${taken} Give the partition column another name.`);
    }
    return position ?? -1;
  });
  if (names.length > 0 && new Set(partitionBy).size === schema.fields.length && !partitionBy.includes(-1)) {
    problems.add(partitionPath, 'All columns are partition columns, and none is left for the files.');
  }
  return {
    kind: 'write',
    input,
    format: node.format,
    partitionBy,
    compression: node.compression ?? 'snappy',
    targetFileBytes: node.targetFileBytes ?? DEFAULT_TARGET_FILE_BYTES,
    rowGroupRows: node.rowGroupRows ?? DEFAULT_ROW_GROUP_ROWS,
    schema: { fields: [...RESULT_COLUMNS, ...names.map((name) => field(name, utf8))] },
  };
}

export function writeText(node: BoundOf<'write'>): string {
  const partitions = node.partitionBy.map((index) => nameText(node.input.schema.fields[index]?.name ?? '?'));
  const by = partitions.length === 0 ? '' : ` partitioned by ${partitions.join(', ')}`;
  return `Write ${node.format} ${node.compression}${by} files of ${node.targetFileBytes} bytes, row groups of ${node.rowGroupRows} rows`;
}
