/**
 * A WebAssembly binary emitter in folded form: an instruction is a function of its operands, as in WebAssembly text's
 * `(i64.add (local.get 0) (i64.const 1))`, so code is a tree and the operand stack never has to be thought about.
 *
 *     const sum = local('i64');
 *     set(sum, i64.add(get(sum), i64.load(get(address), 8)))
 *
 * The phantom type of `Code` makes tsc reject most ill-typed code; the engine's validator is the last word. The
 * instructions themselves are in `instructions.ts`. Source: the WebAssembly core specification, chapter "Binary Format".
 */

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** Bytes, not yet flattened. */
type Chunk = number | readonly Chunk[];

/** An instruction with its operands. `void` leaves nothing on the stack. */
export type Code<T extends ValueType | 'void' = ValueType | 'void'> = readonly Chunk[] & { readonly leaves?: T };

export interface Local<T extends ValueType = ValueType> {
  readonly index: number;
  readonly type: T;
}

const TYPE: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const VOID = 0x40;

/** Signed LEB128; constants must use it, since 64 to 127 would read back negative as unsigned. */
export function sleb(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    if (rest === (byte & 0x40 ? -1n : 0n)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** Unsigned LEB128. */
export const uleb = (value: number): number[] =>
  value < 128 ? [value] : [(value & 0x7f) | 0x80, ...uleb(Math.floor(value / 128))];

const vector = (items: readonly Chunk[]): Chunk[] => [...uleb(items.length), ...items];

export const get = <T extends ValueType>(local: Local<T>): Code<T> => [0x20, uleb(local.index)];
export const set = <T extends ValueType>(local: Local<T>, value: Code<T>): Code<'void'> => [
  value,
  0x21,
  uleb(local.index),
];
export const tee = <T extends ValueType>(local: Local<T>, value: Code<T>): Code<T> => [value, 0x22, uleb(local.index)];
/** Both sides are evaluated. Not for v128, which needs `v128.bitselect`. */
export const select = <T extends ValueType>(yes: Code<T>, no: Code<T>, condition: Code<'i32'>): Code<T> => [
  yes,
  no,
  condition,
  0x1b,
];
export const seq = (...codes: readonly Code<'void'>[]): Code<'void'> => codes;
export const when = (condition: Code<'i32'>, yes: Code<'void'>, no?: Code<'void'>): Code<'void'> => [
  condition,
  0x04,
  VOID,
  yes,
  no === undefined ? [] : [0x05, no],
  0x0b,
];
/** Runs the body until the condition, evaluated after it, is zero. */
export const doWhile = (body: Code<'void'>, condition: Code<'i32'>): Code<'void'> => [
  0x03,
  VOID,
  body,
  condition,
  0x0d,
  0,
  0x0b,
];
export const whileDo = (condition: Code<'i32'>, body: Code<'void'>): Code<'void'> =>
  when(condition, doWhile(body, condition));

/** A function from outside, imported from the module `env`. */
export interface Import<R extends ValueType = ValueType> {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: R;
}

/** Calls the import with this position in the module's list. */
export const callImport = <R extends ValueType>(index: number, ...operands: readonly Code[]): Code<R> => [
  operands,
  0x10,
  uleb(index),
];

export interface Func {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

export type MakeLocal = <T extends ValueType>(type: T) => Local<T>;

/** Builds a function; `local` hands out locals after the parameters, zero at first. */
export function func<P extends readonly ValueType[]>(
  name: string,
  parameters: P,
  results: readonly ValueType[],
  build: (local: MakeLocal, ...parameters: { [K in keyof P]: Local<P[K]> }) => Code,
): Func {
  const locals: ValueType[] = [];
  const local: MakeLocal = (type) => ({ type, index: parameters.length + locals.push(type) - 1 });
  const given = parameters.map((type, index) => ({ type, index })) as { [K in keyof P]: Local<P[K]> };
  return { name, parameters, results, locals, body: build(local, ...given) };
}

/** The most pages that a memory can have: a module accepts any memory whose own maximum is not above its limit. */
const MAXIMUM_PAGES = 65_536;
const SHARED_WITH_MAXIMUM = 0x03;

/** A module over the imported shared memory `env.memory`, with every function exported. */
export function encodeModule(functions: readonly Func[], imports: readonly Import[] = []): Uint8Array<ArrayBuffer> {
  const text = (s: string): Chunk[] => vector([...new TextEncoder().encode(s)]);
  const types = (list: readonly ValueType[]): Chunk[] => vector(list.map((t) => TYPE[t]));
  const section = (id: number, items: readonly Chunk[]): Chunk[] => {
    const bytes = flatten(vector(items));
    return [id, ...uleb(bytes.length), bytes];
  };
  const body = ({ locals, body }: Func): Chunk => {
    const bytes = flatten([vector(locals.map((t) => [1, TYPE[t]])), body, 0x0b]);
    return [uleb(bytes.length), bytes];
  };
  const signatures = [
    ...imports.map(({ parameters, result }) => [0x60, types(parameters), types([result])]),
    ...functions.map(({ parameters, results }) => [0x60, types(parameters), types(results)]),
  ];
  return Uint8Array.from(
    flatten([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, signatures),
      section(2, [
        [text('env'), text('memory'), 0x02, SHARED_WITH_MAXIMUM, uleb(0), uleb(MAXIMUM_PAGES)],
        ...imports.map(({ name }, index) => [text('env'), text(name), 0x00, uleb(index)]),
      ]),
      section(
        3,
        functions.map((_, index) => uleb(imports.length + index)),
      ),
      section(
        7,
        functions.map(({ name }, index) => [text(name), 0x00, uleb(imports.length + index)]),
      ),
      section(10, functions.map(body)),
    ]),
  );
}

function flatten(chunk: Chunk, into: number[] = []): number[] {
  if (typeof chunk === 'number') into.push(chunk);
  else for (const item of chunk) flatten(item, into);
  return into;
}
