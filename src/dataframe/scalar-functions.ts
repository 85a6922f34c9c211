/**
 * The functions of the registry as methods of expressions, and all of them as `fn`.
 *
 *     upper(text)                col('s').str.upper()         fn.upper(col('s'))
 *     list_get(list, index)      col('l').list.get(0)         fn.listGet(col('l'), 0)
 *     date_trunc(unit, time)     col('t').dt.dateTrunc('month')
 *     sqrt(number)               col('x').sqrt()
 *
 * A family of functions has a namespace; the method is named as the function, without the name of the namespace before it.
 * The interfaces that TypeScript sees, `scalar-methods.ts`, are generated from this table by `npm run docs`.
 */

import '../expressions/functions/all-functions.ts';
import type { Expression } from '../expressions/expression.ts';
import type { FunctionDefinition, FunctionFamily, Parameter } from '../expressions/functions/function-definition.ts';
import { FUNCTIONS } from '../expressions/functions/registry.ts';
import { combined, Expr, type Operand } from './expr.ts';
import type { ScalarFunctions } from './scalar-methods.ts';

export type Namespace =
  | 'str'
  | 'dt'
  | 'list'
  | 'struct'
  | 'map'
  | 'json'
  | 'binary'
  | 'url'
  | 'partition'
  | 'embedding'
  | 'uuid';

/** A function as a method. */
export interface Method {
  /** Undefined: of the expression itself. */
  readonly namespace: Namespace | undefined;
  readonly name: string;
  readonly definition: FunctionDefinition;
  /** Which of its parameters the expression is. */
  readonly self: number;
}

/** What a lambda is given as: a function of expressions, or an expression of `element()`. */
export type LambdaOperand = ((...parameters: readonly Expr[]) => Operand) | Expr;

const NAMESPACES: Readonly<Partial<Record<FunctionFamily, Namespace>>> = {
  text: 'str',
  'regular expressions': 'str',
  'dates and times': 'dt',
  lists: 'list',
  JSON: 'json',
  bytes: 'binary',
  'URIs and files': 'url',
  'partition transforms': 'partition',
  embeddings: 'embedding',
};

/** Functions whose method is of another parameter than the first. */
const SELF: Readonly<Record<string, number>> = {
  date_part: 1,
  date_trunc: 1,
  date_diff: 1,
  concat_ws: 1,
  format: 1,
  printf: 1,
};

/** Those that make a value of no column: only in `fn`. */
const NO_METHODS: ReadonlySet<string> = new Set([
  ...['space', 'chr', 'pi', 'e', 'random', 'random_int', 'uuid', 'uuidv7', 'current_date', 'current_timestamp'],
  ...['current_timezone', 'to_list', 'list_fill', 'list_seq', 'to_struct', 'make_date', 'make_time', 'make_timestamp'],
  ...['make_timestamp_ltz', 'great_circle_distance', 'columns_sum', 'columns_mean', 'columns_min', 'columns_max'],
  ...['map_from_lists', 'map_from_entries', 'negate'],
]);

/** Which of its parameters the expression of a method is, and what the result of a function may be of. */
export const selfOf = ({ name }: FunctionDefinition): number => SELF[name] ?? 0;

/** Every method that there is, in the order of the registry. */
export function methods(): readonly Method[] {
  return definitions()
    .filter(({ name }) => !NO_METHODS.has(name))
    .map((definition) => {
      const namespace = namespaceOf(definition);
      return {
        namespace,
        name: camelCase(withoutPrefix(definition.name, namespace)),
        definition,
        self: selfOf(definition),
      };
    });
}

/** Each once, by its own name. */
export const definitions = (): readonly FunctionDefinition[] =>
  [...FUNCTIONS].filter(([name, definition]) => name === definition.name).map(([, definition]) => definition);

function namespaceOf({ name, family, parameters }: FunctionDefinition): Namespace | undefined {
  if (family === 'structs and maps') return name.startsWith('map_') ? 'map' : 'struct';
  if (family === 'identifiers and random values') return 'uuid';
  // What reads a time from a text is a method of texts.
  if (family === 'dates and times' && parameters[0]?.takes === 'utf8' && SELF[name] === undefined) return 'str';
  if (family === 'dates and times' && /^(an integer|a number)$/.test(parameters[0]?.takes ?? '')) return undefined;
  return NAMESPACES[family];
}

function withoutPrefix(name: string, namespace: Namespace | undefined): string {
  const prefix = namespace === undefined ? undefined : `${namespace}_`;
  return prefix !== undefined && name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

/** `list_count_distinct` → `listCountDistinct`. */
export const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** A call of the function. */
function called({ name, parameters }: FunctionDefinition, given: readonly unknown[]): Expr {
  const inputs = given.map((each, index): Operand => {
    const parameter = parameterAt(parameters, index);
    return parameter?.lambda === undefined ? (each as Operand) : lambdaOf(each as LambdaOperand);
  });
  const named = inputs.find((each): each is Expr => each instanceof Expr);
  return combined(named?.name ?? name, inputs, (expressions) => ({ kind: 'function', name, arguments: expressions }));
}

const parameterAt = (parameters: readonly Parameter[], index: number): Parameter | undefined =>
  parameters[index] ?? parameters.at(-1);

/** How many lambdas are being made, one inside of the other: each has parameters of its own. */
let depth = 0;

function lambdaOf(given: LambdaOperand): Expr {
  if (given instanceof Expr) return lambda(['element'], given);
  const parameters = Array.from({ length: given.length }, (_, index) => `p${depth}_${index}`);
  depth += 1;
  try {
    return lambda(parameters, given(...parameters.map(parameterNamed)));
  } finally {
    depth -= 1;
  }
}

const lambda = (parameters: readonly string[], body: Operand): Expr =>
  combined('lambda', [body], ([inner]) => ({ kind: 'lambda', parameters, body: inner as Expression }));

const parameterNamed = (name: string): Expr<any, never> => new Expr({ kind: 'parameter', name }, name);

/** The item, in an expression over the items of a list: `col('l').list.map(element().mul(2))`. */
export const element = (): Expr<any, never, 'element'> => new Expr({ kind: 'parameter', name: 'element' }, 'element');

/** Every function of the registry. Texts as arguments are texts: use `col` for columns. */
export const fn: ScalarFunctions = Object.fromEntries(
  definitions().map((definition) => [
    camelCase(definition.name),
    (...given: readonly unknown[]) => called(definition, given),
  ]),
) as never;

type Methods = Record<string, (this: { readonly expr: Expr }, ...given: readonly unknown[]) => Expr>;

function addMethods(): void {
  const namespaces = new Map<Namespace, Methods>();
  for (const { namespace, name, definition, self } of methods()) {
    const on = (expr: Expr, given: readonly unknown[]): Expr =>
      called(definition, [...given.slice(0, self), expr, ...given.slice(self)]);
    if (namespace === undefined) {
      Object.defineProperty(Expr.prototype, name, {
        value(this: Expr, ...given: readonly unknown[]) {
          return on(this, given);
        },
      });
      continue;
    }
    const group = namespaces.get(namespace) ?? {};
    group[name] = function (...given) {
      return on(this.expr, given);
    };
    namespaces.set(namespace, group);
  }
  for (const [namespace, group] of namespaces) {
    Object.defineProperty(Expr.prototype, namespace, {
      get(this: Expr) {
        return Object.assign(Object.create(group) as object, { expr: this });
      },
    });
  }
}

addMethods();
