"""`cover-collage get-urls` against real servers, as a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from collage_airflow.database.covers_table import CoversTable
from tests.support.database_server import DatabaseServer
from tests.support.read_only import DATABASE, PASSWORD, READER, csv_of, execute

COMMAND = [sys.executable, "-c", "from collage_core.command.main import run; run()", "get-urls"]
REPO = Path(__file__).parents[2]
OCTOBER = ("--from", "2026-10-01", "--to", "2026-11-01")
URL_PASSWORD = PASSWORD.replace(" ", "%20")


@pytest.fixture
def table(server: DatabaseServer) -> None:
    """Covers of two creators, one of them outside of October."""
    execute(
        server,
        [
            "DROP TABLE IF EXISTS covers",
            """CREATE TABLE covers (id INT AUTO_INCREMENT PRIMARY KEY, creator_name VARCHAR(100),
            cover_url VARCHAR(500), updated_at DATETIME, score INT)""",
            """INSERT INTO covers (creator_name, cover_url, updated_at, score) VALUES
            ('bo', 'https://cdn.example/1', '2026-10-31 23:59:59', 5),
            ('Ána 💃', 'https://cdn.example/2', '2026-10-01', 1),
            ('bo', 'https://cdn.example/3?x="%', '2026-10-02', 9),
            ('bo', 'https://cdn.example/4', '2026-11-01', 9)""",
        ],
    )


def url(server: DatabaseServer, *, password: str | None = URL_PASSWORD, tail: str = "") -> str:
    login = READER if password is None else f"{READER}:{password}"
    return f"mysql://{login}@{server.host}:{server.port}/{DATABASE}{tail}"


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [*COMMAND, *arguments],
        cwd=cwd,
        env={"PATH": os.defpath, "PYTHONPATH": str(REPO), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def csv_from(finished: subprocess.CompletedProcess[str], folder: Path) -> bytes:
    """The only file that was written."""
    assert finished.returncode == 0, finished.stderr
    (path,) = (path for path in folder.rglob("*") if path.is_file())
    assert finished.stdout == f"{path.relative_to(folder)}\n"
    assert re.fullmatch(r"cover_urls_\d{8}_\d{6}\.csv", path.name)
    return path.read_bytes()


@pytest.mark.usefixtures("table")
def test_the_csv_is_byte_for_byte_what_the_dag_extracts(
    server: DatabaseServer, tmp_path: Path
) -> None:
    finished = run("--mysql", url(server), *OCTOBER, cwd=tmp_path)
    data = csv_from(finished, tmp_path)
    assert data == csv_of(CoversTable())
    assert data.count(b"\n") == 4
    assert finished.stderr.startswith("3 covers of 2 creators in [2026-10-01 00:00:00, 2026-11-01")


@pytest.mark.usefixtures("table")
def test_the_table_and_its_rows_can_be_described_and_the_password_come_from_the_environment(
    server: DatabaseServer, tmp_path: Path
) -> None:
    described = ("--table", f"{DATABASE}.covers", "--only", "c.score > 4 AND 1 % 2 = 1")
    finished = run(
        *("--mysql", url(server, password=None), *OCTOBER, *described, "--out", "a/b"),
        cwd=tmp_path,
        MYSQL_PWD=PASSWORD,
    )
    assert csv_from(finished, tmp_path) == csv_of(
        CoversTable(table=f"{DATABASE}.covers", only="c.score > 4 AND 1 % 2 = 1")
    )
    assert "2 covers of 1 creators" in finished.stderr


@pytest.mark.usefixtures("table")
def test_days_without_covers_give_a_csv_with_its_header_alone(
    server: DatabaseServer, tmp_path: Path
) -> None:
    days = ("--from", "2025-01-01", "--to", "2025-01-02")
    finished = run("--mysql", url(server), *days, cwd=tmp_path)
    assert csv_from(finished, tmp_path) == b"creator_name,cover_url,updated_at\n"


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("changes", "options", "complaint"),
    [
        ({"password": "wrong-secret"}, [], "Access denied for user"),
        ({"password": None}, [], "Access denied for user"),
        ({"tail": "x"}, [], "Unknown database 'covers_dbx'"),
        ({}, ["--table", "cover"], "Table 'covers_db.cover' doesn't exist"),
        ({}, ["--updated-at", "changed"], "Unknown column 'c.changed'"),
        ({}, ["--only", "score >"], "You have an error in your SQL syntax"),
        ({"tail": "?ssl_mode=VERIFY_IDENTITY"}, [], "(error 2026)"),
    ],
)
def test_what_the_database_refuses_ends_in_one_line(
    server: DatabaseServer,
    tmp_path: Path,
    changes: dict[str, str],
    options: Sequence[str],
    complaint: str,
) -> None:
    finished = run("--mysql", url(server, **changes), *OCTOBER, *options, cwd=tmp_path)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.startswith(f"cover-collage get-urls: {server.host}:{server.port}/")
    assert finished.stderr.count("\n") == 1
    assert complaint in finished.stderr
    assert "secret" not in finished.stderr
    assert PASSWORD not in finished.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid"])
def test_a_server_that_is_not_there_ends_in_one_line(tmp_path: Path, host: str) -> None:
    finished = run("--mysql", f"mysql://me:secret@{host}/covers_db", *OCTOBER, cwd=tmp_path)
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"cover-collage get-urls: {host.partition(':')[0]}:")
    assert finished.stderr.count("\n") == 1
    assert "secret" not in finished.stderr
