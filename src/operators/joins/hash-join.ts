/**
 * Joins rows by equal keys. One side is built: its rows are kept, and found by key. The rows of the other side then pass
 * through, a batch at a time:
 *
 *     probe batch ──▶ keys ──▶ found   │ 3 │ – │ 0 │ …          the first row with the key (state/join-table.ts)
 *                              pairs   │ 0,3 │ 0,8 │ 2,0 │ …    every row with it; a bounded number at a time
 *                              │ residual
 *                              ▼
 *                     taken from both sides ──▶ batches of joined rows
 *
 * What comes out depends on which side is kept where it has no match, and which of them is built:
 *
 *     kept is the probe side   its rows without a match are paired with a row of nulls that stands behind the built ones
 *     kept is the build side   the rows that were met are marked, and at the end the others come out beside nulls
 *     semi, anti               rows of the probe side by whether a key was found; or of the build side by their marks
 *
 * Rows come out in the order of the probe side, those of one row in the order of the build side, and what comes out at the
 * end in the order of the build side. With a residual, rows without a match follow those of their batch that have one. Where
 * no cache holds the table, its rows are in the order of their keys' hashes, and rows of the probe side wait for others that
 * look into the same part of it (state/probe-buffer.ts): then only those of one key are in their order.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import { columnFromValues, constantColumn } from '../../columnar/column-from-values.ts';
import type { DataType } from '../../columnar/data-type.ts';
import { type Field, field, type Schema } from '../../columnar/schema.ts';
import { RowProgram } from '../../compile/row-program.ts';
import { collectColumns } from '../../expressions/columns.ts';
import type { TypedColumn, TypedExpression } from '../../expressions/expression.ts';
import { type JoinKernels, joinKernels } from '../../kernels/join-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { type JoinKey, JoinRows } from '../../state/join-rows.ts';
import { JoinTable, KeyFinder } from '../../state/join-table.ts';
import { type JoinedColumn, JoinedRows, type RowPairs } from '../../state/joined-rows.ts';
import { ProbeBuffer } from '../../state/probe-buffer.ts';
import { type ListedPairs, type Residual, ResidualFilter, residualOf } from '../../state/residual-filter.ts';
import type { RowBuffer } from '../../state/row-buffer.ts';
import { RuntimeFilter } from '../../state/runtime-filter.ts';
import type { BuildRun, Demand, Join, Output, Probe, ProbeRun, TaskContext } from '../operator.ts';

export type Side = 'left' | 'right';

export interface HashJoinOptions {
  readonly left: Schema;
  readonly right: Schema;
  readonly joinType: 'inner' | 'left' | 'right' | 'outer' | 'semi' | 'anti';
  /** Which side is kept in memory. */
  readonly buildSide: Side;
  /** Keys over each side, as many and of the same types. */
  readonly leftKeys: readonly TypedExpression[];
  readonly rightKeys: readonly TypedExpression[];
  /** By key, whether null meets null: elsewhere it meets nothing. */
  readonly nullEqualsNull: readonly boolean[];
  /** Over the columns of left and then those of right: only pairs for which it is true match. */
  readonly residual?: TypedExpression | undefined;
  /** The columns that come out, by their positions in those of left and then those of right. */
  readonly columns: readonly number[];
  /** Of what comes out; a side is nullable where a row may lack it. */
  readonly schema: Schema;
  /** What is told of the keys of the build side, for whoever reads the probe side. */
  readonly runtimeFilters?: readonly ToldKey[] | undefined;
}

export interface ToldKey {
  /** What the task knows it by. */
  readonly id: number;
  /** Which of the keys. */
  readonly key: number;
}

const NAME = 'HashJoin';

/** Retains the rows of one side, with the columns that are needed, and 12 to 28 bytes for each beside its keys. */
export function hashJoin(options: HashJoinOptions): Join {
  const plan = planOf(options);
  return {
    role: 'join',
    name: NAME,
    schema: options.schema,
    open: (task) => new HashJoinBuild(plan, task),
  };
}

/** The join seen from its build side and its probe side. */
interface HashJoinPlan {
  readonly schema: Schema;
  readonly build: Schema;
  readonly probe: Schema;
  readonly buildKeys: readonly TypedColumn[];
  readonly probeKeys: readonly TypedColumn[];
  readonly keys: readonly JoinKey[];
  /** Columns of the build side that are kept. */
  readonly kept: readonly TypedColumn[];
  /** Of what comes out; of the build side among the kept ones. */
  readonly columns: readonly JoinedColumn[];
  readonly residual: Residual | undefined;
  /** What is done with rows of the probe side: joined to each match, or passed by whether they have one, or nothing. */
  readonly emits: 'pairs' | 'matched' | 'unmatched' | 'nothing';
  /** Whether a row of the probe side without a match comes out, beside nulls. */
  readonly keepsProbe: boolean;
  /** Which rows of the build side come out at the end: those that were met, or those that were not. */
  readonly emitsAtEnd: 'matched' | 'unmatched' | undefined;
  readonly told: readonly ToldKey[];
}

function planOf(options: HashJoinOptions): HashJoinPlan {
  const { left, right, joinType, buildSide, leftKeys, rightKeys, nullEqualsNull, residual, schema } = options;
  const buildsLeft = buildSide === 'left';
  const leftCount = left.fields.length;
  const isBuilt = (index: number): boolean => index < leftCount === buildsLeft;
  const own = (index: number): number => (index < leftCount ? index : index - leftCount);
  const read = new Set<number>();
  if (residual !== undefined) collectColumns(residual, read);
  const keptAt = [...new Set([...options.columns, ...read].filter(isBuilt).map(own))].sort((a, b) => a - b);
  const joined = (index: number): JoinedColumn =>
    isBuilt(index) ? { side: 'build', position: keptAt.indexOf(own(index)) } : { side: 'probe', position: own(index) };
  const [build, probe] = buildsLeft ? [left, right] : [right, left];
  const [buildKeys, probeKeys] = buildsLeft ? [leftKeys, rightKeys] : [rightKeys, leftKeys];
  const isFilter = joinType === 'semi' || joinType === 'anti';
  const kept = joinType === 'semi' ? 'matched' : 'unmatched';
  const keepsBuild = joinType === 'outer' || joinType === buildSide;
  return {
    schema,
    build,
    probe,
    buildKeys: namedKeys(buildKeys),
    probeKeys: namedKeys(probeKeys),
    keys: buildKeys.map(({ type }, index) => ({ type, nullEqualsNull: nullEqualsNull[index] === true })),
    kept: keptAt.map((index) => columnAt(build, index)),
    columns: options.columns.map(joined),
    residual: residual && residualOf(residual, [...read], [...left.fields, ...right.fields], joined),
    emits: !isFilter ? 'pairs' : buildsLeft ? 'nothing' : kept,
    keepsProbe: !isFilter && joinType !== 'inner' && (joinType === 'outer' || joinType !== buildSide),
    emitsAtEnd: isFilter ? (buildsLeft ? kept : undefined) : keepsBuild ? 'unmatched' : undefined,
    told: options.runtimeFilters ?? [],
  };
}

/** Positions of the columns of the probe side that come out, or are asked. */
function probeColumns({ columns, residual }: HashJoinPlan): number[] {
  const read = [...columns, ...(residual?.columns ?? [])].filter(({ side }) => side === 'probe');
  return [...new Set(read.map(({ position }) => position))];
}

const namedKeys = (keys: readonly TypedExpression[]): TypedColumn[] =>
  keys.map((expression, index) => ({ name: `key ${index}`, expression }));

function columnAt({ fields }: Schema, index: number): TypedColumn {
  const { name, type, nullable } = fields[index] as Field;
  return { name, expression: { kind: 'column', index, name, type, nullable } };
}

class HashJoinBuild implements BuildRun {
  readonly #plan: HashJoinPlan;
  readonly #task: TaskContext;
  readonly #holding: Holding;
  readonly #program: RowProgram;
  readonly #rows: JoinRows;

  constructor(plan: HashJoinPlan, task: TaskContext) {
    const { build, buildKeys, kept, keys } = plan;
    const { memory } = task;
    this.#plan = plan;
    this.#task = task;
    this.#holding = memory.reserve(NAME);
    this.#program = new RowProgram({ input: build, columns: [...buildKeys, ...kept], operator: NAME }, this.#holding);
    const schema: Schema = { fields: kept.map(({ expression }, index) => keptField(expression, index)) };
    const keepsKeyless = plan.emitsAtEnd === 'unmatched';
    this.#rows = new JoinRows({ keys, schema, keepsKeyless }, this.#holding);
  }

  async push(batch: Batch): Promise<Demand> {
    const { columns, rowCount } = this.#program.apply(batch);
    const keyCount = this.#plan.keys.length;
    const kept = new Batch(this.#rows.rows.schema, rowCount, columns.slice(keyCount));
    this.#rows.append(columns.slice(0, keyCount), kept);
    return 'more';
  }

  async combine(other: BuildRun): Promise<void> {
    assert.ok(other instanceof HashJoinBuild);
    this.#rows.absorb(other.#rows);
  }

  async finish(): Promise<Probe> {
    const { emits, keepsProbe, emitsAtEnd, residual } = this.#plan;
    const rows = this.#rows;
    rows.close();
    const lists = emits === 'pairs' || residual !== undefined;
    const firsts = emitsAtEnd !== undefined && residual === undefined;
    const table = new JoinTable(rows, { lists, firsts }, this.#holding);
    for (const { id, key } of this.#plan.told) {
      const filter = RuntimeFilter.of(rows, key, this.#holding);
      if (filter !== undefined) this.#task.runtimeFilters?.set(id, filter);
    }
    if (keepsProbe) this.#appendNulls();
    const built: Built = { table, columns: rows.rows.columns(), keyless: rows.keyless };
    const demand = table.rowCount === 0 && !keepsProbe && emits !== 'unmatched' ? 'done' : 'more';
    return { demand, open: (task) => new HashJoinProbe(this.#plan, built, task) };
  }

  [Symbol.dispose](): void {
    this.#rows[Symbol.dispose]();
    this.#program[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }

  /** A row of nulls behind the rows, for those that find none. */
  #appendNulls(): void {
    const { rows } = this.#rows;
    using scratch = this.#holding.budget.reserve(NAME);
    const columns = rows.schema.fields.map(({ type }) => nullColumn(scratch, type));
    rows.append(new Batch(rows.schema, 1, columns));
  }
}

/** One null, for which no column has to be laid out in another way. */
const nullColumn = (holding: Holding, type: DataType): Column =>
  type.kind === 'decimal'
    ? columnFromValues(holding, type, [null], { width: 8, bits: 0 })
    : { ...constantColumn(holding, type, null, 1), bits: 0 };

const keptField = ({ type }: TypedExpression, index: number): Field => field(`kept ${index}`, type);

/** What a build run lends to those that probe it. */
interface Built {
  readonly table: JoinTable;
  /** Of the rows of the table, and of the row of nulls behind them. */
  readonly columns: readonly Column[];
  readonly keyless: RowBuffer;
}

/** Room for so many pairs at a time. */
const PAIR_BYTES = BATCH_ROWS * 4;

class HashJoinProbe implements ProbeRun {
  readonly #plan: HashJoinPlan;
  readonly #built: Built;
  readonly #holding: Holding;
  readonly #kernels: JoinKernels;
  readonly #program: RowProgram;
  readonly #finder: KeyFinder;
  /** Undefined where rows are joined as they come. */
  readonly #waiting: ProbeBuffer | undefined;
  readonly #joined: JoinedRows;
  readonly #residual: ResidualFilter | undefined;
  readonly #probeRows: number;
  readonly #buildRows: number;
  /** The words of `keyPairs`, or the row that `listMarked` goes on with. */
  readonly #state: number;
  /** Which rows of the build side were met: of each key only the first, unless there is a residual. */
  readonly #met: number | undefined;
  /** Which rows of a probe batch have a match, where a residual decides. */
  readonly #matched: number;

  constructor(plan: HashJoinPlan, built: Built, { memory }: TaskContext) {
    this.#plan = plan;
    this.#built = built;
    const holding = memory.reserve(NAME);
    this.#holding = holding;
    this.#kernels = joinKernels(holding.linear);
    try {
      this.#program = new RowProgram({ input: plan.probe, columns: plan.probeKeys, operator: NAME }, holding);
      this.#finder = new KeyFinder(built.table, holding);
      if (plan.emits === 'pairs' && ProbeBuffer.pays(built.table)) {
        const nullable = plan.probeKeys.map(({ expression }) => expression.nullable);
        const probe = { probe: plan.probe, used: probeColumns(plan), nullable };
        this.#waiting = new ProbeBuffer(built.table, this.#finder, probe, holding);
      }
      this.#joined = new JoinedRows(plan.schema, plan.columns, holding);
      this.#residual = plan.residual && new ResidualFilter(plan.residual, NAME, holding);
      this.#probeRows = holding.allocate(PAIR_BYTES).address;
      this.#buildRows = holding.allocate(PAIR_BYTES).address;
      this.#state = holding.allocateZeroed(8).address;
      this.#matched = holding.allocate(BATCH_ROWS / 8).address;
      if (plan.emitsAtEnd !== undefined) this.#met = this.#noBits(built.table.rowCount);
    } catch (error) {
      holding[Symbol.dispose]();
      throw error;
    }
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    const { rowCount } = batch;
    if (rowCount === 0) return 'more';
    const keys = this.#program.apply(batch).columns;
    // Of a dictionary, only the entries are looked up.
    const isPlain = keys.length > 1 || keys[0]?.dictionary === undefined;
    if (this.#waiting !== undefined && isPlain) {
      const waits = this.#waiting.tryAdd(keys, batch);
      if ((!waits || this.#waiting.isFull) && (await this.#joinWaiting(output)) === 'done') return 'done';
      if (waits) return 'more';
    }
    return this.#join(batch, this.#finder.find(keys, rowCount), output);
  }

  async #joinWaiting(output: Output): Promise<Demand> {
    for (const { batch, found } of this.#waiting?.take() ?? []) {
      if ((await this.#join(batch, found, output)) === 'done') return 'done';
    }
    return 'more';
  }

  async #join(batch: Batch, found: number, output: Output): Promise<Demand> {
    const { rowCount } = batch;
    if (this.#residual !== undefined) return this.#pushFiltered(batch, found, this.#residual, output);
    if (this.#met !== undefined) this.#kernels.markRows(found, rowCount, this.#met);
    const { emits } = this.#plan;
    if (emits === 'nothing') return 'more';
    if (emits !== 'pairs') return this.#pass(batch, this.#listFound(found, rowCount), output);
    if (this.#built.table.lists === undefined) return this.#pushUnique(batch, found, output);
    for (const pairs of this.#pairs(found, rowCount, this.#plan.keepsProbe)) {
      if ((await this.#emit(batch.columns, pairs, output)) === 'done') return 'done';
    }
    return 'more';
  }

  async combine(other: ProbeRun): Promise<void> {
    assert.ok(other instanceof HashJoinProbe);
    if (other.#waiting !== undefined) this.#waiting?.absorb(other.#waiting);
    if (this.#met === undefined || other.#met === undefined) return;
    this.#kernels.uniteBits(other.#met, this.#built.table.rowCount, this.#met);
  }

  async finish(output: Output): Promise<void> {
    if ((await this.#joinWaiting(output)) === 'done') return;
    const { emitsAtEnd, probe } = this.#plan;
    if (emitsAtEnd === undefined || this.#met === undefined) return;
    const { table, columns, keyless } = this.#built;
    const nulls = this.#nulls(probe);
    const firsts = this.#residual === undefined ? table.firsts : 0;
    const wanted = emitsAtEnd === 'matched' ? 1 : 0;
    const [list, next] = [this.#buildRows, this.#state];
    for (let from = 0; from < table.rowCount; from = this.#holding.linear.u32[next >>> 2] as number) {
      const count = this.#kernels.listMarked(this.#met, firsts, wanted, from, table.rowCount, BATCH_ROWS, list, next);
      const pairs = { probeRows: undefined, buildRows: list, count };
      if ((await this.#emitPairs(nulls, columns, pairs, output)) === 'done') return;
    }
    if (emitsAtEnd === 'matched') return;
    for (let from = 0; from < keyless.rowCount; from += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, keyless.rowCount - from);
      this.#listRows(list, from, count);
      const pairs = { probeRows: undefined, buildRows: list, count };
      if ((await this.#emitPairs(nulls, keyless.columns(), pairs, output)) === 'done') return;
    }
  }

  [Symbol.dispose](): void {
    this.#waiting?.[Symbol.dispose]();
    this.#finder[Symbol.dispose]();
    this.#program[Symbol.dispose]();
    this.#residual?.[Symbol.dispose]();
    this.#joined[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }

  /** At most one pair for each row. */
  async #pushUnique({ columns, rowCount }: Batch, found: number, output: Output): Promise<Demand> {
    if (this.#plan.keepsProbe) {
      this.#kernels.replaceMissing(found, rowCount, this.#built.table.rowCount);
      return this.#emit(columns, { probeRows: undefined, buildRows: found, count: rowCount }, output);
    }
    const [probeRows, buildRows] = [this.#probeRows, this.#buildRows];
    const count = this.#kernels.uniquePairs(found, rowCount, probeRows, buildRows);
    return this.#emit(columns, { probeRows: count === rowCount ? undefined : probeRows, buildRows, count }, output);
  }

  /** Only pairs that pass the residual are matches. */
  async #pushFiltered(batch: Batch, found: number, residual: ResidualFilter, output: Output): Promise<Demand> {
    const { emits, keepsProbe } = this.#plan;
    const { columns, rowCount } = batch;
    const decides = keepsProbe || emits === 'matched' || emits === 'unmatched';
    if (decides) takeKernels(this.#holding.linear).fillBytes(this.#matched, 0, BATCH_ROWS / 8);
    for (const pairs of residual.filter(columns, this.#built.columns, this.#pairs(found, rowCount, false))) {
      if (this.#met !== undefined) this.#kernels.markRows(pairs.buildRows, pairs.count, this.#met);
      if (decides) this.#kernels.markRows(pairs.probeRows, pairs.count, this.#matched);
      // Where nothing comes of many pairs, an empty batch gives whoever waits for a turn, or stops the task, the chance to.
      const passed = emits === 'pairs' ? pairs : { ...pairs, count: 0 };
      if ((await this.#emit(columns, passed, output, true)) === 'done') return 'done';
    }
    if (emits === 'matched' || emits === 'unmatched') {
      return this.#pass(batch, this.#listMatched(rowCount, emits === 'matched' ? 1 : 0), output);
    }
    if (!keepsProbe) return 'more';
    const count = this.#listMatched(rowCount, 0);
    const missing = this.#built.table.rowCount;
    this.#holding.linear.u32.fill(missing, this.#buildRows >>> 2, (this.#buildRows >>> 2) + count);
    return this.#emit(columns, { probeRows: this.#probeRows, buildRows: this.#buildRows, count }, output);
  }

  /** Lists rows of a probe batch by whether they have a match; returns how many. */
  #listMatched(rowCount: number, wanted: 0 | 1): number {
    const [list, next] = [this.#probeRows, this.#state];
    return this.#kernels.listMarked(this.#matched, 0, wanted, 0, rowCount, BATCH_ROWS, list, next);
  }

  #listFound(found: number, rowCount: number): number {
    return this.#kernels.listFound(found, this.#plan.emits === 'matched' ? 1 : 0, rowCount, this.#probeRows);
  }

  /** The pairs of found rows, a bounded number at a time, in arrays that the next ones overwrite. */
  *#pairs(found: number, rowCount: number, keepsMissing: boolean): Generator<ListedPairs> {
    const { lists, rowCount: missing } = this.#built.table;
    const [probeRows, buildRows, state] = [this.#probeRows, this.#buildRows, this.#state];
    if (lists === undefined) {
      const count = this.#kernels.uniquePairs(found, rowCount, probeRows, buildRows);
      yield { probeRows, buildRows, count };
      return;
    }
    const [starts, ordered] = [lists.starts.address, lists.ordered.address];
    const missingRow = keepsMissing ? missing : NO_ROW;
    for (let [row, done] = [0, 0]; row < rowCount; ) {
      this.#holding.linear.u32.set([row, done], state >>> 2);
      const count = this.#kernels.keyPairs(
        found,
        rowCount,
        starts,
        ordered,
        missingRow,
        state,
        BATCH_ROWS,
        probeRows,
        buildRows,
      );
      [row, done] = [0, 4].map((offset) => this.#holding.linear.u32[(state + offset) >>> 2] ?? 0) as [number, number];
      yield { probeRows, buildRows, count };
    }
  }

  /** The listed rows of a probe batch. */
  async #pass({ columns, rowCount }: Batch, count: number, output: Output): Promise<Demand> {
    const probeRows = count === rowCount ? undefined : this.#probeRows;
    return this.#emit(columns, { probeRows, buildRows: this.#buildRows, count }, output);
  }

  #emit(columns: readonly Column[], pairs: RowPairs, output: Output, evenNone: boolean = false): Promise<Demand> {
    return this.#emitPairs(columns, this.#built.columns, pairs, output, evenNone);
  }

  async #emitPairs(
    probe: readonly Column[],
    build: readonly Column[],
    pairs: RowPairs,
    output: Output,
    evenNone: boolean = false,
  ): Promise<Demand> {
    const { buildRows, count } = pairs;
    let { probeRows } = pairs;
    for (let from = 0; from < count || (evenNone && from === 0); ) {
      const left = count - from;
      const probeFrom = probeRows === undefined ? undefined : probeRows + from * 4;
      const batch = this.#joined.take(probe, build, {
        probeRows: probeFrom,
        buildRows: buildRows + from * 4,
        count: left,
      });
      if ((await output.push(batch)) === 'done') return 'done';
      if (count === 0) return 'more';
      from += batch.rowCount;
      if (from < count && probeRows === undefined) {
        this.#listRows(this.#probeRows, 0, count);
        probeRows = this.#probeRows;
      }
    }
    return 'more';
  }

  /** Lists the rows [from, from + count). */
  #listRows(list: number, from: number, count: number): void {
    const { u32 } = this.#holding.linear;
    for (let row = 0; row < count; row += 1) u32[(list >>> 2) + row] = from + row;
  }

  /** Columns of a side that no row has. */
  #nulls({ fields }: Schema): readonly Column[] {
    return fields.map(({ type }) => constantColumn(this.#holding, type, null, BATCH_ROWS));
  }

  #noBits(count: number): number {
    const bytes = Math.ceil(count / 64) * 8;
    const { address } = this.#holding.allocate(bytes);
    takeKernels(this.#holding.linear).fillBytes(address, 0, bytes);
    return address;
  }
}

/** What stands for a row that there is none of. */
const NO_ROW = 0xffff_ffff;
