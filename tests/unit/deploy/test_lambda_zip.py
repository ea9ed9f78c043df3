"""The zip: what it holds, and that it is the same whenever it is built."""

import os
import re
import tomllib
import zipfile
from pathlib import Path

from deploy.lambda_zip import own_files
from deploy.reproducible_zip import write_zip

REPO = Path(__file__).parents[3]
PINNED = dict(
    re.findall(
        r"^([a-z0-9-]+)==(\S+)", (REPO / "deploy/lambda_requirements.txt").read_text(), re.MULTILINE
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
    assert set(PINNED) == {
        "arabic-reshaper",
        "certifi",
        "idna",
        "jinja2",
        "manimgx-fonts",
        "markupsafe",
        "msgspec",
        "paperang-p2-fonts-cjk",
        "pillow",
        "python-bidi",
        "urllib3",
    }


def test_the_zip_holds_all_of_the_core_and_the_worker_but_what_is_for_people_and_nothing_else() -> (
    None
):
    files = own_files(REPO)
    assert {name.partition("/")[0] for name in files} == {"collage_core", "lambda_pkg"}
    modules = {
        path.relative_to(REPO).as_posix()
        for package in ("collage_core", "lambda_pkg")
        for path in (REPO / package).rglob("*.py")
    }
    left_out = {name for name in modules if name.startswith("collage_core/command/")}
    assert left_out
    assert modules - files.keys() == {
        "collage_core/__main__.py",
        "collage_core/contract/__main__.py",
        *left_out,
    }
    of_the_report = {
        path.relative_to(REPO).as_posix()
        for folder in ("templates", "vendored")
        for path in (REPO / "collage_core/report" / folder).iterdir()
    }
    assert len(of_the_report) >= 8
    assert files.keys() - modules == of_the_report
    assert {REPO / name for name in files} == set(files.values())
