import { type DataType, isBytes, isNested, sameType, typeName, utf8 } from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import { castBetween } from '../../expressions/cast-value.ts';
import { type Problems, pathOf, quoted } from '../../expressions/problems.ts';
import { WARC_COLUMNS } from '../../io/text/warc-columns.ts';
import type { ScanFormat } from '../../plan/plan-node.ts';
import type { NodeOf } from '../bind-parts.ts';
import type { BoundScanFormat } from '../bound-plan.ts';

/** How the files of a scan are read; a column whose values they cannot hold is a problem. */
export function bindScanFormat(node: NodeOf<'scan'>, problems: Problems, path: string): BoundScanFormat {
  const bound = readFormat(node.format, node.schema);
  if (bound.kind === 'parquet' || bound.kind === 'arrow') return bound;
  for (const { name, type } of node.schema) {
    if (bound.kind === 'warc') {
      const own = WARC_COLUMNS.get(name);
      if (own === undefined || sameType(type, own)) continue;
      problems.add(
        pathOf(path, 'format'),
        `The column ${quoted(name)} is ${typeName(type)}, and of WARC it is ${typeName(own)}.`,
      );
      continue;
    }
    if (bound.kind === 'text') {
      // Whether a column is that of the text, or one of a partition, is known with the files.
      if (name !== 'text' || isBytes(type)) continue;
      problems.add(pathOf(path, 'format'), `The column "text" is ${typeName(type)}, and texts are utf8 or binary.`);
      continue;
    }
    const refused = bound.kind === 'csv' ? notInCsv(type) : notInJson(type);
    if (refused === undefined) continue;
    const inside = refused === type ? '' : ` (in ${typeName(type)})`;
    const what = `The column ${quoted(name)} is ${typeName(refused)}${inside}, which ${bound.kind.toUpperCase()} does not hold.`;
    problems.add(pathOf(path, 'format'), `${what} Read it as utf8, or leave it out.`);
  }
  return bound;
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

/** With what a plan leaves out, as most files are; `fields` have the names of the columns of files that do not have them. */
export function readFormat(given: NodeOf<'scan'>['format'], fields: readonly Field[]): BoundScanFormat {
  const format: ScanFormat = typeof given === 'string' ? { kind: given } : given;
  if (format.kind === 'parquet' || format.kind === 'arrow') return format;
  const { maxRecordBytes } = format;
  if (format.kind === 'warc') return { kind: 'warc', maxRecordBytes };
  const { invalidValues = 'error' } = format;
  if (format.kind === 'json') return { kind: 'json', invalidValues, maxRecordBytes };
  if (format.kind === 'text') {
    const { encoding = 'utf-8', skipBlankLines = true, wholeText = false } = format;
    return { kind: 'text', encoding, skipBlankLines, wholeText, invalidValues, maxRecordBytes };
  }
  const { delimiter = ',', header = true, nullTexts = [''], allowVariableColumns = false, encoding = 'utf-8' } = format;
  const quote = format.quote === null ? undefined : (format.quote ?? '"');
  return {
    kind: 'csv',
    delimiter,
    quote,
    escape: quote === undefined ? undefined : (format.escape ?? quote),
    comment: format.comment,
    names: header ? undefined : fields.map(({ name }) => name),
    nullTexts,
    allowVariableColumns,
    encoding,
    invalidValues,
    maxRecordBytes,
  };
}
