"""Reads files, Parquet or .arrow, for someone who compares: JSON requests on stdin, answers on stdout, one a line.

    {"path": "…", "int96": "ns"}  ▶  {"columns": [{"name": "…", "type": "…"}], "rows": 8}    or {"error": "…"}
    {"from": 0, "count": 1024}    ▶  {"columns": [[value, …], …]}                            of the file before

Types are written as Millrace writes them. Values: whole numbers of 64 bits and more, and ticks, are text, so that no
digit is lost; so are NaN and infinities; bytes are base64; structs are arrays of their fields, maps arrays of [key, value].
"""

import base64
import decimal
import json
import math
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

decimal.getcontext().prec = 100
kinds = pa.types
# Units that Millrace does not have for what it stands beside, and how many of its own they are.
TICKS = {"s": ("ms", 1000), "ms": ("ms", 1), "us": ("us", 1), "ns": ("ns", 1)}
CLOCK_TICKS = {"s": ("us", 1_000_000), "ms": ("us", 1000), "us": ("us", 1), "ns": ("ns", 1)}


def type_name(kind):
    if isinstance(kind, pa.BaseExtensionType):
        return "uuid" if kind.extension_name == "arrow.uuid" else type_name(kind.storage_type)
    if kinds.is_dictionary(kind):
        return type_name(kind.value_type)
    if kinds.is_floating(kind):
        return f"float{kind.bit_width}"
    if kinds.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    if kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind):
        return "utf8"
    if kinds.is_fixed_size_binary(kind):
        return f"fixed-size-binary({kind.byte_width})"
    if kinds.is_binary(kind) or kinds.is_large_binary(kind) or kinds.is_binary_view(kind):
        return "binary"
    if kinds.is_date(kind):
        return "date"
    if kinds.is_time(kind):
        return f"time({CLOCK_TICKS[kind.unit][0]})"
    if kinds.is_timestamp(kind):
        return f"timestamp({TICKS[kind.unit][0]}{'' if kind.tz is None else ', UTC'})"
    if kinds.is_duration(kind):  # Parquet has none: it is how Arrow calls some of its whole numbers
        return "int64"
    if kinds.is_map(kind):
        return f"map({type_name(kind.key_type)}, {type_name(kind.item_type)})"
    if kinds.is_struct(kind):
        return f"struct({', '.join(f'{field.name} {type_name(field.type)}' for field in kind)})"
    if kinds.is_nested(kind):
        return f"list({type_name(kind.value_type)})"
    return str(kind)


def ticks(array, factor=1):
    width = pa.int32() if array.type.bit_width == 32 else pa.int64()
    return [None if value is None else value * factor for value in array.view(width).to_pylist()]


def texts(values):
    return [None if value is None else str(value) for value in values]


def floats(values):
    names = {math.inf: "inf", -math.inf: "-inf"}
    return [
        value if value is None or math.isfinite(value) else names.get(value, "NaN") for value in values
    ]


def strings(array):
    try:
        return array.to_pylist()
    except UnicodeDecodeError:
        # No text at all: it comes with lone surrogates, which nothing equals.
        binary = array.cast(pa.large_binary())
        return [None if one is None else one.decode("utf-8", "surrogateescape") for one in binary.to_pylist()]


def lists(array, items):
    rest = iter(items)
    return [
        None if length is None else [next(rest) for _ in range(length)]
        for length in pc.list_value_length(array).to_pylist()
    ]


def structs(array):
    fields = [cells(field) for field in array.flatten()]
    valid = array.is_valid().to_pylist()
    return [[field[row] for field in fields] if valid[row] else None for row in range(len(array))]


def maps(array):
    entry = pa.struct([pa.field("key", array.type.key_type, False), pa.field("value", array.type.item_type)])
    entries = array.cast(pa.list_(entry))
    return lists(entries, cells(entries.flatten()))


def cells(array):
    """The values of an array, as they are written in JSON."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return cells(array.storage)
    if kinds.is_dictionary(kind):
        return cells(array.dictionary_decode())
    if kinds.is_floating(kind):
        return floats(array.to_pylist())
    if kinds.is_decimal(kind):
        return [None if one is None else str(int(one.scaleb(kind.scale))) for one in array.to_pylist()]
    if kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind):
        return strings(array)
    if type_name(kind).endswith("binary") or kinds.is_fixed_size_binary(kind):
        return [None if one is None else base64.b64encode(one).decode() for one in array.to_pylist()]
    if kinds.is_date(kind):
        return ticks(array.cast(pa.date32()))
    if kinds.is_time(kind):
        return texts(ticks(array, CLOCK_TICKS[kind.unit][1]))
    if kinds.is_timestamp(kind):
        return texts(ticks(array, TICKS[kind.unit][1]))
    if kinds.is_duration(kind):
        return texts(ticks(array))
    if kinds.is_map(kind):
        return maps(array)
    if kinds.is_struct(kind):
        return structs(array)
    if kinds.is_nested(kind):
        return lists(array, cells(array.flatten()))
    values = array.to_pylist()
    return texts(values) if kinds.is_integer(kind) and kind.bit_width == 64 else values


def column(chunked):
    return [cell for chunk in chunked.chunks for cell in cells(chunk)]


def opened(path, int96):
    if path.endswith(".arrow"):
        return pa.ipc.open_file(path).read_all()
    # A file, not a directory whose name would tell values of columns.
    return pq.ParquetFile(path, page_checksum_verification=True, coerce_int96_timestamp_unit=int96).read()


def described(table):
    columns = [{"name": field.name, "type": type_name(field.type)} for field in table.schema]
    return {"columns": columns, "rows": table.num_rows}


def main():
    table = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "path" in request:
                table = opened(request["path"], request["int96"])
                answer = described(table)
            else:
                rows = table.slice(request["from"], request["count"])
                answer = {"columns": [column(one) for one in rows.columns]}
        except Exception as error:  # whatever pyarrow says of a file that it does not read
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    print(json.dumps({"version": pa.__version__}), flush=True)
    main()
