"""How a value goes to the benchmark in JSON."""

import math


def cell(value):
    """Floats and bools are themselves, as far as JSON has them; all else is text, so that no digit is lost."""
    if value is None or isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)
