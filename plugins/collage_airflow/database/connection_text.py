"""Checks a connection that an environment variable defines: a URI, or JSON.

If Airflow cannot read the text, it treats the connection as undefined
(airflow.sdk.execution_time.context, `_get_connection`). It drops the fragment of a URI, and the
first of two parameters with one name. So the text is checked here. Messages do not quote a URI: a
password that is not percent-encoded may be anywhere in it.
"""

import os
import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, urlsplit

from collage_airflow.database.json_object import json_object

_FIELDS = (
    *("conn_type", "description", "host", "login", "password", "schema", "port"),
    "extra",
)
_OTHER_NAMES = {
    "type": "conn_type",
    "hostname": "host",
    "user": "login",
    "username": "login",
    "pass": "password",
    "passwd": "password",
    "db": "schema",
    "dbname": "schema",
    "database": "schema",
}
_ENCODE = (
    "percent-encode the special characters of login, password and parameters (% as %25, @ as %40, "
    "/ as %2F, : as %3A, # as %23, ? as %3F, [ as %5B), or write the connection as JSON"
)


def variable_of(conn_id: str) -> str:
    """The name of the environment variable that may define a connection."""
    return f"AIRFLOW_CONN_{conn_id.upper()}"


def text_of(conn_id: str) -> str | None:
    """The text that defines a connection; None when no variable defines it."""
    return os.environ.get(variable_of(conn_id))


def text_problems(text: str, types: Sequence[str]) -> Iterator[str]:
    """Why Airflow would not read all of this text as a connection of one of these types."""
    text = text.strip()
    if not text:
        yield "is defined by an empty text: write it as a URI or as JSON, or unset the variable"
    elif text.startswith("{"):
        yield from _json_problems(text)
    else:
        yield from _uri_problems(text, types)


def _json_problems(text: str) -> Iterator[str]:
    try:
        fields = json_object(text)
    except ValueError as error:
        yield f"is defined by JSON that cannot be read ({error}): correct it"
        return
    for name in sorted(set(fields) - set(_FIELDS)):
        other = _OTHER_NAMES.get(name.lower(), name.lower())
        fix = f"write {other}" if other in _FIELDS else "put it in the extra, or take it out"
        yield f"has the field {name}, which Airflow does not know: {fix}"


def _uri_problems(text: str, types: Sequence[str]) -> Iterator[str]:
    scheme, has_scheme, _ = text.partition("://")
    if not has_scheme or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        yield (
            "is defined by a text that is neither a URI nor JSON: "
            f"write a URI that begins with {types[0]}://"
        )
        return
    if scheme.lower() not in types:
        yield f"is defined by a URI that begins with {scheme}://: begin it with {types[0]}://"
    if text.count("://") > 1:
        yield f"is defined by a URI with :// in the middle of it: {_ENCODE}"
        return
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        yield (
            "is defined by a URI whose port is no number from 0 to 65535, or whose password has "
            f"special characters: correct the port, or {_ENCODE}"
        )
        return
    # A / ? or # in the password ends the authority, so the @ before the host comes after it.
    if "@" in parts.path + parts.query + parts.fragment:
        yield f"is defined by a URI with an @ after its host, or after what looks so: {_ENCODE}"
    elif "#" in text:
        yield (
            "is defined by a URI with a #, after which Airflow drops everything: write # as %23, "
            "and parameters before it"
        )
    yield from _query_problems(parts.query)


def _query_problems(query: str) -> Iterator[str]:
    names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"has {name} twice in its URI: write it once"
    if "__extra__" in names and len(names) > 1:
        yield "has __extra__ in its URI, so Airflow ignores other parameters: write all in it"
