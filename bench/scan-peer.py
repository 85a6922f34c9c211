"""Reads columns of a file with pyarrow or with Polars, one thread: one JSON request a line, one answer a line.

    {"engine": "polars", "path": "…", "format": "parquet", "columns": [["l_comment", "length", 0]], "range": ["l_orderkey", 1, 9]}
    {"engine": "polars", "path": "…", "format": "csv", "columns": [["price", "sum", 2]], "types": [["price", "decimal 15 2"], …], "range": null}

Each column is read and measured as is asked for: the sum of its values, of their years or their lengths, how many are true, or how
many lists there are. Of text, which has no types, `types` are those of all columns. `range` says which rows are kept, those with a value from … to below …; null where all are.
"""

import json
import os
import sys
import time

os.environ["POLARS_MAX_THREADS"] = "1"

import polars
import pyarrow
import pyarrow.compute
import pyarrow.csv
import pyarrow.json
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
    "true": lambda column: pyarrow.compute.sum(column.cast(pyarrow.int64())),
    "list": pyarrow.compute.count,
}
POLARS_MEASURES = {
    "sum": lambda column: column.cast(polars.Int64).sum() if column.dtype.is_integer() else column.sum(),
    "year": lambda column: column.dt.year().cast(polars.Int64).sum(),
    "length": lambda column: column.str.len_chars().cast(polars.Int64).sum(),
    "true": lambda column: column.cast(polars.Int64).sum(),
    "list": lambda column: column.count(),
}


ARROW_TYPES = {
    "int64": pyarrow.int64(),
    "int32": pyarrow.int32(),
    "float64": pyarrow.float64(),
    "date": pyarrow.date32(),
    "timestamp": pyarrow.timestamp("us"),
    "utf8": pyarrow.string(),
    "bool": pyarrow.bool_(),
}
POLARS_TYPES = {
    "int64": polars.Int64,
    "int32": polars.Int32,
    "float64": polars.Float64,
    "date": polars.Date,
    "timestamp": polars.Datetime("us"),
    "utf8": polars.String,
    "bool": polars.Boolean,
}


def type_of(word, known, decimal):
    kind, *digits = word.split()
    return decimal(*map(int, digits)) if kind == "decimal" else known[kind]


def arrow_table(path, format, names, types):
    """Of text in pieces, so that what is not asked for need not be kept."""
    typed = {name: type_of(word, ARROW_TYPES, pyarrow.decimal128) for name, word in types}
    if format == "csv":
        convert = pyarrow.csv.ConvertOptions(column_types=typed, include_columns=names, strings_can_be_null=True)
        return pyarrow.csv.read_csv(path, pyarrow.csv.ReadOptions(use_threads=False), convert_options=convert)
    # Of JSON it makes no decimals of numbers, and no dates of texts.
    plain = {name: pyarrow.float64() if pyarrow.types.is_decimal(kind) else kind for name, kind in typed.items()}
    dates = [name for name in names if pyarrow.types.is_date(typed[name])]
    schema = pyarrow.schema([(name, pyarrow.timestamp("s") if name in dates else plain[name]) for name in names])
    parse = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    return pyarrow.json.read_json(path, pyarrow.json.ReadOptions(use_threads=False), parse)


def by_pyarrow(path, format, columns, types, kept):
    names = [name for name, _, _ in columns]
    filters = None
    if kept is not None:
        name, start, end = kept
        filters = [(name, ">=", start), (name, "<", end)]
    if format == "parquet":
        table = pyarrow.parquet.read_table(path, columns=names, filters=filters, use_threads=False)
    else:
        table = arrow_table(path, format, names, types)
    return [ARROW_MEASURES[measure](table[name]).as_py() for name, measure, _ in columns]


def polars_frame(path, format, types):
    if format == "parquet":
        return polars.scan_parquet(path)
    schema = {name: type_of(word, POLARS_TYPES, polars.Decimal) for name, word in types}
    if format == "csv":
        return polars.scan_csv(path, schema=schema)
    # Of JSON it makes no decimals of numbers.
    plain = {name: polars.Float64 if isinstance(kind, polars.Decimal) else kind for name, kind in schema.items()}
    return polars.scan_ndjson(path, schema=plain)


def by_polars(path, format, columns, types, kept):
    frame = polars_frame(path, format, types)
    if kept is not None:
        name, start, end = kept
        frame = frame.filter(polars.col(name) >= start, polars.col(name) < end)
    frame = frame.select(name for name, _, _ in columns).collect()
    # The sum of nothing is 0 there.
    return [POLARS_MEASURES[measure](frame[name]) if len(frame) > 0 else None for name, measure, _ in columns]


def cell(value):
    return value if value is None or isinstance(value, float) else str(value)


ENGINES = {"pyarrow": by_pyarrow, "polars": by_polars}
print(json.dumps({"version": f"pyarrow {pyarrow.__version__}, Polars {polars.__version__}"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    start = time.perf_counter()
    try:
        row = ENGINES[request["engine"]](*(request[name] for name in ("path", "format", "columns", "types", "range")))
    except NotImplementedError as error:  # pyarrow filters no views of texts
        print(json.dumps({"cannot": str(error)}), flush=True)
        continue
    ms = (time.perf_counter() - start) * 1000
    print(json.dumps({"ms": ms, "rows": [[cell(value) for value in row]]}), flush=True)
