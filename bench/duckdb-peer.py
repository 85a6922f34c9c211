"""A warm DuckDB that times itself: one JSON request a line on stdin, one JSON answer a line on stdout."""

import json
import sys
import time

import duckdb

from cell import cell

connection = duckdb.connect()
print(json.dumps({"version": duckdb.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    connection.execute(f"SET threads = {int(request['threads'])}")
    start = time.perf_counter()
    rows = connection.execute(request["sql"]).fetchall()
    ms = (time.perf_counter() - start) * 1000
    print(json.dumps({"ms": ms, "rows": [[cell(value) for value in row] for row in rows]}), flush=True)
