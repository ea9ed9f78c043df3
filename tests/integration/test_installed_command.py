"""The command as an analyst installs it: a wheel of the core, alone in an environment."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from collage_core import __version__
from local.folder import REPO
from tests.support.cover_host import cover_host, response
from tests.support.pictures import encoded, numbered
from tests.support.uv import uv


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--wheel", "--python", sys.executable, "--out-dir", folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel: Path) -> Path:
    """The installed program. The newest versions that the wheel allows, as anybody gets them."""
    environment = wheel.parent / "environment"
    uv("venv", "--python", sys.executable, environment)
    python = environment / "bin" / "python"
    uv("pip", "install", "--no-config", "--python", python, wheel)
    return environment / "bin" / "cover-collage"


@pytest.fixture
def covers(tmp_path: Path) -> Iterator[Path]:
    """A CSV with two covers of one creator, while their host is there."""
    with cover_host() as host:
        urls = [
            host.answer(f"/{number}.jpg", response(encoded(numbered(number)))) for number in (1, 2)
        ]
        rows = [f"ana,{url},2026-10-0{number}" for number, url in enumerate(urls, start=1)]
        path = tmp_path / "covers.csv"
        path.write_text("\n".join(["creator_name,cover_url,updated_at", *rows, ""]))
        yield path


def run(command: Path, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [command, *map(str, arguments)],
        cwd=cwd,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_the_core_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (about,) = (name for name in names if name.endswith("/METADATA"))
        metadata = archive.read(about).decode().splitlines()
    assert {name.partition("/")[0] for name in names} == {
        "collage_core",
        f"cover_collage-{__version__}.dist-info",
    }
    assert {name for name in names if name.startswith("collage_core/")} == {
        str(path.relative_to(REPO))
        for path in (REPO / "collage_core").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    required = [line for line in metadata if line.startswith("Requires-Dist:")]
    assert not [line for line in required if "airflow" in line and "extra ==" not in line]


def test_it_tells_its_version(command: Path, tmp_path: Path) -> None:
    finished = run(command, "--version", cwd=tmp_path)
    assert finished.stdout == f"cover-collage {__version__}\n"


def test_it_makes_collages(command: Path, covers: Path, tmp_path: Path) -> None:
    options = ("--out", "out", "--allow-host", "127.0.0.1", "--rows", 1, "--cols", 2)
    finished = run(
        command, "collages", covers, *options, "--timestamp", "20261101_000000", cwd=tmp_path
    )
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["rows"]["placed"] == 2
    collage = tmp_path / "out/collages/manual/ana_collage_20261101_000000.jpg"
    assert Image.open(collage).size == (600, 400)


def test_it_says_in_one_line_what_cannot_be_done(command: Path, tmp_path: Path) -> None:
    finished = run(command, "collages", "no.csv", "--out", "out", cwd=tmp_path)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == "cover-collage collages: no.csv: No such file or directory\n"


def test_it_names_the_extra_that_is_missing_for_mysql(command: Path, tmp_path: Path) -> None:
    url = "mysql://me:secret@db.example/covers"
    days = ("--from", "2026-10-01", "--to", "2026-11-01")
    finished = run(command, "get-urls", "--mysql", url, *days, cwd=tmp_path)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.startswith("cover-collage get-urls: the driver of MySQL is missing: ")
    assert finished.stderr.count("\n") == 1
    assert "'.[mysql]'" in finished.stderr
    assert list(tmp_path.iterdir()) == []
