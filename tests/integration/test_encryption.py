"""A connection with a key about encryption is encrypted, or refused: never plain text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from MySQLdb import OperationalError

from collage_airflow.database.connection import covers_connection
from collage_airflow.database.definition import DefinitionError
from collage_airflow.preflight.database import database_problems
from collage_core.errors import SettingError
from tests.integration.test_covers_connection import OCTOBER, cipher
from tests.support.certificates import Authority
from tests.support.database_server import EACH_FLAVOUR, HOST, DatabaseServer
from tests.support.encryption_keys import EXTRAS, KEYS, VALUES, as_query

PASSWORD = "open sesame"
LOGIN = "reader"
NO_TLS = {"mariadb": ["--skip-ssl"], "mysql": ["--tls-version="]}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("authority") / "ca.pem")


@pytest.fixture(scope="module", params=EACH_FLAVOUR)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[DatabaseServer]:
    """A server that encrypts, with a user who may come in either way."""
    folder = tmp_path_factory.mktemp("server")
    options = authority.server_options(folder / "tls", address=HOST)
    with DatabaseServer(request.param, folder, options) as server:
        server.execute(
            f"CREATE USER {LOGIN}@'{HOST}' IDENTIFIED BY '{PASSWORD}'",
            f"GRANT {server.monitor_right} ON *.* TO {LOGIN}@'{HOST}'",
        )
        yield server


@pytest.fixture
def define(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Defines Airflow's connection by a text."""

    def define(text: str) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", text)

    return define


def uri(server: DatabaseServer, behind: str, scheme: str = "mysql") -> str:
    return f"{scheme}://{LOGIN}:{quote(PASSWORD)}@{HOST}:{server.port}/{behind}"


def refusal() -> str:
    """The lines of a connection that is refused before the server is asked."""
    with pytest.raises(DefinitionError) as raised, covers_connection("covers_mysql"):
        pass
    assert PASSWORD not in str(raised.value)
    return str(raised.value)


def test_a_key_that_the_hook_ignores_is_refused_by_name(
    server: DatabaseServer, define: Any
) -> None:
    for key, value in KEYS.items():
        for text in (
            server.airflow_connection(LOGIN, PASSWORD, extra={key: value}),
            server.airflow_connection(LOGIN, PASSWORD, extra=json.dumps({key: value})),
            uri(server, "?" + as_query({key: value})),
            uri(server, "?" + as_query({"charset": "utf8mb4", key: value})),
        ):
            define(text)
            assert f" {key} in its extra" in refusal()


def test_a_value_that_the_driver_ignores_is_refused_by_its_key(
    server: DatabaseServer, define: Any
) -> None:
    for key, values in VALUES.items():
        for value in values:
            texts = [server.airflow_connection(LOGIN, PASSWORD, extra={key: value})]
            if isinstance(value, str | dict):
                texts.append(uri(server, "?" + as_query({key: value})))
            for text in texts:
                define(text)
                assert f" {key} " in refusal(), value


def test_an_extra_that_is_not_an_object_is_refused(server: DatabaseServer, define: Any) -> None:
    for extra in EXTRAS:
        define(server.airflow_connection(LOGIN, PASSWORD, extra=extra))
        assert "has an extra that cannot be read" in refusal(), extra
        define(uri(server, "?" + as_query({"__extra__": extra})))
        assert "has an extra that cannot be read" in refusal(), extra


def test_keys_where_airflow_does_not_look_are_refused(server: DatabaseServer, define: Any) -> None:
    for text, said in [
        (uri(server, "#ssl_mode=REQUIRED"), "with a #"),
        (uri(server, "?charset=utf8#ssl_mode=REQUIRED"), "with a #"),
        (uri(server, "?ssl_mode=REQUIRED&ssl_mode=DISABLED"), "has ssl_mode twice"),
        (uri(server, "?__extra__=%7B%7D&ssl_mode=REQUIRED"), "has __extra__ in its URI"),
        (uri(server, "%3Fssl_mode=REQUIRED"), "has a ? in its schema"),
        (uri(server, "", "mysqls"), "begins with mysqls://"),
        (uri(server, "", "mysql+ssl"), "begins with mysql+ssl://"),
        (uri(server, "", "mysql+mysqldb"), "begins with mysql+mysqldb://"),
        (server.airflow_connection(LOGIN, PASSWORD, ssl_mode="REQUIRED"), "the field ssl_mode"),
        (server.airflow_connection(LOGIN, PASSWORD, Extra={"ssl": True}), "the field Extra"),
        (server.airflow_connection(LOGIN, PASSWORD, host=f"{HOST}?ssl=true"), "in its host"),
        (server.airflow_connection(LOGIN, PASSWORD, schema="?ssl-mode=REQUIRED"), "its schema"),
        (server.airflow_connection(LOGIN, PASSWORD, conn_type="mysqls"), "has type 'mysqls'"),
    ]:
        define(text)
        assert said in refusal()


def ways_to_ask(authority: Authority) -> list[dict[str, Any]]:
    ca = {"ca": str(authority.path)}
    modes = [{"ssl_mode": mode} for mode in ("REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")]
    verified = [mode | {"ssl": ssl} for mode in modes for ssl in (ca, json.dumps(ca))]
    return [{"ssl_mode": "REQUIRED"}, {"ssl": True}, {"ssl": "true"}, {"ssl": ca}, *verified]


def test_a_connection_that_is_not_refused_is_encrypted_out_of_json_and_uri(
    server: DatabaseServer, authority: Authority, define: Any
) -> None:
    for extra in ways_to_ask(authority):
        for text in (
            server.airflow_connection(LOGIN, PASSWORD, extra=extra),
            uri(server, "?" + as_query(extra)),
            uri(server, "?" + as_query({"__extra__": extra})),
        ):
            define(text)
            assert cipher().startswith("TLS_"), extra


def test_an_authority_that_is_named_is_verified_in_every_mode(
    server: DatabaseServer, define: Any, tmp_path: Path
) -> None:
    other = {"ca": str(Authority.create(tmp_path / "other.pem").path)}
    for mode in (
        {},
        *({"ssl_mode": name} for name in ("REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")),
    ):
        define(server.airflow_connection(LOGIN, PASSWORD, extra=mode | {"ssl": other}))
        with pytest.raises(OperationalError, match="2026"), covers_connection("covers_mysql"):
            pass


def test_what_the_refusal_says_to_write_is_encrypted(
    server: DatabaseServer, authority: Authority, define: Any
) -> None:
    for key in ("ssl-mode", "useSSL", "ssl_ca", "connect_args", "tls", "SSL"):
        define(server.airflow_connection(LOGIN, PASSWORD, extra={key: "REQUIRED"}))
        _, _, fix = refusal().partition("would ignore: ")
        extra = {}
        if '"ssl": {"ca": ' in fix:
            extra |= {"ssl": {"ca": str(authority.path)}}
        if '"ssl_mode"' in fix:
            extra |= {"ssl_mode": "VERIFY_IDENTITY" if extra else "REQUIRED"}
        assert extra, fix
        define(server.airflow_connection(LOGIN, PASSWORD, extra=extra))
        assert cipher().startswith("TLS_"), key


def test_contradicting_keys_about_encryption_are_refused(
    server: DatabaseServer, authority: Authority, define: Any
) -> None:
    for ssl in (True, "true", {"ca": str(authority.path)}):
        extra = {"ssl_mode": "DISABLED", "ssl": ssl}
        define(server.airflow_connection(LOGIN, PASSWORD, extra=extra))
        assert "asks for encryption by ssl and forbids it by ssl_mode" in refusal()
    for nothing in ({}, {"ssl_mode": "DISABLED"}, {"ssl": False}, {"charset": "latin1"}):
        define(server.airflow_connection(LOGIN, PASSWORD, extra=nothing))
        assert cipher() == ""


def test_without_encryption_on_the_server_every_way_to_ask_is_refused(
    server: DatabaseServer, authority: Authority, define: Any
) -> None:
    server.restart(NO_TLS[server.flavour])  # the last test of this file: it stays so
    for extra in ways_to_ask(authority):
        define(server.airflow_connection(LOGIN, PASSWORD, extra=extra))
        with (
            pytest.raises((OperationalError, SettingError)),
            covers_connection("covers_mysql"),
        ):
            pass
        (problem,) = database_problems("covers_mysql", "SELECT 1", OCTOBER)
        assert "ssl and ssl_mode" in problem.line
        assert PASSWORD not in problem.line
    for key, value in KEYS.items():
        define(server.airflow_connection(LOGIN, PASSWORD, extra={key: value}))
        assert f" {key} in its extra" in refusal()
