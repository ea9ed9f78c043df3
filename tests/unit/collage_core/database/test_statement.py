"""A semicolon at the end of an SQL or a condition is taken off, and no other is touched."""

import pytest

from collage_airflow.database.covers_table import CoversTable
from collage_core.database.statement import without_terminator
from collage_core.errors import SettingError


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT 1;", "SELECT 1"),
        ("SELECT 1 ;; \n ;\n", "SELECT 1"),
        ("SELECT 1; -- the end; of it", "SELECT 1"),
        ("SELECT 1; # the end", "SELECT 1"),
        ("SELECT 1; /* the; end */ ;", "SELECT 1"),
        ("SELECT ';'", "SELECT ';'"),
        ("SELECT 'it''s;' ;", "SELECT 'it''s;'"),
        (r"SELECT 'it\'s;' ;", r"SELECT 'it\'s;'"),
        ('SELECT ";" ;', 'SELECT ";"'),
        ("SELECT `a;b`;", "SELECT `a;b`"),
        ("a = 1 -- not; mine", "a = 1 -- not; mine"),
        ("a = 1 /* not; mine */ AND b = 2;", "a = 1 /* not; mine */ AND b = 2"),
        ("a--1;", "a--1"),
        (";", ""),
        ("", ""),
    ],
)
def test_the_end_of_a_statement_is_removed(text: str, body: str) -> None:
    assert without_terminator(text) == body
    assert CoversTable(only=text).in_sql()["only"] == body


@pytest.mark.parametrize("text", ["SELECT 1; SELECT 2", "a = 1; DROP TABLE covers;", "1; /*! x */"])
def test_a_second_statement_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="continues after a semicolon"):
        without_terminator(text)
