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
  /** The operators it read from: none for a scan, several for a concat. */
  readonly inputs: readonly OperatorStats[];
}

/** The operator and all below it, inputs before their consumer. */
export function flattenStats(root: OperatorStats): OperatorStats[] {
  return [...root.inputs.flatMap(flattenStats), root];
}
