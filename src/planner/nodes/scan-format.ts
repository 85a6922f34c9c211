import { typeName, utf8 } from '../../columnar/data-type.ts';
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
    if (type.kind !== 'null' && castBetween(utf8, type) !== undefined) continue;
    const advice = 'Read it as utf8, or leave it out.';
    problems.add(
      pathOf(path, 'format'),
      `The column ${quoted(name)} is ${typeName(type)}, which CSV does not hold. ${advice}`,
    );
  }
  return {
    kind: 'csv',
    ...csvReadOptions(
      format,
      node.schema.map(({ name }) => name),
    ),
  };
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
