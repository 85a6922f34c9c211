import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { DataType } from '../columnar/data-type.ts';
import { type Field, field } from '../columnar/schema.ts';
import { RowProgram } from '../compile/row-program.ts';
import { ArithmeticOverflow, InvalidCast, SchemaMismatch } from '../errors.ts';
import type { Holding, MemoryBudget } from '../memory/budget.ts';

/** Casts one column of one file after the other. */
export class WidenedColumn implements Disposable {
  readonly #uri: string;
  readonly #from: Field;
  readonly #to: Field;
  readonly #holding: Holding;
  readonly #program: RowProgram;

  constructor(uri: string, type: DataType, to: Field, budget: MemoryBudget) {
    this.#uri = uri;
    this.#from = field(to.name, type, to.nullable);
    this.#to = to;
    this.#holding = budget.reserve('Scan');
    const input = { kind: 'column', index: 0, ...this.#from } as const;
    const expression = { kind: 'cast', input, type: to.type, nullable: to.nullable } as const;
    const columns = [{ name: to.name, expression }];
    this.#program = new RowProgram({ input: { fields: [this.#from] }, columns, operator: 'Scan' }, this.#holding);
  }

  /** Valid until the next call, and as long as `column` is. @throws SchemaMismatch */
  widen(column: Column, rows: number): Column {
    try {
      const [widened = column] = this.#program.apply(new Batch({ fields: [this.#from] }, rows, [column])).columns;
      return widened;
    } catch (error) {
      if (!(error instanceof InvalidCast || error instanceof ArithmeticOverflow)) throw error;
      throw new SchemaMismatch(
        this.#uri,
        `column ${this.#to.name} has values that do not fit the plan: ${error.message}`,
      );
    }
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}
