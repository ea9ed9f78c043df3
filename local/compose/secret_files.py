"""Gives each service its own secrets, as files in a volume that only this service mounts.

They are generated at the first start and stay until `docker compose down -v`. Nothing secret
is in the compose file, in a variable of it, or in an image.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.airflow import ADMIN
from local.compose import addresses
from local.covers_table import DATABASE, OWNER, covers_sql
from local.credentials import Credentials

_ROOT_ALONE = 0o600
# Airflow's image runs as any user of group 0.
_GROUP = 0o640
_GROUP_WRITES = 0o660
_EVERY_USER = 0o644  # of the one container that mounts the volume


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file's text, and who in the container may read it."""

    text: str
    mode: int


def secret_files(secrets: Credentials) -> Mapping[str, SecretFile]:
    """All files, by their paths below `addresses.SECRETS`."""
    everyone = covers_sql(
        owner_password=secrets.mysql_owner, reader_password=secrets.mysql_reader, clients="%"
    )
    return {
        "postgres/password": SecretFile(secrets.postgres, _ROOT_ALONE),
        # MySQL's image executes it as the server's user when it creates its data.
        "mysql/covers.sql": SecretFile(everyone, _EVERY_USER),
        "mysql/owner.cnf": SecretFile(_client_options(secrets), _ROOT_ALONE),
        "airflow/database-url": SecretFile(addresses.postgres(secrets).sqlalchemy_url, _GROUP),
        "airflow/fernet-key": SecretFile(secrets.airflow_fernet_key, _GROUP),
        "airflow/api-secret": SecretFile(secrets.airflow_api_secret, _GROUP),
        "airflow/jwt-secret": SecretFile(secrets.airflow_jwt_secret, _GROUP),
        # Airflow opens it for writing, although it has nothing to write.
        "airflow/passwords.json": SecretFile(
            json.dumps({ADMIN: secrets.airflow_admin}), _GROUP_WRITES
        ),
    }


def hand_out(files: Mapping[str, SecretFile], *, below: Path) -> None:
    """Write the files that are missing or different."""
    for name, file in files.items():
        write(below / name, file)


def write(path: Path, file: SecretFile) -> None:
    """Replace `path` in one step, because its service may be reading it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(file.text)
        os.fchmod(opened.fileno(), file.mode)
    part.replace(path)


def _client_options(secrets: Credentials) -> str:
    """The owner's login for the health check of MySQL."""
    return (
        f"[client]\nhost=127.0.0.1\nuser={OWNER}\npassword={secrets.mysql_owner}\n"
        f"[mysql]\ndatabase={DATABASE}\n"
    )
