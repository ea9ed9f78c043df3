"""The command as a whole: what somebody without the manual sees first, on any terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from collage_core.command.main import main

REPO = Path(__file__).parents[4]
PROGRAM = [sys.executable, "-c", "from collage_core.command.main import run; run()"]
ASCII = {**os.environ, "PYTHONIOENCODING": "ascii"}


def test_without_arguments_it_says_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "cover-collage collages covers.csv --out collages" in " ".join(shown.err.split())
    for command in ("collages", "get-urls", "where", "verify"):
        assert f"\n    {command} " in shown.err


def test_a_terminal_that_knows_ascii_alone_gets_other_letters_as_escapes(tmp_path: Path) -> None:
    folder = tmp_path / "für Ana"
    thumbnails = folder / "thumbnails"
    thumbnails.mkdir(parents=True)
    (thumbnails / "=E6=97=A5_thumb_20261001_000000.jpg").write_bytes(b"")
    ours, terminal = pty.openpty()
    finished = subprocess.run(  # noqa: S603  our own program
        [*PROGRAM, "where", "日", "--out", folder],
        cwd=REPO,
        env=ASCII,
        stdout=terminal,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(terminal)
    seen = os.read(ours, 100_000).decode("ascii")
    os.close(ours)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert r"'\u65e5' is =E6=97=A5 in keys" in seen
    assert r"f\xfcr Ana" in seen


@pytest.mark.parametrize("name", ["für Ana".encode(), b"caf\xe9"])
def test_a_program_gets_the_path_of_any_folder_byte_for_byte(tmp_path: Path, name: bytes) -> None:
    folder = tmp_path / os.fsdecode(name)
    folder.mkdir()
    (folder / "collages").mkdir()
    path = folder / "collages" / "ana_collage_20261001_000000.jpg"
    path.write_bytes(b"")
    finished = subprocess.run(  # noqa: S603  our own program
        [*PROGRAM, "where", "ana", "--out", folder],
        cwd=REPO,
        env=ASCII,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert finished.stdout == os.fsencode(path) + b"\n"
