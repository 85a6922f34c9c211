import type { LinearMemory } from '../memory/linear-memory.ts';
import { fileKernels } from './static-kernels.ts';

/** What `assembly/json-index.ts` and `assembly/json-records.ts` export; places are addresses. */
interface JsonKernels {
  indexJson(from: number, end: number, tokens: number): number;
  jsonRecords(
    root: number,
    rows: number,
    tokens: number,
    first: number,
    count: number,
    end: number,
    container: number,
    needsComma: boolean,
    lenient: boolean,
    starts: number,
    scratch: number,
    state: number,
  ): number;
  spanValidity(spans: number, rows: number, validity: number): number;
  jsonTexts(spans: number, rows: number, offsets: number, bytes: number): number;
}

export const jsonKernels = (linear: LinearMemory): JsonKernels => fileKernels(linear) as unknown as JsonKernels;

/** Bytes of the state that the kernels write, and of what they unescape keys in. */
export const JSON_STATE_BYTES = 32;
export const JSON_SCRATCH_BYTES = 2048;

/** Bytes of a node of the tree of a schema, and of a field of a struct. */
export const JSON_NODE_BYTES = 32;
export const JSON_FIELD_BYTES = 12;
export const JSON_NODE_KINDS = { scalar: 0, struct: 1, list: 2, map: 3 } as const;

/** A node as `assembly/json-records.ts` draws it. */
export interface JsonNodeTable {
  readonly kind: keyof typeof JSON_NODE_KINDS;
  readonly mostRows: number;
  /** Spans of a scalar, offsets of a list or map. */
  readonly places: number;
  readonly validity: number;
  readonly parts: number;
  readonly partCount: number;
}

export function writeJsonNode({ u32 }: LinearMemory, at: number, node: JsonNodeTable): void {
  const { kind, mostRows, places, validity, parts, partCount } = node;
  u32.set([JSON_NODE_KINDS[kind], 0, mostRows, places, validity, parts, partCount, 0], at >>> 2);
}

/** Rows that a node has. */
export const jsonNodeRows = ({ u32 }: LinearMemory, node: number): number => u32[(node >>> 2) + 1] ?? 0;

const STATUSES = ['done', 'incomplete', 'syntax', 'misfit', 'no room', 'too deep', 'no object'] as const;

/** How `jsonRecords` has ended. */
export interface JsonState {
  readonly status: (typeof STATUSES)[number];
  /** Where it could not go on, and in which node. */
  readonly wrongAt: number;
  readonly node: number;
  /** The token from which it goes on, and where that stands. */
  readonly token: number;
  readonly position: number;
  /** To be handed to the next call. */
  readonly container: number;
  readonly needsComma: boolean;
}

/** What is known of the container before the first record, and behind the last of an array. */
export const JSON_CONTAINERS = { unknown: 0, lines: 1, array: 2, closed: 3 } as const;

export function readJsonState({ u32 }: LinearMemory, at: number): JsonState {
  const [status = 0, wrongAt = 0, node = 0, token = 0, position = 0, container = 0, comma = 0] = u32.subarray(
    at >>> 2,
    (at >>> 2) + 7,
  );
  const needsComma = comma !== 0;
  return { status: STATUSES[status] ?? 'syntax', wrongAt, node, token, position, container, needsComma };
}
