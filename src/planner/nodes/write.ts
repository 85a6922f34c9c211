import { childTypes, type DataType, int64, isNested, type TypeKind, typeName, utf8 } from '../../columnar/data-type.ts';
import { columnPositions, type Field, field } from '../../columnar/schema.ts';
import { addUnknownColumn } from '../../expressions/bind.ts';
import { nameText } from '../../expressions/expression-text.ts';
import { type Problems, pathOf, quoted } from '../../expressions/problems.ts';
import type { TextCompression } from '../../io/text/text-files.ts';
import type { FileKind } from '../../operators/blocking-sinks/write.ts';
import type { Compression, ParquetColumn, WriteFormat } from '../../plan/plan-node.ts';
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
    const type = schema.fields[position ?? -1]?.type;
    if (type !== undefined && isNested(type)) {
      problems.add(
        namePath,
        `The column ${quoted(name)} is ${typeName(type)}, which no directory is named by. Cast it to utf8.`,
      );
    }
    if (RESULT_COLUMNS.some((column) => column.name === name)) {
      const taken = `The rows that a write passes on have a column ${quoted(name)} of their own.`;
      problems.add(namePath, `${taken} Give the partition column another name.`);
    }
    return position ?? -1;
  });
  if (names.length > 0 && new Set(partitionBy).size === schema.fields.length && !partitionBy.includes(-1)) {
    problems.add(partitionPath, 'All columns are partition columns, and none is left for the files.');
  }
  const inFiles = schema.fields.filter((_, index) => !partitionBy.includes(index));
  const format = bindFormat(node, inFiles, problems, path);
  return {
    kind: 'write',
    input,
    format,
    partitionBy,
    targetFileBytes: node.targetFileBytes ?? DEFAULT_TARGET_FILE_BYTES,
    rowGroupRows: node.rowGroupRows ?? DEFAULT_ROW_GROUP_ROWS,
    schema: { fields: [...RESULT_COLUMNS, ...names.map((name) => field(name, utf8))] },
  };
}

/** How files of these columns are written. */
function bindFormat(node: NodeOf<'write'>, columns: readonly Field[], problems: Problems, path: string): FileKind {
  const format: WriteFormat = typeof node.format === 'string' ? { kind: node.format } : node.format;
  const compression = node.compression ?? (format.kind === 'parquet' ? 'snappy' : 'none');
  checkCompression(format.kind, compression, node.compressionLevel, problems, path);
  for (const { name, type } of columns) {
    const refused = refusedPart(format.kind, type);
    if (refused === undefined) continue;
    const inside = refused === type ? '' : ` (in ${typeName(type)})`;
    const what = `The column ${quoted(name)} is ${typeName(refused)}${inside}, which ${FORMAT_NAMES[format.kind]} does not hold.`;
    problems.add(pathOf(path, 'format'), `${what} Cast it, or leave it out.`);
  }
  if (format.kind === 'parquet') checkParquetColumns(format.columns ?? [], compression, columns, problems, path);
  switch (format.kind) {
    case 'parquet':
      return {
        kind: 'parquet',
        compression,
        level: node.compressionLevel,
        columns: format.columns?.map(({ compressionLevel: level, ...column }) => ({ ...column, level })),
      };
    case 'arrow':
      return { kind: 'arrow', container: format.container ?? 'file' };
    case 'csv': {
      const { delimiter = ',', quote = '"', header = true, nullText = '' } = format;
      return { kind: 'csv', delimiter, quote, header, nullText, compression: textCompression(compression, node) };
    }
    case 'json': {
      const { ignoreNullFields = false } = format;
      return { kind: 'json', ignoreNullFields, compression: textCompression(compression, node) };
    }
  }
}

const FORMAT_NAMES: Readonly<Record<WriteFormat['kind'], string>> = {
  parquet: 'Parquet',
  csv: 'CSV',
  json: 'JSON',
  arrow: 'Arrow',
};

/** Which compressions a format has, and which levels they have. */
const COMPRESSIONS: Readonly<Record<WriteFormat['kind'], readonly Compression[]>> = {
  parquet: ['none', 'snappy', 'gzip', 'zstd', 'brotli'],
  csv: ['none', 'gzip', 'zstd'],
  json: ['none', 'gzip', 'zstd'],
  arrow: ['none'],
};
const LEVELS: Readonly<Partial<Record<Compression, readonly [least: number, most: number]>>> = {
  gzip: [0, 9],
  zstd: [1, 19],
  brotli: [0, 11],
};

function checkCompression(
  kind: WriteFormat['kind'],
  compression: Compression,
  level: number | undefined,
  problems: Problems,
  path: string,
): void {
  const known = COMPRESSIONS[kind];
  if (!known.includes(compression)) {
    const what = `Files of ${FORMAT_NAMES[kind]} are not compressed with ${compression}; there is ${known.join(', ')}.`;
    problems.add(pathOf(path, 'compression'), what);
  }
  checkLevel(kind, compression, level, problems, path);
}

function checkLevel(
  kind: WriteFormat['kind'],
  compression: Compression,
  level: number | undefined,
  problems: Problems,
  path: string,
): void {
  if (level === undefined) return;
  const levels = LEVELS[compression];
  if (levels !== undefined && level >= levels[0] && level <= levels[1]) return;
  const offered = levels === undefined ? 'no levels' : `the levels ${levels[0]} to ${levels[1]}`;
  problems.add(pathOf(path, 'compressionLevel'), `For ${FORMAT_NAMES[kind]}, ${compression} has ${offered}.`);
}

function checkParquetColumns(
  given: readonly ParquetColumn[],
  compression: Compression,
  columns: readonly Field[],
  problems: Problems,
  path: string,
): void {
  const positions = columnPositions({ fields: columns });
  for (const [index, { name, compression: own, compressionLevel }] of given.entries()) {
    const columnPath = `${pathOf(path, 'format')}.columns[${index}]`;
    if (!positions.has(name)) addUnknownColumn(name, { fields: columns }, problems, pathOf(columnPath, 'name'));
    checkLevel('parquet', own ?? compression, compressionLevel, problems, columnPath);
  }
}

function textCompression(codec: Compression, { compressionLevel: level }: NodeOf<'write'>): TextCompression {
  return { codec: codec === 'gzip' || codec === 'zstd' ? codec : 'none', level };
}

/** The type, or one inside of it, that files of the format cannot hold. */
function refusedPart(kind: WriteFormat['kind'], type: DataType): DataType | undefined {
  if (REFUSED[kind].has(type.kind) || (kind === 'csv' && isNested(type))) return type;
  return childTypes(type)
    .map((child) => refusedPart(kind, child))
    .find((refused) => refused !== undefined);
}

const BYTES: readonly TypeKind[] = ['binary', 'fixed-size-binary'];
const REFUSED: Readonly<Record<WriteFormat['kind'], ReadonlySet<TypeKind>>> = {
  parquet: new Set<TypeKind>(['interval']),
  csv: new Set<TypeKind>([...BYTES, 'null']),
  json: new Set<TypeKind>([...BYTES, 'duration', 'interval']),
  arrow: new Set(),
};

export function writeText(node: BoundOf<'write'>): string {
  const { format, partitionBy, input, targetFileBytes, rowGroupRows } = node;
  const partitions = partitionBy.map((index) => nameText(input.schema.fields[index]?.name ?? '?'));
  const by = partitions.length === 0 ? '' : ` partitioned by ${partitions.join(', ')}`;
  const rows = format.kind === 'parquet' ? 'row groups' : 'pieces';
  return `Write ${formatText(format)}${by} files of ${targetFileBytes} bytes, ${rows} of ${rowGroupRows} rows`;
}

function formatText(format: FileKind): string {
  if (format.kind === 'arrow') return `arrow ${format.container}`;
  if (format.kind === 'parquet') return `parquet ${format.compression}${levelText(format.level)}`;
  const { codec, level } = format.compression;
  return `${format.kind}${codec === 'none' ? '' : ` ${codec}`}${levelText(level)}`;
}

const levelText = (level: number | undefined): string => (level === undefined ? '' : ` level ${level}`);
