"""The benchmark of the extract task, on so few rows that its figures mean nothing."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime

import pytest

from benchmarks.extract import covers_table
from benchmarks.extract.__main__ import run
from benchmarks.extract.load import Load
from benchmarks.extract.participants import ExtractContender, everyone
from benchmarks.extract.race import race_on
from benchmarks.extract.report import as_markdown
from benchmarks.extract.servers import Servers, servers
from benchmarks.harness.errors import BenchmarkError
from local.folder import REPO, Folder

ROWS = 2000


@pytest.fixture(scope="module")
def running() -> Iterator[Servers]:
    with servers(Folder(REPO / ".twin" / "test-benchmark")) as started:
        yield started


def test_every_contender_that_is_installed_takes_all_rows_to_a_csv(running: Servers) -> None:
    outcome = run(running, rows=ROWS, creators=60, rounds=1, growth=[500])
    contenders = everyone()

    # That it wrote all rows is what each run is checked for.
    assert (outcome.rows, outcome.creators) == (ROWS, 60)
    ran = [result.title for result in outcome.results]
    assert ran == [one.title for one in contenders if one.title not in outcome.left_out]
    assert all("pandas is not installed" in reason for reason in outcome.left_out.values())
    assert [result.rows for result in outcome.growth] == [500]
    table = as_markdown(outcome)
    assert all(one.title in table for one in contenders)


def test_the_table_is_the_same_on_every_machine(running: Servers) -> None:
    with closing(running.mysql.connect()) as connection:
        covers_table.fill(connection, rows=ROWS, creators=60)
        cursor = connection.cursor()
        cursor.execute(
            "SELECT MIN(CHAR_LENGTH(cover_url)), MAX(CHAR_LENGTH(cover_url)), MIN(updated_at), "
            "MAX(updated_at), COUNT(DISTINCT cover_url) FROM covers"
        )
        shortest, longest, first, last, different = cursor.fetchone()
        assert (shortest, longest) == (covers_table.URL_LENGTH, covers_table.URL_LENGTH)
        assert covers_table.START <= first <= last < covers_table.END
        assert different == ROWS
        cursor.execute("SELECT creator_name, updated_at FROM covers ORDER BY id LIMIT 1")
        assert cursor.fetchall() == (("the35", datetime(2026, 10, 14, 11, 55, 40)),)  # noqa: DTZ001


def test_a_contender_that_loses_rows_is_not_measured(running: Servers) -> None:
    loses = ExtractContender("forgetful", lambda _: ["echo", "creator_name"], prints_work=False)
    with pytest.raises(BenchmarkError, match="forgetful wrote 1 lines, but the table has 2000"):
        race_on(Load(running, ROWS), [loses])


def test_a_contender_that_fails_is_named_with_the_end_of_its_log(running: Servers) -> None:
    fails = ExtractContender("broken", lambda _: ["ls", "/nonexistent"], prints_work=False)
    with pytest.raises(BenchmarkError, match=r"broken failed:\n.*No such file"):
        race_on(Load(running, ROWS), [fails])
