"""Writes Parquet files with four writers, and beside them the values that the writers were given: generate.py FOLDER.

    values of a table, as Arrow ──▶ pyarrow │ DuckDB │ Polars │ fastparquet ──▶ files
                            └─────▶ <table>.arrow                               index.json says whose values a file has

Every type is written flat, in lists, in structs and in maps, with every encoding that the writer lets choose, every codec
and both versions of pages. Writers get the columns whose types they keep.
"""

import itertools
import json
import math
import os
import random
import sys
import warnings
from decimal import Decimal

import duckdb
import fastparquet
import polars
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

warnings.simplefilter("ignore")
RANDOM = random.Random(11)
FOLDER = sys.argv[1]
INDEX = {}
FLAT_ROWS, NESTED_ROWS, GROUP_ROWS = 600, 150, 250
DAY_US = 86_400_000_000


def bits(width):
    return RANDOM.getrandbits(width)


def whole(width, signed=True):
    """Of few bits or of many, and the edges."""
    edges = [-(2 ** (width - 1)), 2 ** (width - 1) - 1, 0, -1] if signed else [0, 2**width - 1, 1]
    value = bits(RANDOM.randrange(1, width))
    return RANDOM.choice(edges) if bits(3) == 0 else value - (2 ** (value.bit_length() - 1) if signed and value else 0)


def real(width):
    edges = [0.0, -0.0, math.nan, math.inf, -math.inf, 65504.0, -1.5]
    return RANDOM.choice(edges) if bits(2) == 0 else (bits(width) - 2 ** (width - 1)) / 4


def digits(precision, scale):
    value = bits(RANDOM.randrange(1, int(precision * 3.32)))
    return Decimal(value * RANDOM.choice([1, -1])).scaleb(-scale)


def text():
    return RANDOM.choice(["", "a", "prefix", f"prefix {bits(4)}", f"prefix {bits(30)}", "żółw 🐢", "long " * bits(6)])


def data(length):
    return RANDOM.randbytes(length)


DECIMALS = ((4, 2), (9, 0), (18, 5), (27, 27), (38, 6))
# By name: the type, and what makes a value of it.
KINDS = {
    "bool": (pa.bool_(), lambda: bits(2) == 0),
    **{f"int{w}": (getattr(pa, f"int{w}")(), lambda w=w: whole(w)) for w in (8, 16, 32, 64)},
    **{f"uint{w}": (getattr(pa, f"uint{w}")(), lambda w=w: whole(w, False)) for w in (8, 16, 32, 64)},
    "half": (pa.float16(), lambda: real(8)),
    "single": (pa.float32(), lambda: real(20)),
    "double": (pa.float64(), lambda: real(50)),
    **{f"decimal{p}": (pa.decimal128(p, s), lambda p=p, s=s: digits(p, s)) for p, s in DECIMALS},
    "utf8": (pa.string(), text),
    "binary": (pa.binary(), lambda: data(bits(4))),
    "fixed": (pa.binary(5), lambda: RANDOM.choice([b"fixed", b"fix" + data(2)])),
    "date": (pa.date32(), lambda: whole(16)),
    "time_ms": (pa.time32("ms"), lambda: RANDOM.randrange(DAY_US // 1000)),
    "time_us": (pa.time64("us"), lambda: RANDOM.randrange(DAY_US)),
    "time_ns": (pa.time64("ns"), lambda: RANDOM.randrange(DAY_US * 1000)),
    **{f"clock_{u}": (pa.timestamp(u), lambda w=w: whole(w)) for u, w in (("ms", 45), ("us", 55), ("ns", 63))},
    **{f"utc_{u}": (pa.timestamp(u, "UTC"), lambda w=w: whole(w)) for u, w in (("ms", 45), ("us", 55), ("ns", 63))},
}


def array(kind, values):
    if pa.types.is_temporal(kind):
        return pa.array(values, pa.int32() if kind.bit_width == 32 else pa.int64()).view(kind)
    return pa.array(values, kind)


def values(make, count, nulls):
    """Now and then the same value many times over, so that there are runs."""
    out = []
    while len(out) < count:
        value = None if nulls and bits(2) == 0 else make()
        out.extend([value] * (RANDOM.randrange(1, 20) if bits(3) == 0 else 1))
    return out[:count]


def flat(kinds):
    columns, fields = [], []
    for name in kinds:
        kind, make = KINDS[name]
        for suffix, nulls in (("", True), ("_sure", False)):
            columns.append(array(kind, values(make, FLAT_ROWS, nulls)))
            fields.append(pa.field(name + suffix, kind, nullable=nulls))
    fields += [pa.field("none", pa.int32()), pa.field("rows", pa.int64())]
    columns += [pa.nulls(FLAT_ROWS, pa.int32()), pa.array(range(FLAT_ROWS))]
    return pa.table(columns, schema=pa.schema(fields))


def offsets(lengths):
    """Where lists begin, null where they are null."""
    at, out = 0, []
    for length in lengths:
        out.append(None if length is None else at)
        at += length or 0
    return pa.array([*out, at], pa.int32()), at


def lengths(nulls=True):
    return [None if nulls and bits(3) == 0 else RANDOM.choice([0, 1, 2, 2, 7]) for _ in range(NESTED_ROWS)]


def listed(of):
    starts, count = offsets(lengths())
    return pa.ListArray.from_arrays(starts, of(count))


def nested(kinds, with_maps=True):
    columns = {}
    for name in kinds:
        kind, make = KINDS[name]
        some = lambda count, kind=kind, make=make: array(kind, values(make, count, True))
        columns[f"{name}_list"] = listed(some)
        columns[f"{name}_lists"] = listed(lambda count: pa.ListArray.from_arrays(*inner(count, some)))
        absent = pa.array([bits(2) == 0 for _ in range(NESTED_ROWS)])
        parts = [some(NESTED_ROWS), some(NESTED_ROWS)]
        columns[f"{name}_struct"] = pa.StructArray.from_arrays(parts, ["a", "b"], mask=absent)
        columns[f"{name}_structs"] = listed(lambda count: pa.StructArray.from_arrays([some(count)], ["a"]))
        if with_maps:
            starts, count = offsets(lengths())
            keys = pa.array([f"key {at}" for at in range(count)])
            columns[f"{name}_map"] = pa.MapArray.from_arrays(starts, keys, some(count))
    return pa.table(columns)


def inner(count, some):
    """As many lists, some of which are null."""
    starts, items = offsets([None if bits(2) == 0 else bits(2) for _ in range(count)])
    return starts, some(items)


def give(name, table):
    """Keeps what writers are given."""
    with pa.ipc.new_file(os.path.join(FOLDER, f"{name}.arrow"), table.schema) as out:
        out.write_table(table)
    return name, table


def path(given, *words):
    """Of a file with the values of a table."""
    file = "-".join([given[0], *[word for word in words if word]]) + ".parquet"
    INDEX[file] = f"{given[0]}.arrow"
    return os.path.join(FOLDER, file)


def leaves(kind, name):
    """Paths and types of what a column has inside."""
    if pa.types.is_list(kind):
        return leaves(kind.value_type, f"{name}.list.element")
    if pa.types.is_map(kind):
        return leaves(kind.key_type, f"{name}.key_value.key") + leaves(kind.item_type, f"{name}.key_value.value")
    if pa.types.is_struct(kind):
        return [leaf for field in kind for leaf in leaves(field.type, f"{name}.{field.name}")]
    return [(name, kind)]


def encoding(kind, wanted):
    """What comes nearest to the encoding that is wanted."""
    is_bytes = pa.types.is_string(kind) or pa.types.is_binary(kind)
    is_fixed = pa.types.is_fixed_size_binary(kind) or pa.types.is_decimal(kind) or pa.types.is_float16(kind)
    if pa.types.is_boolean(kind):
        return "PLAIN" if wanted == "plain" else "RLE"
    if wanted == "plain":
        return "PLAIN"
    if is_bytes:
        return "DELTA_BYTE_ARRAY" if wanted == "delta" else "DELTA_LENGTH_BYTE_ARRAY"
    if wanted == "split" or pa.types.is_floating(kind):
        return "BYTE_STREAM_SPLIT"
    return "DELTA_BYTE_ARRAY" if is_fixed else "DELTA_BINARY_PACKED"


def by_pyarrow():
    codecs = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]
    small = {"row_group_size": GROUP_ROWS, "write_batch_size": 50, "data_page_size": 1}
    for given in (give("pyarrow-flat", flat(KINDS)), give("pyarrow-nested", nested(KINDS))):
        table = given[1]
        of_columns = [leaf for field in table.schema for leaf in leaves(field.type, field.name)]
        for at, (codec, version, wanted) in enumerate(
            itertools.product(codecs, ("1.0", "2.0"), ("dictionary", "fallback", "plain", "delta", "split"))
        ):
            encodings = {"dictionary_pagesize_limit": 100} if wanted == "fallback" else {}
            if wanted not in ("dictionary", "fallback"):
                by_column = {name: encoding(kind, wanted) for name, kind in of_columns}
                encodings = {"use_dictionary": False, "column_encoding": by_column}
            options = {"write_page_index": at % 2 == 0, "write_page_checksum": at % 3 == 0, "store_schema": at % 5 != 0}
            options.update(compression=codec, data_page_version=version)
            pq.write_table(table, path(given, f"v{version[0]}", codec, wanted), **small, **encodings, **options)
        pq.write_table(table, path(given, "decimals-as-integers"), store_decimal_as_integer=True)
        pq.write_table(table, path(given, "one-page"), use_compliant_nested_type=False)
    clocks = give("pyarrow-clocks", flat(["clock_ns", "clock_us"]).select(["clock_ns"]))
    pq.write_table(clocks[1], path(clocks, "int96"), use_deprecated_int96_timestamps=True, **small)


def by_duckdb():
    kinds = [name for name in KINDS if name not in ("half", "fixed", "time_ms", "time_ns", "utc_ms", "utc_ns")]
    connection = duckdb.connect()
    connection.execute("set threads = 1; set preserve_insertion_order = true; set timezone = 'UTC'")
    tables = (give("duckdb-flat", flat(kinds)), give("duckdb-nested", nested(kinds)))
    codecs = ("uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4_raw")
    sizes = ("", "dictionary_size_limit 1,")
    for given, codec, version, size in itertools.product(tables, codecs, ("V1", "V2"), sizes):
        file = path(given, version.lower(), codec, "plain" if size else "")
        connection.register("given", given[1])
        options = f"{size} codec '{codec}', parquet_version '{version}', row_group_size 2048"
        connection.execute(f"copy given to '{file}' (format parquet, {options})")


def by_polars():
    kinds = [name for name in KINDS if name not in ("half", "fixed", "time_ms", "time_us")]
    tables = (give("polars-flat", flat(kinds)), give("polars-nested", nested(kinds, with_maps=False)))
    codecs = ("uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4")
    for given, codec, size in itertools.product(tables, codecs, (None, GROUP_ROWS)):
        file = path(given, codec, "small" if size else "")
        polars.from_arrow(given[1]).write_parquet(file, compression=codec, row_group_size=size, data_page_size=size)


def by_fastparquet():
    integers = [f"{sign}int{width}" for sign in ("", "u") for width in (8, 16, 32, 64)]
    table = flat([*integers, "bool", "single", "double", "utf8", "binary", "clock_ns", "utc_ns"])
    # pandas has one and the same for a null and NaN, for a null and the least of moments, and no column of nothing.
    table = table.drop_columns("none")
    least = pa.scalar(-(2**63))
    for at, field in enumerate(table.schema):
        column = table.column(at).combine_chunks()
        if pa.types.is_floating(field.type):
            column = pc.if_else(pc.is_nan(column), None, column)
            table = table.set_column(at, pa.field(field.name, field.type), column)
        if pa.types.is_timestamp(field.type):
            ticks = column.view(pa.int64())
            table = table.set_column(at, field, pc.if_else(pc.equal(ticks, least), 0, ticks).view(field.type))
    given = give("fastparquet-flat", table)
    nullable = {"bool": "boolean", **{name: name.replace("i", "I").replace("uI", "UI") for name in integers}}
    frame = table.to_pandas(integer_object_nulls=True)
    frame = frame.astype({**nullable, "utf8": object, "utf8_sure": object})
    encodings = {"utf8": "utf8", "utf8_sure": "utf8", "binary": "bytes", "binary_sure": "bytes"}
    options = {"object_encoding": encodings, "write_index": False}
    for codec, groups in itertools.product((None, "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4_RAW"), (None, GROUP_ROWS)):
        file = path(given, (codec or "uncompressed").lower(), "small" if groups else "")
        fastparquet.write(file, frame, compression=codec, row_group_offsets=groups, **options)
    categories = give("fastparquet-categories", table.select(["utf8", "utf8_sure"]))
    words = frame[["utf8", "utf8_sure"]].astype("category")
    fastparquet.write(path(categories, "dictionary"), words, write_index=False)
    clocks = give("fastparquet-clocks", table.select(["clock_ns"]))
    fastparquet.write(path(clocks, "int96"), frame[["clock_ns"]], times="int96", write_index=False)


if __name__ == "__main__":
    os.makedirs(FOLDER)
    for write in (by_pyarrow, by_duckdb, by_polars, by_fastparquet):
        write()
    with open(os.path.join(FOLDER, "index.json"), "w", encoding="utf-8") as out:
        json.dump(INDEX, out)
