"""A database server for the tests of one file, and Airflow's connection to it, which only reads."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from collage_airflow.database.connection import covers_connection
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.preflight.covers import covers_problems
from collage_airflow.preflight.database import database_problems
from collage_core.database.query import count_covers
from collage_core.export.csv_writer import write_covers
from tests.support.covers_rows import stream_covers
from tests.support.covers_sql import rendered_task
from tests.support.dag_runs import dag_run
from tests.support.database_server import HOST, DatabaseServer, Flavour
from tests.support.extract_world import OCTOBER

DATABASE, READER, PASSWORD = "covers_db", "covers_reader", "open sesame"
CONNECTION = "covers_mysql"


@contextmanager
def server_with_reader(flavour: Flavour, folder: Path) -> Iterator[DatabaseServer]:
    """A server with an empty database and a user who may read it."""
    with DatabaseServer(flavour, folder) as server:
        server.execute(
            f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4",
            f"CREATE USER {READER}@'{HOST}' IDENTIFIED BY '{PASSWORD}'",
            f"GRANT SELECT ON *.* TO {READER}@'{HOST}'",
            f"GRANT {server.monitor_right} ON *.* TO {READER}@'{HOST}'",
        )
        yield server


def reader_connection(server: DatabaseServer) -> str:
    """Airflow's connection to it."""
    return server.airflow_connection(READER, PASSWORD, schema=DATABASE)


def execute(server: DatabaseServer, statements: Sequence[str]) -> None:
    """Have root execute statements in the database, which take any date."""
    with closing(server.connect(database=DATABASE)) as root:
        cursor = root.cursor()
        for statement in ("SET SESSION sql_mode = '', time_zone = '+00:00'", *statements):
            cursor.execute(statement)


def problems_of(covers: CoversTable) -> list[str]:
    """What `check` has against these settings, for October's scheduled run."""
    task = rendered_task(covers, dag_run=dag_run("scheduled"), params={})
    found = [*database_problems(CONNECTION, task.sql, OCTOBER)] or [
        *covers_problems(CONNECTION, task.sql, OCTOBER, task.run_covers)
    ]
    assert not any(problem.may_pass for problem in found)
    return [problem.line for problem in found]


def csv_of(covers: CoversTable, *, chunk_rows: int = 5) -> bytes:
    """The CSV of October's scheduled run."""
    sql = rendered_task(covers, dag_run=dag_run("scheduled"), params={}).sql
    csv = bytearray()
    with covers_connection(CONNECTION) as connection:
        expected = count_covers(connection, sql, OCTOBER)
        batches = stream_covers(connection, sql, OCTOBER)
        write_covers(batches, expected=expected, chunk_rows=chunk_rows, write=csv.extend)
    return bytes(csv)
