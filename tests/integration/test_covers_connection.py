"""How the connection to the database is secured and set up, on real servers."""

import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from MySQLdb import OperationalError

from collage_airflow.database import hook
from collage_airflow.database.connection import covers_connection
from collage_airflow.preflight.database import database_problems
from collage_core.contract.window import Window
from collage_core.errors import SettingError
from tests.support.certificates import Authority
from tests.support.database_server import EACH_FLAVOUR, HOST, DatabaseServer
from tests.support.failures import Where, failure

PASSWORD = "open sesame"
OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
NO_TLS = {"mariadb": ["--skip-ssl"], "mysql": ["--tls-version="]}


@pytest.fixture(scope="module", params=EACH_FLAVOUR)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DatabaseServer]:
    with DatabaseServer(request.param, tmp_path_factory.mktemp("server")) as server:
        server.execute(
            f"CREATE USER reader@'{HOST}' IDENTIFIED BY '{PASSWORD}'",
            f"GRANT {server.monitor_right} ON *.* TO reader@'{HOST}'",
        )
        yield server


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("authority") / "ca.pem")


@pytest.fixture
def connect_with(server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Defines the Airflow connection with an extra."""

    def define(**extra: Any) -> None:
        definition = server.airflow_connection("reader", PASSWORD, extra=extra)
        monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", definition)

    return define


def cipher() -> str:
    """Of a session of `covers_connection`; empty when it is not encrypted."""
    with covers_connection("covers_mysql") as connection:
        cursor = connection.cursor()
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        return bytes(cursor.fetchone()[1]).decode()


def ways_to_ask(authority: Authority) -> list[dict[str, Any]]:
    ca = {"ca": str(authority.path)}
    return [
        {"ssl_mode": "REQUIRED"},
        {"ssl": ca},
        {"ssl_mode": "VERIFY_CA", "ssl": ca},
        {"ssl_mode": "VERIFY_IDENTITY", "ssl": ca},
        {"ssl_mode": "VERIFY_IDENTITY", "ssl": json.dumps(ca)},
    ]


def test_a_connection_that_asks_for_encryption_is_encrypted(
    server: DatabaseServer, authority: Authority, connect_with: Any, tmp_path: Path
) -> None:
    server.restart(authority.server_options(tmp_path, address=HOST))
    for extra in ways_to_ask(authority):
        connect_with(**extra)
        assert cipher().startswith("TLS_"), extra


def test_a_connection_that_asks_for_encryption_is_refused_where_there_is_none(
    server: DatabaseServer, authority: Authority, connect_with: Any
) -> None:
    server.restart(NO_TLS[server.flavour])
    for extra in ways_to_ask(authority):
        connect_with(**extra)
        (problem,) = database_problems("covers_mysql", "SELECT 1", OCTOBER)
        # Unless it verifies, the driver takes the session for encrypted, and sends the password
        # in a way that MySQL refuses.
        by_server = server.flavour == "mysql" and not str(extra.get("ssl_mode")).startswith("VER")
        assert ("1045" if by_server else "certificate") in problem.line, extra
        assert PASSWORD not in problem.line
    connect_with(ssl_mode="DISABLED")
    assert cipher() == ""


@pytest.mark.parametrize("fault", ["of another authority", "of another host", "expired"])
def test_a_verified_connection_refuses_a_certificate(
    server: DatabaseServer, authority: Authority, connect_with: Any, tmp_path: Path, fault: str
) -> None:
    signer = Authority.create(tmp_path / "other.pem") if "authority" in fault else authority
    server.restart(
        signer.server_options(
            tmp_path,
            address="10.0.0.1" if "host" in fault else HOST,
            lasts=timedelta(days=-1 if fault == "expired" else 1),
        )
    )
    for mode in ("VERIFY_CA", "VERIFY_IDENTITY"):
        connect_with(ssl_mode=mode, ssl={"ca": str(authority.path)})
        with (
            pytest.raises(OperationalError, match="certificate"),
            covers_connection("covers_mysql"),
        ):
            pass
    connect_with(ssl_mode="REQUIRED")
    assert cipher().startswith("TLS_")


def test_an_unknown_mode_is_named(connect_with: Any) -> None:
    connect_with(ssl_mode="required")
    with (
        pytest.raises(SettingError, match=r"has ssl_mode 'required'.*must be one of .*REQUIRED"),
        covers_connection("covers_mysql"),
    ):
        pass


@pytest.mark.parametrize(
    "ssl",
    [{}, [], "ca.pem", {"ssl_ca": "ca.pem"}, {"ca": "ca.pem", "check_hostname": True}],
    ids=["empty", "list", "text", "wrong name", "unknown name"],
)
def test_an_ssl_that_the_driver_would_leave_out_is_refused(connect_with: Any, ssl: Any) -> None:
    connect_with(ssl_mode="REQUIRED", ssl=ssl)
    with (
        pytest.raises(SettingError, match=r"must be an object with some of ca, capath"),
        covers_connection("covers_mysql"),
    ):
        pass


def test_a_server_that_never_greets_is_given_up(
    server: DatabaseServer, connect_with: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, "CONNECT_SECONDS", 1)
    with socket.create_server((HOST, 0)) as silent:
        monkeypatch.setattr(server, "port", silent.getsockname()[1])
        connect_with()
        (problem,) = database_problems("covers_mysql", "SELECT 1", OCTOBER)
    assert "2013" in problem.line
    assert problem.may_pass


@failure(
    Where.DATABASE,
    fault="The server accepts the connection and falls silent",
    happens="The task gives up after a time limit and is retried",
    sees="a time-out that names the connection",
    fix="nothing; clear the task when the server answers again",
)
def test_a_server_that_falls_silent_is_given_up(
    connect_with: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, "READ_SECONDS", 1)
    connect_with()
    with (
        covers_connection("covers_mysql") as connection,
        pytest.raises(OperationalError, match="Lost connection"),
    ):
        connection.cursor().execute("SELECT SLEEP(60)")


def test_the_session_is_set_up_whatever_the_extra_and_the_server_say(
    server: DatabaseServer, connect_with: Any
) -> None:
    server.restart(["--default-time-zone=+08:00", "--net-write-timeout=30"])
    connect_with(charset="latin1", cursor="DictCursor")
    with covers_connection("covers_mysql") as connection:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT @@time_zone, @@net_write_timeout, @@character_set_client, "
            "@@character_set_results"
        )
        assert cursor.fetchone() == (b"+00:00", b"600", b"utf8mb4", b"utf8mb4")
        if server.flavour == "mariadb":
            cursor.execute("SELECT @@max_length_for_sort_data")
            assert cursor.fetchone() == (b"65536",)
        with socket.socket(fileno=os.dup(connection.fileno())) as theirs:
            assert theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
