import { int64, utf8 } from '../../columnar/data-type.ts';
import { field } from '../../columnar/schema.ts';
import { nameText } from '../../expressions/expression-text.ts';
import type { BoundOf, NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';

export const bindGlobScan = ({ sourceId, limit }: NodeOf<'glob-scan'>): BoundNode => ({
  kind: 'glob-scan',
  sourceId,
  limit,
  schema: { fields: [field('path', utf8, false), field('size', int64, false), field('num_rows', int64)] },
});

export const globScanText = ({ sourceId, limit }: BoundOf<'glob-scan'>): string =>
  `GlobScan ${nameText(sourceId)}${limit === undefined ? '' : ` limit ${limit}`}`;
