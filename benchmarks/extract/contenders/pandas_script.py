"""The notebook version: a frame from the database, a CSV from the frame.

Run as `python -m benchmarks.extract.contenders.pandas_script SQL_FILE`.
"""

import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pandas as pd

from benchmarks.extract.contenders.script import WINDOW, connect, upload
from benchmarks.harness.measure import peak_mb, report_work


def _extract(sql: str) -> None:
    with closing(connect()) as connection, tempfile.NamedTemporaryFile() as file:
        pd.read_sql(sql, connection, params=WINDOW).to_csv(file.name, index=False)
        upload(file.name)


def main(sql_file: str) -> None:
    """Extract, and report the time and memory that it took."""
    sql = Path(sql_file).read_text()
    report_work(lambda: _extract(sql), idle_mb=peak_mb())


if __name__ == "__main__":
    main(*sys.argv[1:])
