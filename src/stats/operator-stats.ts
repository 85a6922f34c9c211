/** What one operator did in one task. JSON data: it stands in manifests and is shown by the command line. */
export interface OperatorStats {
  /** As explain prints it; a fused step names all that it does. */
  readonly name: string;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly batchesIn: number;
  readonly batchesOut: number;
  /** Fixed-size parts of the columns only, as `Batch.byteLength` counts them. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds in the operator itself, waiting for storage included and everything downstream of it excluded. */
  readonly selfMs: number;
  /** Figures only the operator knows, by name, in the unit the name says: `row groups pruned`, `bytes read`. */
  readonly counters: Readonly<Record<string, number>>;
  /** How far below the last operator it is: a plan's operators are listed as explain prints them, each before its inputs. */
  readonly depth: number;
}
