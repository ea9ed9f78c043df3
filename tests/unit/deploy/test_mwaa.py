"""What MWAA gets: the same bytes at every build, and settings as they were given."""

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import fields
from pathlib import Path

import pytest

from collage_core.settings import Settings
from deploy.errors import DeployError
from deploy.mwaa import build, plugin_files, startup_script
from deploy.settings_file import MUST_BE_SET, SETTINGS_ENV, read_settings_file

REPO = Path(__file__).parents[3]
SHELLCHECK = Path(sys.executable).with_name("shellcheck")
AWKWARD = {"ALLOWED_SOURCE_HOSTS": "*.cdn.example, it's $HOME", "CHUNK_QUEUE_URL": "https://q/?a&b"}


def names_in(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_the_same_files_give_the_same_bytes_wherever_they_lie(tmp_path: Path) -> None:
    for package in ("collage_core", "plugins"):
        shutil.copytree(REPO / package, tmp_path / "copy" / package, copy_function=shutil.copyfile)
    here, there = plugin_files(REPO), plugin_files(tmp_path / "copy")
    assert here.keys() == there.keys()
    for name in ("1", "2"):
        build(tmp_path / name, AWKWARD)
    for file in ("plugins.zip", "requirements.txt", "startup.sh"):
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes()


def test_plugins_zip_holds_the_plugin_and_an_ignore_file_for_both_packages(
    tmp_path: Path,
) -> None:
    archive = build(tmp_path, {})[0]
    assert {name.partition("/")[0] for name in names_in(archive)} == {
        ".airflowignore",
        "collage_airflow",
        "collage_core",
        "cover_collage_plugin.py",
    }
    with zipfile.ZipFile(archive) as opened:
        lines = opened.read(".airflowignore").decode().splitlines()
    ignored = [line for line in lines if line and not line.startswith("#")]
    assert ignored == ["collage_airflow/", "collage_core/"]


def test_plugins_zip_holds_every_module_and_what_modules_read_and_nothing_that_python_left() -> (
    None
):
    modules = {
        str(path.relative_to(root))
        for root, package in ((REPO, "collage_core"), (REPO / "plugins", "collage_airflow"))
        for path in (root / package).rglob("*.py")
    }
    others = plugin_files(REPO).keys() - modules - {"cover_collage_plugin.py"}
    assert modules <= plugin_files(REPO).keys()
    kinds = {Path(name).suffix for name in others if not Path(name).stem.startswith("LICENSE")}
    assert kinds <= {"", ".md", ".html", ".css", ".js"}
    assert "collage_airflow/runbook/tasks/check.md" in others
    assert "collage_core/report/templates/index.html" in others
    assert "collage_airflow/run_page/templates/run.html" in others
    assert "collage_airflow/run_page/static/vendored/htmx.min.js" in others


def test_the_startup_script_exports_each_value_as_it_was_given(tmp_path: Path) -> None:
    script = build(tmp_path, AWKWARD)[2]
    shown = subprocess.run(  # noqa: S603 - our own script
        ["bash", "-c", f'set -eu; . "{script}"; env -0'],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.defpath},
    )
    exported = dict(line.split("=", 1) for line in shown.stdout.split("\0") if line)
    assert {name: exported[name] for name in AWKWARD} == AWKWARD


@pytest.mark.skipif(not SHELLCHECK.exists(), reason="there is no shellcheck for this machine")
def test_the_startup_script_is_sound() -> None:
    subprocess.run(  # noqa: S603
        [SHELLCHECK, "--severity=warning", "-"],
        input=startup_script(AWKWARD),
        text=True,
        check=True,
    )


def test_the_file_of_settings_has_every_setting_with_its_default() -> None:
    lines = SETTINGS_ENV.read_text().splitlines()
    names = [line.partition("=")[0] for line in lines if not line.startswith("#")]
    assert sorted(names) == sorted(field.name.upper() for field in fields(Settings))
    assert Settings.from_env(read_settings_file()) == Settings()
    assert MUST_BE_SET in names


def test_a_file_of_settings_may_have_blank_lines_comments_and_windows_line_ends(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mine.env"
    path.write_bytes(b"\xef\xbb\xbf# mine\r\n\r\nCELL_SIZE = 180x240 \r\nCHUNK_ROWS=\r\n")
    assert read_settings_file(path) == {"CELL_SIZE": "180x240"}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"CHUNK_ROW=5", "CHUNK_ROW is not a setting: did you mean CHUNK_ROWS?"),
        (b"PYTHONPATH=/x", "PYTHONPATH is not a setting: .*settings.env has all names"),
        (b"CELL_SIZE=180x240\nCELL_SIZE=300x400", "line 2 sets CELL_SIZE again"),
        (b"export", "line 1 is 'export': write NAME=value"),
        (b"\xff", "is not UTF-8"),
    ],
)
def test_a_file_of_settings_that_cannot_be_used_is_refused(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    path = tmp_path / "mine.env"
    path.write_bytes(content)
    with pytest.raises(DeployError, match=complaint):
        read_settings_file(path)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "deploy.mwaa", *map(str, arguments)],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_says_what_it_wrote_and_that_the_queue_is_not_set(tmp_path: Path) -> None:
    finished = run("--out", tmp_path / "out")
    assert finished.returncode == 0
    written = [Path(line.partition(":")[0]).name for line in finished.stdout.splitlines()]
    assert written == ["plugins.zip", "requirements.txt", "startup.sh"]
    assert finished.stderr.startswith("CHUNK_QUEUE_URL is not set in ")


@pytest.mark.parametrize("options", [["--settings", "no.env"], ["--out", "README.md"]])
def test_a_path_that_cannot_be_used_ends_the_command_with_one_line(options: list[str]) -> None:
    finished = run(*options)
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1
    assert options[1] in finished.stderr


def test_a_full_disk_ends_the_command_with_one_line_and_leaves_no_part_of_a_zip(
    tmp_path: Path,
) -> None:
    # No file may have more than 4 KB.
    limited = ["bash", "-c", 'ulimit -f 4 && exec "$@"', "-", sys.executable]
    finished = subprocess.run(  # noqa: S603  our own program
        [*limited, "-B", "-m", "deploy.mwaa", "--out", str(tmp_path)],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (1, f"{tmp_path}: File too large\n")
    assert not list(tmp_path.iterdir())
