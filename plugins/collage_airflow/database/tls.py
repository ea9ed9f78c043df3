"""Checks that a connection is encrypted as its definition in Airflow requires.

The effect of `ssl_mode` and `ssl` in the extra depends on the library that the driver was built
with. Measured with mysqlclient 2.2.8 on MariaDB's Connector/C 3.3.19, with the same result for
MariaDB 10.11 and MySQL 9.7:

| ssl_mode                   | what the driver does                                              |
|----------------------------|-------------------------------------------------------------------|
| none, PREFERRED            | plain text; with files in `ssl` as REQUIRED                       |
| REQUIRED                   | encrypts if the server offers it, and else goes on in plain text; |
|                            | with ssl.ca, checks whose the certificate is and that it is valid |
| VERIFY_CA, VERIFY_IDENTITY | encrypt or fail, and check whose the certificate is (by ssl.ca,   |
|                            | else the system's authorities), that it is valid, and its host    |

So a session that must be encrypted is checked. Airflow's hook reads only `ssl` and `ssl_mode`, so
every other key about encryption is refused by name: it would be ignored, and the session would be
plain text.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collage_core.database.session import session_cipher
from collage_core.errors import SettingError

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_TLS_MODES = ("REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
_SSL_MODES = ("DISABLED", *_TLS_MODES)
_FILES = ("ca", "capath", "cert", "key", "cipher")

_ENCRYPTION = re.compile(
    r"ssl|tls|cert|cipher|crypt|secur|verif|trust|keystore|x509|pem|pfx|pkcs|crl|check_?hostname"
    r"|unauthori[sz]ed|https|pass_?phrase|^sni|^(ca|key|private_?key)([-_.]?(file|path|data|dir))?$"
    r"|(^|[-_. ])ca([-_. ]|$)|^root_?ca|ca[-_. ]?bundle",
    re.IGNORECASE,
)
"""Keys about encryption in other drivers: MySQL's and MariaDB's client options, and parameters of
PyMySQL, mysql-connector-python, Connector/J, SQLAlchemy and libpq."""
_CONTAINERS = re.compile(
    r"(connect(ion)?|engine)_?(kw)?args|(read_)?defaults?_?(extra_)?(file|group)|(client_?)?flags?",
    re.IGNORECASE,
)
"""Keys of other drivers that may contain it: an object of parameters, a file of options, a flag."""
_MENTION = re.compile(
    r"ssl|tls|(?<![a-z])(cert|cipher|encrypt|x509)|BEGIN [A-Z ]*(CERTIFICATE|KEY)"
    r"|verify[-_ ]?(ca|full|identity)|\.(pem|crt|cer|p12|pfx|jks)\b|^\W*required?\W*$",
    re.IGNORECASE,
)
"""Found in values that ask for encryption, such as `?charset=utf8;ssl_mode=REQUIRED`, a mode of any
driver, or the name of a certificate's file."""

_HOW = (
    'write "ssl_mode": "VERIFY_IDENTITY" and "ssl": {"ca": "/path/ca.pem"}, or '
    '"ssl_mode": "REQUIRED" without a file'
)

log = logging.getLogger(__name__)


def asks_for_tls(extra: Mapping[str, Any]) -> bool:
    """Whether an extra without `tls_problems` requires encryption, by `ssl_mode` or by `ssl`."""
    return extra.get("ssl_mode") in _TLS_MODES or bool(_parsed(extra.get("ssl")))


def tls_problems(extra: Mapping[str, Any]) -> Iterator[str]:
    """Problems that would leave a session in plain text although it should be encrypted."""
    if "ssl_mode" in extra:
        yield from _mode_problems(extra["ssl_mode"])
    if "ssl" in extra:
        yield from _ssl_problems(extra["ssl"])
        if extra.get("ssl_mode") == "DISABLED" and _parsed(extra["ssl"]):
            yield (
                "asks for encryption by ssl and forbids it by ssl_mode DISABLED in its extra: "
                "take one of them out"
            )


def concerns_encryption(key: str, value: Any = None) -> bool:
    """Whether a key that is not read here, or its value, is about encryption."""
    if _ENCRYPTION.search(key) or _CONTAINERS.fullmatch(key):
        return True
    return _MENTION.search(json.dumps(value, default=str)) is not None


def ignored_key_problem(key: str) -> str:
    """The problem of such a key. The message has no value: it may be a private key."""
    return f"has {key} in its extra, which the driver would ignore: {_correct_form(key)}"


def check_tls(connection: "Connection", mysql_conn_id: str, *, wanted: bool) -> None:
    """Log whether the session is encrypted. Raises SettingError if it is not but must be."""
    cipher = session_cipher(connection)
    log.info("Connected with %s, %s", mysql_conn_id, cipher or "not encrypted")
    if wanted and not cipher:
        raise SettingError(
            f"connection {mysql_conn_id} asks for encryption, which the server does not offer: "
            "give the server a certificate, or take ssl and ssl_mode out of the extra"
        )


def _mode_problems(mode: object) -> Iterator[str]:
    if mode == "PREFERRED":
        yield (
            "has ssl_mode 'PREFERRED' in its extra, which is plain text with this driver: it must "
            f"be one of {', '.join(_SSL_MODES)}"
        )
    elif mode not in _SSL_MODES:
        yield f"has ssl_mode {mode!r} in its extra: it must be one of {', '.join(_SSL_MODES)}"


def _ssl_problems(ssl: Any) -> Iterator[str]:
    """`ssl` is true, false, or an object with names of files, which may be JSON text."""
    found = _parsed(ssl)
    if isinstance(found, bool):
        return
    # The driver ignores {} and unknown names: a CA under the name ssl_ca would not be checked.
    names = set(found) if isinstance(found, dict) else set()
    if not names or names - set(_FILES):
        # The message has no values: one may be a private key.
        has = f"with {', '.join(sorted(names - set(_FILES)))}" if names else "without any file"
        yield (
            f"has an ssl {has} in its extra: it must be an object with some of {', '.join(_FILES)}"
        )
        return
    for name, value in found.items():
        yield from _file_problems(name, value)


def _file_problems(name: str, value: object) -> Iterator[str]:
    # The driver ignores a value that is not text, and connects in plain text.
    if not isinstance(value, str) or not value:
        yield f"has an ssl in its extra whose {name} is no text: name a file, or take it out"
    elif "BEGIN " in value:
        yield (
            f"has an ssl in its extra whose {name} is the text of a file: save it on every worker "
            "and name its path"
        )
    elif name != "cipher":
        is_there = Path(value).is_dir() if name == "capath" else _is_readable(value)
        if not is_there:
            kind = "a folder" if name == "capath" else "a file"
            yield (
                f"has an ssl in its extra whose {name} is {value}, which is not {kind} that can be "
                "read here: put it on every worker, or correct the path"
            )


def _is_readable(path: str) -> bool:
    try:
        with Path(path).open("rb"):
            return True
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return False


def _parsed(ssl: Any) -> Any:
    """Parse `ssl` as the hook does: from a URI it is text."""
    try:
        return json.loads(ssl) if isinstance(ssl, str) else ssl
    except ValueError:
        return ssl


def _correct_form(key: str) -> str:
    bare = re.sub(r"[^a-z0-9]", "", key.lower())
    if bare == "sslmode":
        return f'write it as "ssl_mode", which may be {", ".join(_SSL_MODES)}'
    if bare == "ssl":
        return 'write it as "ssl": {"ca": "/path/ca.pem"}, in small letters'
    for name in _FILES:
        if bare in {name, f"ssl{name}", f"tls{name}", f"{name}file", f"{name}path"}:
            return f'write it as "ssl": {{"{name}": …}}, with "ssl_mode": "VERIFY_IDENTITY"'
    return _HOW
