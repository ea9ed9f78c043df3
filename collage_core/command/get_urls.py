"""The covers of some days from MySQL to `cover_urls_TS.csv`, without Airflow.

It is the export of the DAG's `extract` task: the same session, the same SQL, the same bytes.
"""

import argparse
import getpass
import logging
import os
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

from collage_core.command.mysql_connection import covers_connection, load_driver, streaming_cursor
from collage_core.command.mysql_url import FORM, MysqlUrl
from collage_core.command.new_csv import new_csv
from collage_core.command.option_types import day, mysql_url
from collage_core.command.outcome import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_UNUSABLE,
    CommandError,
    os_error_line,
    show,
)
from collage_core.contract.window import Window
from collage_core.covers.chunking import ChunkSpan
from collage_core.covers.ingest import MAX_CSV_LINES
from collage_core.database.covers_sql import covers_sql
from collage_core.database.covers_table import CoversTable
from collage_core.database.query import count_covers, covers_query
from collage_core.errors import SettingError, StreamError
from collage_core.export.csv_writer import write_covers
from collage_core.export.rows import stream_rows

DESCRIPTION = "Write the covers of some days from MySQL or MariaDB to cover_urls_TS.csv."
EPILOG = (
    "Without a password in the URL, the variable MYSQL_PWD has it, or it is asked for. "
    "?ssl_mode=VERIFY_IDENTITY&ssl_ca=ca.pem at the end of the URL encrypts the connection. "
    "The last line of stdout is the path of the CSV. Exit code 0: the CSV holds all covers of "
    "these days; 1: the database or the disk failed; 2: an option cannot be used."
)
_TABLE_HELP = {
    "table": "the table, or database.table",
    "creator_name": "column: whose cover it is",
    "cover_url": "column: the URL, or JSON with URLs",
    "cover_json": "path of the cover in that JSON, such as $.video.cover",
    "updated_at": "column: the time of the cover, in UTC",
    "updated_at_holds": "datetime, date, unix_seconds, unix_milliseconds, unix_microseconds, or a "
    "strptime format",
    "id": "column: unique; orders covers of the same time",
    "only": "SQL condition for the rows to use, as after WHERE",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell a parser what `export_urls` can be told."""
    parser.add_argument("--mysql", type=mysql_url, required=True, metavar="URL", help=FORM)
    parser.add_argument(
        "--from", dest="first", type=day, required=True, metavar="DAY",
        help="the first day, in UTC, such as 2026-10-01",
    )  # fmt: skip
    parser.add_argument(
        "--to", dest="end", type=day, required=True, metavar="DAY",
        help="the day after the last one, such as 2026-11-01",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR",
        help="made if missing (default: this folder)",
    )  # fmt: skip
    group = parser.add_argument_group("the table", "docs/tables.md explains each of these")
    for field in fields(CoversTable):
        group.add_argument(
            f"--{field.name.replace('_', '-')}",
            default=field.default,
            metavar="TEXT",
            help=f"{_TABLE_HELP[field.name]} (default: {field.default or 'none'})",
        )


def export_urls(options: argparse.Namespace) -> None:
    """Write the CSV and print its path.

    Raises CommandError when an option cannot be used, when the database refuses or breaks off,
    when the file cannot be written, and at Ctrl-C. No part of a CSV is left then.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    export = _Export(options.mysql, _window(options), _sql(options))
    driver = load_driver()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        with new_csv(options.out) as (path, file):
            spans = export.write(file, driver)
    except (SettingError, StreamError) as error:
        raise CommandError(str(error), EXIT_FAILED) from error
    except OSError as error:
        raise CommandError(os_error_line(error, options.out), EXIT_FAILED) from error
    except KeyboardInterrupt as error:
        raise CommandError("interrupted; nothing was written", EXIT_INTERRUPTED) from error
    rows, creators = sum(span.rows for span in spans), sum(span.creators for span in spans)
    print(f"{rows} covers of {creators} creators in {export.window}", file=sys.stderr)
    show(str(path))


@dataclass(frozen=True, slots=True)
class _Export:
    """What is asked, and of which database."""

    url: MysqlUrl
    window: Window
    sql: str

    def write(self, file: BinaryIO, driver: Any) -> list[ChunkSpan]:
        """Write the CSV and return what it holds."""

        def write(data: bytes) -> None:
            file.write(data)

        with covers_connection(driver, self.url, password=_password(self.url)) as connection:
            expected = count_covers(connection, self.sql, self.window)
            query = covers_query(self.sql, self.window, expected=expected)
            rows = stream_rows(streaming_cursor(driver, connection), query.sql, query.bounds)
            return write_covers(rows, expected=expected, chunk_rows=MAX_CSV_LINES, write=write)


def _window(options: argparse.Namespace) -> Window:
    if options.end <= options.first:
        raise CommandError(
            f"--to {options.end:%Y-%m-%d} is not after --from {options.first:%Y-%m-%d}: it must be "
            "the day after the last one",
            EXIT_UNUSABLE,
        )
    return Window(options.first, options.end)


def _sql(options: argparse.Namespace) -> str:
    try:
        names = {field.name: getattr(options, field.name) for field in fields(CoversTable)}
        return covers_sql(CoversTable(**names))
    except SettingError as error:
        raise CommandError(str(error), EXIT_UNUSABLE) from error


def _password(url: MysqlUrl) -> str:
    """From the URL, the environment, or the person at the terminal; else none."""
    given = url.password if url.password is not None else os.environ.get("MYSQL_PWD")
    if given is None and sys.stdin.isatty():
        try:
            given = getpass.getpass(f"Password of {url.user} at {url.place}: ")
        except EOFError as error:
            raise CommandError("no password was given", EXIT_UNUSABLE) from error
    return given or ""
