import assert from 'node:assert/strict';
import type { TypedExpression } from '../expressions/expression.ts';
import type { ObjectStore } from '../io/object-store.ts';
import type { UriRule } from '../io/uri-rules.ts';
import type { StreamingOperator } from '../operators/operator.ts';
import type { BoundNode } from './bound-plan.ts';

/** Which uris the calls of a plan may reach. */
export interface UriRules {
  readonly downloads: UriRule;
  readonly uploads: UriRule;
}

interface Reach {
  readonly store: ObjectStore;
  readonly uris?: UriRules;
}

const NOTHING: UriRules = { downloads: { prefixes: [] }, uploads: { prefixes: [] } };

type OfKind<Kind extends BoundNode['kind']> = Extract<BoundNode, { kind: Kind }>;

/** The operator that makes a call. Binding has checked the arguments; options are literals. */
export async function asyncCallStage(
  node: OfKind<'async-call'>,
  { store, uris = NOTHING }: Reach,
): Promise<StreamingOperator> {
  const { name, expression } = node.call;
  const input = node.input.schema;
  const [first, second, third] = expression.arguments;
  const option = (index: number): string => String(literalOf(expression.arguments[index]));
  const [onErrorAt, connectionsAt] = expression.name === 'url_download' ? [1, 2] : [3, 4];
  const onError = option(onErrorAt) === 'null' ? 'null' : 'raise';
  const options = { input, store, onError, maxConnections: Number(option(connectionsAt)) } as const;
  if (expression.name === 'url_download') {
    assert.ok(first !== undefined);
    const { urlDownload } = await import('../operators/streaming/url-download.ts');
    return urlDownload({ ...options, name, uri: first, maxBytes: Number(option(3)), rule: uris.downloads });
  }
  assert.equal(expression.name, 'url_upload');
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const { urlUpload } = await import('../operators/streaming/url-upload.ts');
  return urlUpload({ ...options, column: name, data: first, location: second, name: third, rule: uris.uploads });
}

function literalOf(e: TypedExpression | undefined): unknown {
  assert.ok(e?.kind === 'literal');
  return e.value;
}
