"""The real zip: the same bytes twice, for either machine, and enough to start the worker."""

import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy.lambda_zip import build
from local.environment import search_path

REPO = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _path_with_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", search_path())


@pytest.mark.parametrize("arch", ["arm64", "x86_64"])
def test_the_zip_is_the_same_twice_and_shows_nothing_of_where_it_was_built(
    tmp_path: Path, arch: str
) -> None:
    for name in ("1", "2"):
        build(tmp_path / name / "worker.zip", arch=arch)
    first = tmp_path / "1" / "worker.zip"
    assert first.read_bytes() == (tmp_path / "2" / "worker.zip").read_bytes()
    with zipfile.ZipFile(first) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            assert str(tmp_path.parent).encode() not in content, name
            assert str(REPO).encode() not in content, name
    assert first.stat().st_size < 50e6, "Lambda takes no larger zip directly"


def test_the_worker_starts_from_the_zip_and_boto3_alone(tmp_path: Path) -> None:
    arch = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
    build(tmp_path / "worker.zip", arch=arch)
    unpacked = tmp_path / "task"
    with zipfile.ZipFile(tmp_path / "worker.zip") as archive:
        archive.extractall(unpacked)
    program = """
import lambda_pkg.handler, PIL, collage_core, urllib3, sys
print(*{name.split(".")[0] for name in sys.modules}, *map(lambda m: m.__file__, [PIL, urllib3]))
"""
    result = subprocess.run(  # noqa: S603 - our own interpreter on our own code
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            # Like Lambda: the zip comes before what the runtime has.
            "PYTHONPATH": str(unpacked),
            "AWS_DEFAULT_REGION": "us-east-1",
            "CHUNK_QUEUE_URL": "http://127.0.0.1:1/q",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    loaded = set(result.stdout.split())
    assert not loaded & {"airflow", "tqdm", "local", "collage_airflow"}
    assert str(unpacked / "PIL" / "__init__.py") in loaded
