"""Where a database is and who asks it, as one URL. No message shows the URL: it has a password."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

FORM = "mysql://USER:PASSWORD@HOST:PORT/DATABASE"
_HOW_TO_WRITE = f"write {FORM}, and / ? # @ inside of a name or the password as %2F %3F %23 %40"
_DEFAULT_PORT = 3306
_SCHEMES = ("mysql", "mariadb")
_ENCRYPTED = ("REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")


class MysqlUrlError(ValueError):
    """A URL that cannot be used; the message says why, without the URL."""


@dataclass(frozen=True, slots=True)
class MysqlUrl:
    """The parts of the URL, decoded."""

    host: str
    port: int
    user: str
    password: str | None = field(repr=False)
    """None: the URL has none."""
    database: str
    ssl_mode: str | None
    """None: not encrypted."""
    ssl_ca: str | None

    @property
    def place(self) -> str:
        """Host, port and database, for messages."""
        return f"{self.host}:{self.port}/{self.database}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises MysqlUrlError."""
        try:
            parts = urlsplit(text)
        except ValueError:
            # It quotes the host, which is a part of the password if that was not encoded.
            raise MysqlUrlError(f"the host cannot be read; {_HOW_TO_WRITE}") from None
        try:
            port = _DEFAULT_PORT if parts.port is None else parts.port
        except ValueError:
            port = 0
        if not port:
            raise MysqlUrlError(f"the port must be a number from 1 to 65535; {_HOW_TO_WRITE}")
        if parts.scheme not in _SCHEMES:
            raise MysqlUrlError(f"it must begin with mysql://; write {FORM}")
        database = unquote(parts.path.removeprefix("/"))
        for name, value in (
            ("user", parts.username), ("host", parts.hostname), ("database", database)
        ):  # fmt: skip
            if not value:
                raise MysqlUrlError(f"the {name} is missing; write {FORM}")
        if "/" in parts.path[1:] or parts.fragment or "\0" in unquote(text):
            raise MysqlUrlError(f"behind the database there may be options alone; write {FORM}")
        options = _options(parts.query)
        return cls(
            host=parts.hostname or "",
            port=port,
            user=unquote(parts.username or ""),
            password=None if parts.password is None else unquote(parts.password),
            database=database,
            ssl_mode=options.get("ssl_mode"),
            ssl_ca=options.get("ssl_ca"),
        )


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(options.keys() - {"ssl_mode", "ssl_ca"}):
        raise MysqlUrlError(f"{unknown[0]} is not known: after ? may stand ssl_mode and ssl_ca")
    mode, authorities = options.get("ssl_mode"), options.get("ssl_ca")
    if mode is not None and mode not in _ENCRYPTED:
        raise MysqlUrlError(f"ssl_mode must be one of {', '.join(_ENCRYPTED)}")
    if authorities is not None:
        if mode is None:
            raise MysqlUrlError("ssl_ca needs ssl_mode, best VERIFY_IDENTITY")
        if not Path(authorities).is_file():
            raise MysqlUrlError(f"ssl_ca is {authorities}, which is not a file")
    return options
