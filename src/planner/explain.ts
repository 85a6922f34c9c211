/**
 * A bound plan as text: one line per node, its inputs below it and further in.
 *
 *     Aggregate sum(price * discount) as revenue
 *       Scan items columns price, discount filter quantity < 24.00
 */

import type { TypedAggregate, TypedColumn } from '../expressions/expression.ts';
import { aggregateText, expressionText, nameText } from '../expressions/expression-text.ts';
import { shownUri } from '../io/uri.ts';
import type { AsyncCall, BoundNode, BoundSortKey } from './bound-plan.ts';

/** Columns of a scan that are listed. */
const LISTED_COLUMNS = 100;

/** Ends without a line break. */
export function explainPlan(plan: BoundNode): string {
  const lines: string[] = [];
  addLines(plan, 0, lines);
  return lines.join('\n');
}

function addLines(node: BoundNode, depth: number, lines: string[]): void {
  lines.push(`${'  '.repeat(depth)}${nodeText(node)}`);
  const inputs = node.kind === 'concat' ? node.inputs : 'input' in node ? [node.input] : [];
  for (const input of inputs) addLines(input, depth + 1, lines);
}

/** The line of one node: its name, as statistics and errors have it too, and its parameters. */
function nodeText(node: BoundNode): string {
  switch (node.kind) {
    case 'scan':
      return scanText(node);
    case 'in-memory-scan':
      return `InMemoryScan ${nameText(node.sourceId)} columns ${namesText(node.schema.fields)}`;
    case 'empty-scan':
      return `EmptyScan columns ${namesText(node.schema.fields)}`;
    case 'project':
      return `Project ${columnsText(node.columns)}`;
    case 'async-call':
      return callText(node.call);
    case 'filter':
      return `Filter ${expressionText(node.predicate)}`;
    case 'limit':
      return `Limit ${rangeText(node)}`;
    case 'concat':
      return 'Concat';
    case 'aggregate':
      return `${node.partial === true ? 'PartialAggregate' : 'Aggregate'} ${aggregatesText(node.aggregates)}`;
    case 'grouped-aggregate':
      return `${node.partial === true ? 'PartialGroupedAggregate' : 'GroupedAggregate'}${groupsText(node)}`;
    case 'final-aggregate':
      if (node.groupBy.length > 0) return `FinalAggregate${groupsText(node)}`;
      return `FinalAggregate ${aggregatesText(node.aggregates)}`;
    case 'sort':
      return `Sort by ${keysText(node.keys)}`;
    case 'top-n':
      return `TopN ${rangeText(node)} by ${keysText(node.keys)}`;
    case 'write':
      return writeText(node);
    case 'commit-write':
      return `CommitWrite ${node.mode}${node.successFile ? ' with _SUCCESS' : ''}`;
  }
}

function scanText({ sourceId, schema, readSchema, filter, limit }: Extract<BoundNode, { kind: 'scan' }>): string {
  const onlyForFilter = readSchema.fields.slice(schema.fields.length);
  return [
    `Scan ${nameText(sourceId)} columns ${namesText(schema.fields)}`,
    onlyForFilter.length === 0 ? '' : ` reads also ${namesText(onlyForFilter)}`,
    filter === undefined ? '' : ` filter ${expressionText(filter)}`,
    limit === undefined ? '' : ` limit ${limit}`,
  ].join('');
}

/** The calls with the words of their operators; a uri that is a literal without what may be secret in it. */
function callText({ name, expression }: AsyncCall): string {
  const { name: called, arguments: given } = expression;
  const operator = called === 'url_download' ? 'UrlDownload' : 'UrlUpload';
  const shown = given.map((e) =>
    e.kind === 'literal' && typeof e.value === 'string' && e.value.includes('://')
      ? shownUri(e.value)
      : expressionText(e),
  );
  return `${operator} ${called}(${shown.join(', ')}) as ${nameText(name)}`;
}

function writeText(node: Extract<BoundNode, { kind: 'write' }>): string {
  const partitions = node.partitionBy.map((index) => nameText(node.input.schema.fields[index]?.name ?? '?'));
  const by = partitions.length === 0 ? '' : ` partitioned by ${partitions.join(', ')}`;
  return `Write ${node.format} ${node.compression}${by} files of ${node.targetFileBytes} bytes, row groups of ${node.rowGroupRows} rows`;
}

function namesText(fields: readonly { readonly name: string }[]): string {
  const names = fields.slice(0, LISTED_COLUMNS).map(({ name }) => nameText(name));
  if (fields.length > names.length) names.push(`and ${fields.length - names.length} more`);
  return names.length === 0 ? 'none' : names.join(', ');
}

/** A column under its own name needs no other. */
const columnsText = (columns: readonly TypedColumn[]): string =>
  columns.length === 0
    ? 'no columns'
    : columns
        .map(({ name, expression }) =>
          expression.kind === 'column' && expression.name === name
            ? nameText(name)
            : `${expressionText(expression)} as ${nameText(name)}`,
        )
        .join(', ');

const aggregatesText = (aggregates: readonly TypedAggregate[]): string =>
  aggregates.map((call) => `${aggregateText(call)} as ${nameText(call.name)}`).join(', ');

function groupsText({ groupBy, aggregates }: Pick<Extract<BoundNode, { groupBy: unknown }>, 'groupBy' | 'aggregates'>) {
  const results = aggregates.length === 0 ? '' : ` aggregates ${aggregatesText(aggregates)}`;
  return ` by ${columnsText(groupBy)}${results}`;
}

const keysText = (keys: readonly BoundSortKey[]): string =>
  keys
    .map(({ expression, descending, nullsFirst }) => {
      const nulls = nullsFirst === descending ? '' : nullsFirst ? ' nulls first' : ' nulls last';
      return `${expressionText(expression)}${descending ? ' desc' : ''}${nulls}`;
    })
    .join(', ');

const rangeText = ({ limit, offset }: { readonly limit: number; readonly offset: number }): string =>
  `${limit}${offset === 0 ? '' : ` offset ${offset}`}`;
