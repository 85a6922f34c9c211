"""Runs SQL over the tables of TPC-H by one engine: tpch-peer.py ENGINE FOLDER THREADS [SQL]

With SQL it runs that, prints its rows and ends. Without, it stays warm and times itself: one JSON request a line on stdin,
{"sql": "…"}, one JSON answer a line on stdout: {"ms": …, "rows": …}, or {"cannot": "…"} with the reason.
"""

import json
import os
import sys
import time
from pathlib import Path

from cell import cell

engine, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
TABLES = {path.stem: str(path) for path in sorted(folder.glob("*.parquet"))}


def duckdb_runner():
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    for name, path in TABLES.items():
        connection.execute(f"CREATE VIEW {name} AS FROM '{path}'")
    return duckdb.__version__, lambda sql: connection.execute(sql).fetchall()


def polars_runner():
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import polars

    context = polars.SQLContext({name: polars.scan_parquet(path) for name, path in TABLES.items()})
    return polars.__version__, lambda sql: context.execute(sql).collect().rows()


def daft_runner():
    os.environ |= {"DAFT_PROGRESS_BAR": "0", "DO_NOT_TRACK": "true"}
    import daft

    # Those that compute; it has others that read, of which no number can be set.
    daft.set_runner_native(threads)
    tables = {name: daft.read_parquet(path) for name, path in TABLES.items()}

    def run(sql):
        columns = daft.sql(sql, register_globals=False, **tables).to_pydict()
        return list(zip(*columns.values()))

    return daft.__version__, run


version, run = {"duckdb": duckdb_runner, "polars": polars_runner, "daft": daft_runner}[engine]()
if len(sys.argv) > 4:
    print(run(sys.argv[4]))
    sys.exit()
print(json.dumps({"version": version}), flush=True)
for line in sys.stdin:
    sql = json.loads(line)["sql"]
    start = time.perf_counter()
    try:
        rows = run(sql)
    except BaseException as error:  # Daft's panics are no `Exception`
        print(json.dumps({"cannot": " ".join(f"{type(error).__name__}: {error}".split())}), flush=True)
        continue
    ms = (time.perf_counter() - start) * 1000
    print(json.dumps({"ms": ms, "rows": [[cell(value) for value in row] for row in rows]}), flush=True)
