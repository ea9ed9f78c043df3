"""What `check` says about an error of a real server helps: done literally, the check passes."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from collage_airflow.preflight.database import database_problems
from collage_airflow.preflight.problem import Problem
from collage_core.contract.window import Window
from tests.support.database_server import EACH_FLAVOUR, HOST, DatabaseServer
from tests.support.failures import Where, failure

LOGIN, PASSWORD = "reader", "open sesame"
SQL = "SELECT creator_name, cover_url, updated_at FROM d.covers"
OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
USER = f"reader@'{HOST}'"


@dataclass(frozen=True)
class Case:
    """An error, and what its line says to do, as statements or as another definition."""

    name: str
    says: str
    number: int | dict[str, int] = 0
    sql: str = SQL
    connection: dict[str, Any] = field(default_factory=dict)
    cause: Sequence[str] = ()
    """Statements of root, in which {user} is the reader and {monitor} a right that it needs."""
    fix: Sequence[str] = ()
    fixed_sql: str = SQL
    fixed_connection: dict[str, Any] = field(default_factory=dict)
    may_pass: bool = False


CASES = [
    Case("wrong password", "right login and password", 1045, connection={"password": "no"}),
    Case("no password", "right login and password", 1045, connection={"password": ""}),
    Case("no such user", "right login and password", 1045, connection={"login": "nobody"}),
    Case(
        "user must encrypt",
        'or, if its user or the server allows encrypted connections alone, set "ssl_mode"',
        1045,
        cause=["ALTER USER {user} REQUIRE SSL"],
        fix=["ALTER USER {user} REQUIRE NONE"],
    ),
    Case(
        "password expired",
        "log in as its user with the mysql client and set a new password",
        {"mariadb": 1820, "mysql": 1862},
        cause=["ALTER USER {user} PASSWORD EXPIRE"],
        fix=[f"ALTER USER {{user}} IDENTIFIED BY '{PASSWORD}'"],
    ),
    Case(
        "account locked",
        "ALTER USER … ACCOUNT UNLOCK",
        {"mariadb": 4151, "mysql": 3118},
        cause=["ALTER USER {user} ACCOUNT LOCK"],
        fix=["ALTER USER {user} ACCOUNT UNLOCK"],
    ),
    Case(
        "queries of the hour",
        "wait, or raise the limit: ALTER USER … WITH",
        1226,
        cause=["ALTER USER {user} WITH MAX_QUERIES_PER_HOUR 2"],
        fix=["ALTER USER {user} WITH MAX_QUERIES_PER_HOUR 0"],
        may_pass=True,
    ),
    Case(
        "init_connect fails",
        "correct init_connect of the server",
        1184,
        cause=["SET GLOBAL init_connect = 'SELECT nonsense'"],
        fix=["SET GLOBAL init_connect = ''"],
    ),
    Case("unknown database", "right schema", 1049, connection={"schema": "nowhere"}),
    Case(
        "no right on the database",
        "grant its user SELECT on the database",
        1044,
        connection={"schema": "d"},
        fixed_connection={"schema": "d"},
        cause=["REVOKE SELECT ON *.* FROM {user}"],
        fix=["GRANT SELECT ON d.* TO {user}"],
    ),
    Case(
        "no right on the table",
        "grant its user SELECT on the table",
        1142,
        cause=["REVOKE SELECT ON *.* FROM {user}"],
        fix=["GRANT SELECT ON d.covers TO {user}"],
    ),
    Case(
        "no right on a column",
        "or on the column that the message names",
        1143,
        cause=[
            "REVOKE SELECT ON *.* FROM {user}",
            "GRANT SELECT (creator_name, updated_at) ON d.covers TO {user}",
        ],
        fix=["GRANT SELECT (cover_url) ON d.covers TO {user}"],
    ),
    Case(
        "no right on a function",
        "grant its user EXECUTE on the function",
        1370,
        f"{SQL} WHERE d.one() = 1",
        cause=["CREATE FUNCTION d.one() RETURNS INT DETERMINISTIC RETURN 1"],
        fix=["GRANT EXECUTE ON FUNCTION d.one TO {user}"],
        fixed_sql=f"{SQL} WHERE d.one() = 1",
    ),
    Case(
        "no right to ask for the lag",
        "GRANT {monitor} ON *.*",
        cause=["REVOKE {monitor} ON *.* FROM {user}"],
        fix=["GRANT {monitor} ON *.* TO {user}"],
    ),
    Case(
        "definer of a view is gone",
        "create the view again",
        1045,
        SQL.replace("covers", "dead"),
        cause=[
            f"CREATE USER dead@'{HOST}'",
            f"CREATE DEFINER = dead@'{HOST}' VIEW d.dead AS SELECT * FROM d.covers",  # noqa: S608
            f"DROP USER dead@'{HOST}'",
        ],
        fix=["CREATE OR REPLACE SQL SECURITY INVOKER VIEW d.dead AS SELECT * FROM d.covers"],
        fixed_sql=SQL.replace("covers", "dead"),
    ),
    Case(
        "a view's table is gone",
        "create the view again",
        1356,
        SQL.replace("covers", "empty"),
        cause=[
            "CREATE TABLE d.gone LIKE d.covers",
            "CREATE VIEW d.empty AS SELECT * FROM d.gone",
            "DROP TABLE d.gone",
        ],
        fix=["CREATE OR REPLACE VIEW d.empty AS SELECT * FROM d.covers"],
        fixed_sql=SQL.replace("covers", "empty"),
    ),
    Case("no such table", "name the right table", 1146, SQL.replace("covers", "nowhere")),
    Case(
        "no such database in the SQL",
        "in the SQL or in COVERS",
        {"mariadb": 1146, "mysql": 1049},
        SQL.replace("d.covers", "nowhere.covers"),
    ),
    Case(
        "no database selected",
        "set the right schema in the connection",
        1046,
        SQL.replace("d.covers", "covers"),
        fixed_sql=SQL.replace("d.covers", "covers"),
        fixed_connection={"schema": "d"},
    ),
    Case("no such column", "name columns", 1054, SQL.replace("cover_url", "nothing")),
    Case(
        "one name twice",
        "a name of its own, with AS",
        1060,
        SQL.replace("cover_url", "creator_name"),
        fixed_sql=SQL.replace("cover_url", "creator_name AS cover_url"),
    ),
    Case("no such function", "name a function", {"mariadb": 1305}, f"{SQL} WHERE nothing(1)"),
    Case("syntax", "correct the SQL", 1064, f"{SQL} WHERE"),
    Case(
        "ambiguous column",
        "write the table in front of the column",
        1052,
        SQL.replace("d.covers", "d.covers AS a JOIN d.covers AS b USING (id)"),
        fixed_sql=SQL.replace("SELECT ", "SELECT a.")
        .replace(", ", ", a.")
        .replace("d.covers", "d.covers AS a JOIN d.covers AS b USING (id)"),
    ),
    Case(
        "collations of two columns",
        "write COLLATE utf8mb4_bin behind one side",
        1267,
        f"{SQL} WHERE creator_name = cover_url",
        fixed_sql=f"{SQL} WHERE creator_name = cover_url COLLATE utf8mb4_bin",
    ),
    Case(
        "collations of many columns",
        "write COLLATE utf8mb4_bin behind one side",
        1271,
        f"{SQL} WHERE creator_name IN (cover_url, label, cover_url)",
        fixed_sql=f"{SQL} WHERE creator_name COLLATE utf8mb4_bin IN (cover_url, label, cover_url)",
    ),
    Case(
        "a day that there is not",
        "correct the value in the SQL",
        1525,
        f"{SQL} WHERE updated_at > TIMESTAMP'2026-99-99 00:00:00'",
    ),
    Case(
        "not all columns grouped",
        "name each column",
        {"mysql": 1140},
        SQL.replace("cover_url", "MAX(cover_url) AS cover_url"),
        fixed_sql=SQL.replace("cover_url", "MAX(cover_url) AS cover_url")
        + " GROUP BY creator_name, updated_at",
    ),
    Case(
        "unknown character set", "take charset out", 2019, connection={"extra": {"charset": "no"}}
    ),
]


@pytest.fixture(scope="module", params=EACH_FLAVOUR)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DatabaseServer]:
    # With no limit a server does not count them, and MariaDB takes none later.
    counting = ["--max-user-connections=500"]
    with DatabaseServer(request.param, tmp_path_factory.mktemp("server"), counting) as server:
        server.execute(
            "CREATE DATABASE d",
            "CREATE TABLE d.covers (id INT PRIMARY KEY, updated_at DATETIME, "
            "creator_name VARCHAR(99) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, "
            "cover_url VARCHAR(99) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, "
            "label VARCHAR(99) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci)",
        )
        yield server


@pytest.fixture
def reader(server: DatabaseServer) -> Iterator[DatabaseServer]:
    """The server with a reader who has all rights, made for one test."""
    server.execute(
        f"CREATE USER {USER} IDENTIFIED BY '{PASSWORD}'",
        f"GRANT SELECT ON *.* TO {USER}",
        f"GRANT {server.monitor_right} ON *.* TO {USER}",
    )
    yield server
    server.execute(f"DROP USER {USER}")


def problems(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch, sql: str = SQL, **changes: Any
) -> list[Problem]:
    more = {name: value for name, value in changes.items() if name not in ("login", "password")}
    definition = server.airflow_connection(
        changes.get("login", LOGIN), changes.get("password", PASSWORD), **more
    )
    monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", definition)
    found = list(database_problems("covers_mysql", sql, OCTOBER))
    assert PASSWORD not in str(found)
    return found


@failure(
    Where.DATABASE,
    fault="A wrong password, host, database, table, column or right",
    happens="`check` refuses the run before anything is written",
    sees="`check`: one line with the thing, the value and the fix, without the password",
    fix="follow the line, then clear `check`",
)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_error_is_named_with_a_fix_after_which_it_is_gone(
    reader: DatabaseServer, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    number = case.number if isinstance(case.number, int) else case.number.get(reader.flavour)
    if number is None:
        pytest.skip("the other server's error")

    def of_this(statements: Sequence[str]) -> list[str]:
        return [text.format(user=USER, monitor=reader.monitor_right) for text in statements]

    reader.execute(*of_this(case.cause))
    (problem,) = problems(reader, monkeypatch, case.sql, **case.connection)
    if number:
        assert f" {number}: " in problem.line
    assert of_this([case.says])[0] in problem.line
    assert problem.may_pass is case.may_pass
    if "encrypted connections alone" in case.says and reader.flavour == "mysql":
        assert problems(reader, monkeypatch, extra={"ssl_mode": "REQUIRED"}) == []
    reader.execute(*of_this(case.fix))
    assert problems(reader, monkeypatch, case.fixed_sql, **case.fixed_connection) == []


def test_a_server_that_requires_encryption_is_named_with_the_fix(
    reader: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(reader.connect()) as root:
        root.cursor().execute("SET GLOBAL require_secure_transport = ON")
        (problem,) = problems(reader, monkeypatch)
        encrypted = problems(reader, monkeypatch, extra={"ssl_mode": "REQUIRED"})
        root.cursor().execute("SET GLOBAL require_secure_transport = OFF")
    assert 'or "ssl_mode": "REQUIRED"' in problem.line
    if reader.flavour == "mysql":  # MariaDB 10.11 makes no certificate by itself
        assert encrypted == []


def test_two_mistakes_of_a_server_or_a_connection_are_two_lines(
    reader: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.execute(f"REVOKE {reader.monitor_right} ON *.* FROM {USER}")
    lag, column = problems(reader, monkeypatch, SQL.replace("cover_url", "nothing"))
    assert f"GRANT {reader.monitor_right}" in lag.line
    assert "1054" in column.line
    extra = {"ssl-mode": "REQUIRED", "iam": "false"}
    lines = [problem.line for problem in problems(reader, monkeypatch, port=0, extra=extra)]
    assert [line.split(" has ")[1].split(" ")[0] for line in lines] == ["port", "iam", "ssl-mode"]


@failure(
    Where.DATABASE,
    fault="The server has too many connections",
    happens="`check` is retried",
    sees="the error of the server in one line",
    fix="nothing, unless all tries fail: raise the limit or end other clients, then clear `check`",
)
def test_a_server_or_a_user_with_too_many_connections_may_have_fewer_later(
    reader: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as guests, closing(reader.connect()) as root:
        cursor = root.cursor()
        for _ in range(11):  # one is kept for root
            guests.enter_context(closing(reader.connect(LOGIN, password=PASSWORD)))
        cursor.execute("SET GLOBAL max_connections = 10")
        (full,) = problems(reader, monkeypatch)
        cursor.execute("SET GLOBAL max_connections = 100")
        cursor.execute("SET GLOBAL max_user_connections = 11")
        (of_the_user,) = problems(reader, monkeypatch)
        cursor.execute("SET GLOBAL max_user_connections = 500")
    assert "1040" in full.line
    assert "raise max_connections" in full.line
    assert "1203" in of_the_user.line
    assert "raise max_user_connections" in of_the_user.line
    assert full.may_pass
    assert of_the_user.may_pass
    assert problems(reader, monkeypatch) == []


def test_an_address_that_no_user_may_come_from_is_named(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(server.connect()) as root:
        cursor = root.cursor()
        cursor.execute(f"RENAME USER root@'{HOST}' TO root@'10.0.0.1'")
        (problem,) = problems(server, monkeypatch)
        cursor.execute(f"RENAME USER root@'10.0.0.1' TO root@'{HOST}'")
    assert "1130" in problem.line
    assert "create its user for the address of this machine" in problem.line
    assert not problem.may_pass


def test_a_server_that_cannot_be_reached_may_be_reached_later(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:
        nobody.bind((HOST, 0))  # and does not listen
        (refused,) = problems(server, monkeypatch, port=nobody.getsockname()[1])
    (unknown,) = problems(server, monkeypatch, host="nowhere.invalid")
    (no_socket,) = problems(server, monkeypatch, host="localhost")
    for problem, said in [
        (refused, "2002"),
        (refused, "host and port"),
        (unknown, "2005"),
        (unknown, "correct the host"),
        (no_socket, "a socket of this machine"),
    ]:
        assert said in problem.line
        assert problem.may_pass
