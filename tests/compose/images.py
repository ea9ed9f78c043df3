"""Stand-ins for the official images, under their names, made of Debian and of our lock.

They need no registry of images. What they cannot show is that the official ones exist and behave
in the same way.
"""

import shutil
import ssl
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.folder import REPO
from tests.compose.engine import Engine

STANDINS = REPO / "tests" / "compose" / "standins"
MARIADB = "mariadb:10.11"
MYSQL = "mysql:8.4"
OURS = "cover-collage-local"

_CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
_LEFT_OUT = shutil.ignore_patterns("site-packages", "__pycache__", "test", "*.a", "config-3*")


def build_images(engine: Engine, *, mysql: Path | None) -> None:
    """Build all of them, the two databases side by side. `mysql`: the folder of a real MySQL."""
    _import_debian(engine)
    with tempfile.TemporaryDirectory(dir=engine.folder) as folder:
        _copy_python(Path(folder))
        _build(engine, "python:3.12-slim-bookworm", "python", context=Path(folder))
    # One after the other: each keeps all processors busy.
    _build(engine, "apache/airflow:3.3.1-python3.12", "airflow", context=REPO)
    with ThreadPoolExecutor() as pool:
        waiting = [
            pool.submit(_build, engine, "postgres:17", "postgres", context=STANDINS),
            pool.submit(_build, engine, MARIADB, "mariadb", context=STANDINS),
        ]
        for built in waiting:
            built.result()
    if mysql is not None:
        _build(engine, MYSQL, "mysql", context=mysql)
    _build_file(engine, OURS, REPO / "docker" / "Dockerfile", context=REPO)


def _import_debian(engine: Engine) -> None:
    base = engine.folder / "debian"
    engine.run(
        *("debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm"),
        *(str(base), engine.mirror()),
    )
    # This machine may reach the registries of packages through authorities of its own.
    authorities = ssl.get_default_verify_paths().cafile or f"/{_CERTIFICATES}"
    shutil.copyfile(authorities, base / _CERTIFICATES)
    left_out = ["--exclude=./var/cache/apt/archives/*.deb", "--exclude=./var/lib/apt/lists/*"]
    archive = engine.folder / "debian.tar"
    engine.run("tar", "--directory", str(base), *left_out, "--create", "--file", str(archive), ".")
    engine.docker(
        *("import", "--change", f"ENV SSL_CERT_FILE=/{_CERTIFICATES} PIP_CERT=/{_CERTIFICATES}"),
        *(str(archive), "debian:bookworm-slim"),
    )
    shutil.rmtree(base)
    archive.unlink()


def _copy_python(into: Path) -> None:
    """This machine's CPython without its tests and packages: Debian 12 has no 3.12."""
    python = Path(sys.base_prefix)
    (into / "bin").mkdir()
    shutil.copy(python / "bin" / "python3.12", into / "bin")
    shutil.copytree(python / "lib" / "python3.12", into / "lib" / "python3.12", ignore=_LEFT_OUT)
    shutil.copytree(python / "include", into / "include")
    for library in (python / "lib").glob("libpython3*.so*"):
        shutil.copy(library, into / "lib", follow_symlinks=False)


def _build(engine: Engine, tag: str, name: str, *, context: Path) -> None:
    _build_file(engine, tag, STANDINS / f"{name}.Dockerfile", context=context)


def _build_file(engine: Engine, tag: str, file: Path, *, context: Path) -> None:
    # The engine has no bridge, so a build uses the machine's network.
    engine.docker("build", "--network=host", "--tag", tag, "--file", str(file), str(context))
