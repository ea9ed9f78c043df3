"""Airflow's metadata database, asked directly: its own server would take CPU time to answer."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2  # type: ignore[import-untyped]
from psycopg2 import sql

from local.postgres import DATABASE, USER, Postgres


@dataclass(frozen=True, slots=True)
class Metadata:
    """The database of a running Airflow."""

    connection: Any = field(repr=False)

    def rows(self) -> dict[str, int]:
        """How many rows each of its tables has."""
        tables = self._all("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name: self._count(name) for (name,) in tables}

    def ended(self, run_id: str) -> tuple[str, float] | None:
        """The state of a DAG run that has ended, and the seconds from its queue to its end."""
        found = self._all(
            "SELECT state, EXTRACT(EPOCH FROM end_date - queued_at) FROM dag_run "
            "WHERE run_id = %s AND end_date IS NOT NULL",
            run_id,
        )
        return (str(found[0][0]), float(found[0][1])) if found else None

    def tasks(self, run_id: str) -> int:
        """How many task instances a DAG run has."""
        found = self._all("SELECT COUNT(*) FROM task_instance WHERE run_id = %s", run_id)
        return int(found[0][0])

    def has_deferred_task(self) -> bool:
        """Whether a task waits in the triggerer."""
        return bool(self._all("SELECT 1 FROM task_instance WHERE state = 'deferred' LIMIT 1"))

    def _count(self, table: str) -> int:
        question = sql.SQL("SELECT COUNT(*) FROM {}").format(sql.Identifier(table))
        return int(self._all(question)[0][0])

    def _all(self, question: Any, *values: object) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(question, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows


@contextmanager
def open_metadata(postgres: Postgres) -> Iterator[Metadata]:
    """The database, as Airflow's own user."""
    connection = psycopg2.connect(
        host=postgres.host,
        port=postgres.port,
        user=USER,
        password=postgres.password,
        dbname=DATABASE,
    )
    connection.autocommit = True  # each question sees what is there by then
    with closing(connection):
        yield Metadata(connection)
