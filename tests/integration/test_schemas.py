"""Tables as scrapers make them, each extracted with what docs/tables.md says to write for it."""

import re
from pathlib import Path

import pytest

from collage_airflow.database.covers_table import CoversTable
from tests.support.database_server import DatabaseServer
from tests.support.read_only import (
    csv_of,
    execute,
    problems_of,
)

REPO = Path(__file__).parents[2]
SCHEMAS = sorted((REPO / "tests" / "schemas").glob("*.sql"))
PAGE = (REPO / "docs" / "tables.md").read_text()
SECTIONS = [section for section in PAGE.split("\n## ") if "```python" in section]


@pytest.fixture(scope="session")
def schemas(tables: DatabaseServer) -> None:
    """All of the tables on the server."""
    for schema in SCHEMAS:
        text = re.sub(r"^--.*\n", "", schema.read_text(), flags=re.MULTILINE)
        execute(tables, [part for part in text.split(";\n") if part.strip()])


def settings_on_the_page() -> dict[str, CoversTable]:
    """What the page says to write, by the table that its section names first."""
    settings = {}
    for section in SECTIONS:
        table = re.search(r"`([^`]+)`", section)
        code = re.search(r"```python\nCOVERS = (.*?)\n```", section, re.DOTALL)
        assert table is not None
        assert code is not None
        settings[table[1]] = eval(code[1], {"CoversTable": CoversTable})  # noqa: S307 - our page
    return settings


def table_of(schema: Path) -> str:
    found = re.search(r"CREATE TABLE `?([^`(]+?)`? \(", schema.read_text())
    assert found is not None
    return found[1]


def test_the_page_has_settings_for_each_schema_and_no_others() -> None:
    assert len(SCHEMAS) >= 10
    assert settings_on_the_page().keys() == {table_of(schema) for schema in SCHEMAS}
    assert len(SECTIONS) == len(SCHEMAS)


@pytest.mark.usefixtures("server", "schemas")
@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: path.stem)
def test_a_table_is_extracted_right_with_what_the_page_says_to_write(schema: Path) -> None:
    covers = settings_on_the_page()[table_of(schema)]
    assert problems_of(covers) == []
    assert csv_of(covers).decode() == schema.with_suffix(".csv").read_text()
