"""What is wrong with the database of covers is one line, whether it is asked or not."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from MySQLdb import ProgrammingError  # type: ignore[import-untyped]

from collage_airflow.preflight import database
from collage_airflow.preflight.database import database_problems
from tests.support.preflight import PASSWORD, SQL, WINDOW, only


def test_a_connection_that_is_not_defined_is_named_with_where_to_define_it() -> None:
    problem = only(database_problems("covers_mysql", SQL, WINDOW))
    assert "AIRFLOW_CONN_COVERS_MYSQL" in problem.line
    assert not problem.may_pass


@pytest.mark.usefixtures("nobody_listens")
def test_a_database_that_does_not_answer_may_answer_later() -> None:
    problem = only(database_problems("covers_mysql", SQL, WINDOW))
    assert "127.0.0.1" in problem.line
    assert PASSWORD not in problem.line
    assert problem.may_pass


def test_an_error_of_the_server_stays_in_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def refusing(_: str) -> Iterator[None]:
        raise ProgrammingError(1064, "You have an error near '\n  FROM covers\n' at line 2")
        yield

    monkeypatch.setattr(database, "covers_connection", refusing)
    problem = only(database_problems("covers_mysql", SQL, WINDOW))
    assert "1064: You have an error near ' FROM covers ' at line 2: correct the SQL" in problem.line
