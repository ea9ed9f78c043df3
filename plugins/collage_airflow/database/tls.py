"""Whether a connection is encrypted as its definition in Airflow asks for.

What `ssl_mode` and `ssl` of the extra come to depends on the library that the driver was built
with. Measured with mysqlclient 2.2.8 on MariaDB's Connector/C 3.3.20, alike against MariaDB
10.11 and MySQL 9.7:

| ssl_mode                   | what the driver does by itself                                    |
|----------------------------|-------------------------------------------------------------------|
| none, PREFERRED            | plain text; with files in `ssl` as REQUIRED                       |
| REQUIRED                   | encrypts if the server offers it, and else goes on in plain text; |
|                            | with ssl.ca, checks whose the certificate is and that it is valid |
| VERIFY_CA, VERIFY_IDENTITY | encrypt or fail, and check whose the certificate is (by ssl.ca,   |
|                            | else the system's authorities), that it is valid, and its host    |

So a session that was to be encrypted is asked whether it is.
"""

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from collage_core.errors import SettingError

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_TLS_MODES = ("REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
_SSL_MODES = ("DISABLED", "PREFERRED", *_TLS_MODES)
_FILES = ("ca", "capath", "cert", "key", "cipher")

log = logging.getLogger(__name__)


def wants_tls(mysql_conn_id: str, extra: Mapping[str, Any]) -> bool:
    """Whether the extra asks for encryption, in any of its ways.

    Raises SettingError for a mode that there is not, and for an `ssl` that the driver would
    leave out without a word.
    """
    mode = extra.get("ssl_mode")
    if mode is not None and mode not in _SSL_MODES:
        raise SettingError(
            f"connection {mysql_conn_id} has ssl_mode {mode!r} in its extra: it must be one of "
            f"{', '.join(_SSL_MODES)}"
        )
    asked_by_ssl = _asks_for_tls(mysql_conn_id, extra.get("ssl"))
    return mode in _TLS_MODES or asked_by_ssl


def check_tls(connection: "Connection", mysql_conn_id: str, *, wanted: bool) -> None:
    """Log whether the session is encrypted; raise SettingError when it is not and should be."""
    cursor = connection.cursor()
    cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
    cipher = str(cursor.fetchone()[1])
    log.info("Connected with %s, %s", mysql_conn_id, cipher or "not encrypted")
    if wanted and not cipher:
        raise SettingError(
            f"connection {mysql_conn_id} asks for encryption, which the server does not offer: "
            "give the server a certificate, or take ssl and ssl_mode out of the extra"
        )


def _asks_for_tls(mysql_conn_id: str, ssl: Any) -> bool:
    """Whether `ssl` asks for it: by true, or by naming files, as an object or as its JSON."""
    try:
        found = json.loads(ssl) if isinstance(ssl, str) else ssl
    except ValueError:
        found = ssl
    if found is None or isinstance(found, bool):
        return bool(found)
    # The driver takes {} for none, and reads no name but its own: the CA that somebody wrote
    # as ssl_ca would not be checked.
    names = set(found) if isinstance(found, dict) else set()
    if not names or names - set(_FILES):
        # Its values stay out of the message: one may be a key that was pasted.
        has = f"with {', '.join(sorted(names - set(_FILES)))}" if names else "without any file"
        raise SettingError(
            f"connection {mysql_conn_id} has an ssl {has} in its extra: it must be an object with "
            f"some of {', '.join(_FILES)}"
        )
    return True
