"""A cursor, `csv.writer`, `upload_file`: the script with nothing but the driver.

Run as `python -m benchmarks.extract.contenders.cursor_script SQL_FILE Cursor`, or with
SSCursor instead of the default one, which reads all rows before it returns the first.
"""

import csv
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from MySQLdb import cursors  # type: ignore[import-untyped]

from benchmarks.extract.contenders.script import WINDOW, connect, upload
from benchmarks.harness.measure import peak_mb, report_work


def _extract(sql: str, cursor_class: type) -> None:
    with (
        closing(connect()) as connection,
        tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file,
    ):
        cursor = connection.cursor(cursor_class)
        cursor.execute(sql, WINDOW)
        writer = csv.writer(file)
        writer.writerow(column[0] for column in cursor.description)
        writer.writerows(cursor)
        file.flush()
        upload(file.name)


def main(sql_file: str, cursor: str) -> None:
    """Extract, and report the time and memory that it took."""
    sql, cursor_class = Path(sql_file).read_text(), getattr(cursors, cursor)
    report_work(lambda: _extract(sql, cursor_class), idle_mb=peak_mb())


if __name__ == "__main__":
    main(*sys.argv[1:])
