"""Passwords and keys of a twin, generated once and kept in a file that only its owner can read."""

import base64
import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from local.folder import write_private


def _password() -> str:
    # Hexadecimal: it needs no quoting in a URL, in SQL, in JSON or in an INI file.
    return secrets.token_hex(16)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True, slots=True)
class Credentials:
    """All secrets of the twin's servers."""

    supervisor: str = field(default_factory=_password)
    aws_root: str = field(default_factory=_password)
    mysql_owner: str = field(default_factory=_password)
    mysql_reader: str = field(default_factory=_password)
    postgres: str = field(default_factory=_password)
    airflow_admin: str = field(default_factory=_password)
    airflow_fernet_key: str = field(default_factory=_fernet_key)
    airflow_jwt_secret: str = field(default_factory=_password)
    airflow_api_secret: str = field(default_factory=_password)

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """Read the secrets from `path`, which is written first if it does not exist."""
        if path.exists():
            return cls(**json.loads(path.read_text()))
        credentials = cls()
        write_private(path, json.dumps(asdict(credentials), indent=2) + "\n")
        return credentials
