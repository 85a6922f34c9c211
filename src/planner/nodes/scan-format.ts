import { type DataType, isNested, typeName, utf8 } from '../../columnar/data-type.ts';
import { castBetween } from '../../expressions/cast-value.ts';
import { type Problems, pathOf, quoted } from '../../expressions/problems.ts';
import type { CsvReadOptions } from '../../io/text/csv-reader.ts';
import type { CsvScanFormat, ScanFormat } from '../../plan/plan-node.ts';
import type { NodeOf } from '../bind-parts.ts';
import type { BoundScanFormat } from '../bound-plan.ts';

/** How the files of a scan are read; a column whose values they cannot hold is a problem. */
export function bindScanFormat(node: NodeOf<'scan'>, problems: Problems, path: string): BoundScanFormat {
  const format: ScanFormat = typeof node.format === 'string' ? { kind: node.format } : node.format;
  if (format.kind === 'parquet') return format;
  for (const { name, type } of node.schema) {
    const refused = format.kind === 'csv' ? notInCsv(type) : notInJson(type);
    if (refused === undefined) continue;
    const inside = refused === type ? '' : ` (in ${typeName(type)})`;
    const what = `The column ${quoted(name)} is ${typeName(refused)}${inside}, which ${format.kind.toUpperCase()} does not hold.`;
    problems.add(pathOf(path, 'format'), `${what} Read it as utf8, or leave it out.`);
  }
  if (format.kind === 'json') {
    const { invalidValues = 'error', maxRecordBytes } = format;
    return { kind: 'json', invalidValues, maxRecordBytes };
  }
  return {
    kind: 'csv',
    ...csvReadOptions(
      format,
      node.schema.map(({ name }) => name),
    ),
  };
}

/** The type, where fields of CSV hold none of its values. */
function notInCsv(type: DataType): DataType | undefined {
  return type.kind === 'null' || castBetween(utf8, type) === undefined ? type : undefined;
}

/** The type, or one inside of it, of which JSON has no values. */
function notInJson(type: DataType): DataType | undefined {
  switch (type.kind) {
    case 'list':
      return notInJson(type.item);
    case 'struct':
      return type.fields.map((part) => notInJson(part.type)).find((refused) => refused !== undefined);
    case 'map':
      return isNested(type.key) ? type.key : (notInJson(type.key) ?? notInJson(type.value));
    default:
      return type.kind === 'null' || isNested(type) || castBetween(utf8, type) === undefined ? type : undefined;
  }
}

/** What a plan leaves out is what most files are; `names` are those of the columns of files that do not have them. */
function csvReadOptions(format: CsvScanFormat, names: readonly string[]): CsvReadOptions {
  const { delimiter = ',', header = true, nullTexts = [''], allowVariableColumns = false } = format;
  const { encoding = 'utf-8', invalidValues = 'error', maxRecordBytes, comment } = format;
  const quote = format.quote === null ? undefined : (format.quote ?? '"');
  return {
    delimiter,
    quote,
    escape: quote === undefined ? undefined : (format.escape ?? quote),
    comment,
    names: header ? undefined : names,
    nullTexts,
    allowVariableColumns,
    encoding,
    invalidValues,
    maxRecordBytes,
  };
}
