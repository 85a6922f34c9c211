"""A warm DuckDB that times itself: one JSON request a line on stdin, one JSON answer a line on stdout.

Floats and bools are themselves in JSON, as far as it has them; whole numbers, decimals, dates and all else are text, so
that no digit is lost on the way.
"""

import json
import math
import sys
import time

import duckdb


def cell(value):
    if value is None or isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)


connection = duckdb.connect()
print(json.dumps({"version": duckdb.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    connection.execute(f"SET threads = {int(request['threads'])}")
    start = time.perf_counter()
    rows = connection.execute(request["sql"]).fetchall()
    ms = (time.perf_counter() - start) * 1000
    print(json.dumps({"ms": ms, "rows": [[cell(value) for value in row] for row in rows]}), flush=True)
