"""Reads columns of a Parquet file with pyarrow or with Polars, one thread: one JSON request a line, one answer a line.

    {"engine": "polars", "path": "…", "columns": [["l_comment", "length"]], "range": ["l_orderkey", 1, 9]}

Each column is read and measured as is asked for: the sum of its values, of their years or their lengths, or how many lists
there are. `range` says which rows are kept, those with a value from … to below …; null where all are.
"""

import json
import os
import sys
import time

os.environ["POLARS_MAX_THREADS"] = "1"

import polars
import pyarrow
import pyarrow.compute
import pyarrow.parquet

pyarrow.set_cpu_count(1)
pyarrow.set_io_thread_count(1)


def arrow_length(column):
    """Of views there are no lengths, and what has been written as views is read as such."""
    texts = column if pyarrow.types.is_string(column.type) else column.cast(pyarrow.string())
    return pyarrow.compute.sum(pyarrow.compute.utf8_length(texts))


ARROW_MEASURES = {
    "sum": pyarrow.compute.sum,
    "year": lambda column: pyarrow.compute.sum(pyarrow.compute.year(column)),
    "length": arrow_length,
    "list": pyarrow.compute.count,
}
POLARS_MEASURES = {
    "sum": lambda column: column.cast(polars.Int64).sum() if column.dtype.is_integer() else column.sum(),
    "year": lambda column: column.dt.year().cast(polars.Int64).sum(),
    "length": lambda column: column.str.len_chars().cast(polars.Int64).sum(),
    "list": lambda column: column.count(),
}


def by_pyarrow(path, columns, kept):
    filters = None
    if kept is not None:
        name, start, end = kept
        filters = [(name, ">=", start), (name, "<", end)]
    table = pyarrow.parquet.read_table(path, columns=[name for name, _ in columns], filters=filters, use_threads=False)
    return [ARROW_MEASURES[measure](table[name]).as_py() for name, measure in columns]


def by_polars(path, columns, kept):
    frame = polars.scan_parquet(path)
    if kept is not None:
        name, start, end = kept
        frame = frame.filter(polars.col(name) >= start, polars.col(name) < end)
    frame = frame.select(name for name, _ in columns).collect()
    # The sum of nothing is 0 there.
    return [POLARS_MEASURES[measure](frame[name]) if len(frame) > 0 else None for name, measure in columns]


def cell(value):
    return value if value is None or isinstance(value, float) else str(value)


ENGINES = {"pyarrow": by_pyarrow, "polars": by_polars}
print(json.dumps({"version": f"pyarrow {pyarrow.__version__}, Polars {polars.__version__}"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    start = time.perf_counter()
    try:
        row = ENGINES[request["engine"]](request["path"], request["columns"], request["range"])
    except NotImplementedError as error:  # pyarrow filters no views of texts
        print(json.dumps({"cannot": str(error)}), flush=True)
        continue
    ms = (time.perf_counter() - start) * 1000
    print(json.dumps({"ms": ms, "rows": [[cell(value) for value in row]]}), flush=True)
