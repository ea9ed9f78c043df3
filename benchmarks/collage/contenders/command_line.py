"""`python -m collage_core` with the same arguments; its start is not measured."""

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import BytesIO, TextIOWrapper

from benchmarks.harness.measure import peak_mb, report_work
from collage_core.__main__ import main


def _run(arguments: Sequence[str]) -> None:
    """Raises ValueError when a cover was not placed: a skipped cover would take no time."""
    with redirect_stdout(TextIOWrapper(BytesIO())) as output:
        code = main(arguments)
    if code:
        raise ValueError(f"collage_core ended with exit code {code}")
    summary = json.loads(output.buffer.getvalue().splitlines()[-1])
    rows = summary["rows"]
    if rows["placed"] != rows["total"]:
        raise ValueError(
            f"{rows['placed']} of {rows['total']} covers were placed: {summary['reasons']}"
        )


if __name__ == "__main__":
    report_work(lambda: _run(sys.argv[1:]), idle_mb=peak_mb())
