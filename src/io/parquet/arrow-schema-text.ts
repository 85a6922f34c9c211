import { Schema as ArrowSchema, RecordBatchStreamWriter, Table } from 'apache-arrow';
import { toArrowField } from '../../columnar/arrow-schema.ts';
import type { Schema } from '../../columnar/schema.ts';
import { asStored } from './written-schema.ts';

/** The schema as readers of Arrow expect it in a file's metadata: an IPC message, in base64. Brings apache-arrow. */
export async function arrowSchemaText({ fields }: Schema): Promise<string> {
  const schema = new ArrowSchema(
    fields.map(({ name, type, nullable }) => toArrowField({ name, type: asStored(type), nullable })),
  );
  const stream = await RecordBatchStreamWriter.writeAll(new Table(schema)).toUint8Array();
  // The first message: a mark, the length of what follows, and that.
  const length = new DataView(stream.buffer, stream.byteOffset).getInt32(4, true);
  return Buffer.from(stream.subarray(0, 8 + length)).toString('base64');
}
