"""The zip: what it holds, and that it is the same whenever it is built."""

import os
import re
import tomllib
import zipfile
from pathlib import Path

import lambda_pkg
from lambda_pkg.package import write_zip

REPO = Path(__file__).parents[3]
PINNED = dict(
    re.findall(
        r"^([a-z0-9-]+)==(\S+)", (REPO / "lambda_pkg/requirements.txt").read_text(), re.MULTILINE
    )
)


def test_the_same_files_give_the_same_bytes_whatever_their_dates_modes_and_order(
    tmp_path: Path,
) -> None:
    files = {}
    for name in ("b.py", "a/c.so", "a.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name * 100)
        files[name] = path
    write_zip(tmp_path / "1.zip", files)
    for path in files.values():
        os.utime(path, (1, 1))
        path.chmod(0o600)
    write_zip(tmp_path / "2.zip", dict(reversed(files.items())))
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_every_file_of_the_zip_may_be_read_by_the_user_that_lambda_runs_as(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    (tmp_path / "a.py").chmod(0o600)
    write_zip(tmp_path / "out.zip", {"a.py": tmp_path / "a.py"})
    (entry,) = zipfile.ZipFile(tmp_path / "out.zip").infolist()
    assert entry.external_attr >> 16 == 0o100644


def test_the_zip_carries_the_locked_versions_of_what_the_worker_imports() -> None:
    packages = tomllib.loads((REPO / "uv.lock").read_text())["package"]
    locked = {package["name"]: package["version"] for package in packages}
    assert {name: locked[name] for name in PINNED} == PINNED
    assert set(PINNED) == {"certifi", "idna", "pillow", "urllib3"}


def test_the_worker_tells_the_version_of_the_project() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    assert lambda_pkg.__version__ == project["version"]
