"""Checks the definition of an Airflow connection to the database before it is used.

The hook and the driver ignore unknown settings, and fail with a TypeError when a type is wrong.
Here each mistake becomes a line that names the field. No line shows the password.
"""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, override

from collage_airflow.database.connection_text import text_of, text_problems, variable_of
from collage_airflow.database.json_object import json_object
from collage_airflow.database.tls import (
    asks_for_tls,
    concerns_encryption,
    ignored_key_problem,
    tls_problems,
)
from collage_core.errors import SettingError

TYPES = ("mysql", "mariadb")
_PORTS = range(1, 65536)
_TEXTS = ("conn_type", "host", "login", "password", "schema")
_EXTRA_TEXTS = ("charset", "cursor", "unix_socket", "aws_conn_id", "client")
_READ = {"ssl", "ssl_mode", "iam", *_EXTRA_TEXTS}
"""Keys of the extra that the hook reads."""

log = logging.getLogger(__name__)


class DefinitionError(SettingError):
    """An Airflow connection cannot be used as it is; `problems` has a line for each reason."""

    @property
    def problems(self) -> tuple[str, ...]:
        return self.args

    @override
    def __str__(self) -> str:
        return "; ".join(self.args)


@dataclass(frozen=True, slots=True)
class Definition:
    """What is known about a connection that can be used."""

    conn_id: str
    encrypted: bool
    """Whether the definition requires encryption."""


def read_definition(mysql_conn_id: str) -> Definition:
    """Read and check the definition of a connection.

    Raises DefinitionError if it cannot be used, and AirflowNotFoundException if Airflow does not
    find the connection.
    """
    from airflow.sdk.bases.hook import BaseHook

    # If Airflow cannot read the text, it says that the connection is not defined.
    _refuse(mysql_conn_id, _environment_problems(mysql_conn_id))
    connection = BaseHook.get_connection(mysql_conn_id)
    fields = {name: getattr(connection, name) for name in (*_TEXTS, "port", "extra")}
    _refuse(mysql_conn_id, definition_problems(fields))
    extra = json_object(connection.extra or "{}")
    if unused := sorted(set(extra) - _READ):
        log.warning(
            "Connection %s has %s in its extra, which nothing reads",
            mysql_conn_id,
            ", ".join(unused),
        )
    return Definition(mysql_conn_id, encrypted=asks_for_tls(extra))


def definition_problems(fields: Mapping[str, Any]) -> Iterator[str]:
    """Problems of a connection's fields, each as "has …: " and how to fix it."""
    yield from _text_problems(fields)
    if (kind := fields.get("conn_type")) and kind not in TYPES:
        yield f"has type {kind!r}: it must be mysql"
    yield from _host_problems(fields.get("host"))
    if not fields.get("login"):
        yield "has no login: set it to the name of the database's user"
    if "?" in str(fields.get("schema")):
        yield "has a ? in its schema: move everything after it to the extra, as JSON"
    if (port := fields.get("port")) is not None and not _is_port(port):
        yield f"has port {port!r}: it must be a number from 1 to 65535"
    yield from _extra_problems(fields.get("extra"))


def not_defined(mysql_conn_id: str) -> str:
    """The message for a connection that Airflow does not find."""
    variable = variable_of(mysql_conn_id)
    line = (
        f"Airflow connection {mysql_conn_id} is not defined: add it under Admin > Connections, or "
        f"as the environment variable {variable}"
    )
    other = next((name for name in os.environ if name.upper() == variable != name), None)
    return f"{line}, which is called {other} here" if other else line


def asks_for_encryption(mysql_conn_id: str) -> bool:
    """Whether a connection that was checked before requires encryption."""
    from airflow.sdk.bases.hook import BaseHook

    return asks_for_tls(json_object(BaseHook.get_connection(mysql_conn_id).extra or "{}"))


def _environment_problems(mysql_conn_id: str) -> Iterator[str]:
    text = text_of(mysql_conn_id)
    if text is None:
        return
    found = list(text_problems(text, TYPES))
    yield from found
    if not found and text.lstrip().startswith("{"):
        # If the type is wrong, Airflow also says that the connection is not defined.
        yield from definition_problems(json_object(text))


def _refuse(mysql_conn_id: str, problems: Iterator[str]) -> None:
    if lines := [f"connection {mysql_conn_id} {problem}" for problem in problems]:
        raise DefinitionError(*lines)


def _text_problems(fields: Mapping[str, Any]) -> Iterator[str]:
    for name in _TEXTS:
        value = fields.get(name)
        if value is not None and not isinstance(value, str):
            yield f"has a {name} that is no text: put it in quotes"
        elif value and "\0" in value:
            yield f"has a NUL character in its {name}: take it out"


def _host_problems(host: object) -> Iterator[str]:
    if not isinstance(host, str) or not host or _is_address(host):
        return
    if host.startswith("/"):
        yield f"has host {host!r}: the path of a socket belongs in the extra, as unix_socket"
    elif re.search(r"[\s/:?#@;,=\[\]]", host):
        # The host is not quoted: it may contain a password.
        yield (
            "has more than a name in its host: write the name or the address alone, and port, "
            "login, schema and extra in fields of their own"
        )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_port(port: object) -> bool:
    if isinstance(port, str) and port.isascii() and port.isdigit():
        port = int(port)  # as Airflow reads it out of JSON
    return isinstance(port, int) and not isinstance(port, bool) and port in _PORTS


def _extra_problems(text: object) -> Iterator[str]:
    """`text` is the extra as JSON, or as an object in the JSON of a whole connection."""
    if text is None or text == "":
        return
    try:
        extra = json_object(text)
    except ValueError as error:
        yield f"has an extra that cannot be read ({error}): write it as a JSON object, such as {{}}"
        return
    yield from tls_problems(extra)
    for name in _EXTRA_TEXTS:
        if name in extra and not isinstance(extra[name], str):
            yield f"has {name} in its extra, which is no text: put it in quotes, or take it out"
    if str(extra.get("client") or "mysqlclient") != "mysqlclient":
        yield (
            f"has client {extra['client']} in its extra: take it out, only mysqlclient passes "
            "rows on as they come"
        )
    if str(extra.get("iam", "true")).lower() != "true" and extra["iam"] not in (False, None):
        # The hook treats any text as true, even "false".
        yield "has iam in its extra, which is neither true nor false: write true, or take it out"
    may_hide_it = set(extra) - {"ssl", "ssl_mode", "unix_socket", "aws_conn_id"}
    yield from (
        ignored_key_problem(key)
        for key in sorted(may_hide_it)
        if concerns_encryption(key, extra[key])
    )
