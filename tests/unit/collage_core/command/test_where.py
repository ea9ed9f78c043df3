"""From names to keys and files, with files that a run has written."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from collage_core.command.main import main
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from tests.support.cover_host import cover_host, response
from tests.support.pictures import encoded, numbered
from tests.support.strategies import HOSTILE_NAMES

REPO = Path(__file__).parents[4]
NAMES = ["Ana Müller", 'o\'brien "x"', "山田 太郎", " - dash", "ana", "ana_collage_20261001_000000"]
LONG = "é" * 300
FIRST, SECOND = (RunTimestamp.parse(f"2026100{day}_000000") for day in (1, 2))

type Printed = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs."""
    folder = tmp_path_factory.mktemp("where")
    with cover_host() as host:
        url = host.answer("/1.jpg", response(encoded(numbered(1))))
        rows = ['"{}",{},2026-10-01'.format(n.replace('"', '""'), url) for n in [*NAMES, LONG]]
        rows.append(f"nobody,{host.url('/gone.jpg')},2026-10-01")
        path = folder / "covers.csv"
        path.write_text("\n".join(["creator_name,cover_url,updated_at", *rows, ""]))
        for timestamp in (FIRST, SECOND):
            options = ["--out", folder, "--timestamp", timestamp, "--rows", "1", "--cols", "1"]
            # A process of its own: the command sets the levels of loggers.
            subprocess.run(  # noqa: S603  our own program
                [sys.executable, "-m", "collage_core", path, *options, "--allow-host", "127.0.0.1"],
                cwd=REPO,
                check=True,
                capture_output=True,
            )
    return folder


def where(printed: Printed, *arguments: object) -> tuple[int, list[str], str]:
    printed.readouterr()
    code = main(["where", *map(str, arguments)])
    shown = printed.readouterr()
    return code, shown.out.splitlines(), shown.err


@pytest.mark.parametrize("name", [*NAMES, LONG])
def test_the_files_of_a_name_are_listed_one_a_line(out: Path, capsys: Printed, name: str) -> None:
    code, lines, _ = where(capsys, "--out", out, "--timestamp", FIRST, "--", name)
    assert code == 0
    expected = [
        keys.collage_by_creator(name, FIRST),
        f"collages/manual/{Path(keys.collage_by_creator(name, FIRST)).name}",
        keys.thumbnail(name, FIRST),
        keys.metadata(name, FIRST),
    ]
    assert lines == [f"{out}/{key}" for key in expected]
    assert all(Path(line).is_file() for line in lines)
    _, of_both_runs, _ = where(capsys, "--out", out, "--", name)
    assert len(of_both_runs) == 2 * len(lines)
    assert set(lines) < set(of_both_runs)


def test_a_creator_without_a_collage_has_metadata(out: Path, capsys: Printed) -> None:
    code, lines, _ = where(capsys, "--out", out, "--timestamp", FIRST, "nobody")
    assert (code, lines) == (0, [f"{out}/{keys.metadata('nobody', FIRST)}"])


@pytest.mark.parametrize(
    ("name", "near"),
    [("ana muller", "Ana Müller"), ("Ana", "ana"), ("nobdy", "nobody"), ("é" * 299, LONG)],
)
def test_a_name_that_is_not_there_gets_one_line_with_names_that_look_like_it(
    out: Path, capsys: Printed, name: str, near: str
) -> None:
    code, lines, complaint = where(capsys, "--out", out, name)
    assert (code, lines) == (1, [])
    assert complaint.count("\n") == 1
    assert f"has no file of {name!r}: did you mean" in complaint
    assert repr(near) in complaint


def test_what_is_found_is_printed_though_another_name_is_not(out: Path, capsys: Printed) -> None:
    code, lines, complaint = where(capsys, "--out", out, "zzzzzz", "ana")
    assert code == 1
    assert len(lines) == 8
    assert complaint == f"cover-collage where: {out} has no file of 'zzzzzz'\n"


def test_a_run_that_is_not_there_is_named(out: Path, capsys: Printed) -> None:
    code, _, complaint = where(capsys, "--out", out, "--timestamp", "20270101_000000", "ana")
    assert code == 1
    assert "has no file of run 20270101_000000 of 'ana'" in complaint


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_without_a_place_the_keys_of_the_output_bucket_are_printed(
    capsys: Printed, name: str
) -> None:
    code, exact, _ = where(capsys, "--timestamp", FIRST, "--", name)
    assert code == 0
    assert keys.collage_by_creator(name, FIRST) in exact
    assert keys.thumbnail(name, FIRST) in exact
    assert keys.metadata(name, FIRST) in exact
    _, patterns, _ = where(capsys, "--", name)
    filled = [
        line.replace("YYYY/MM/DD", FIRST.day_path).replace("_TS.", f"_{FIRST}.")
        for line in patterns
    ]
    assert filled == exact


def test_the_keys_of_collages_have_the_suffix_of_the_format_that_is_named(capsys: Printed) -> None:
    code, lines, _ = where(capsys, "--timestamp", FIRST, "--format", "webp", "ana")
    assert code == 0
    assert keys.collage_by_creator("ana", FIRST, suffix="webp") in lines
    suffixes = [Path(line).suffix for line in lines]
    assert suffixes == [*[".webp"] * (len(lines) - 2), ".jpg", ".json"]


@pytest.mark.parametrize("name", ["", " ", "a\0b", "a\udcffb"])
def test_a_name_that_no_creator_has_is_refused_in_one_line(capsys: Printed, name: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["where", name])
    assert ended.value.code == 2
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert "is not possible" in complaint


def test_a_folder_that_is_not_there_is_refused(capsys: Printed, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["where", "ana", "--out", str(tmp_path / "no")])
    assert ended.value.code == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_a_folder_that_cannot_be_read_is_named(
    out: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreadable, scandir = out / "thumbnails" / "2026", os.scandir

    def deny(path: Path) -> object:  # root, who runs the tests of some machines, may read all
        if path == unreadable:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", deny)
    code, lines, complaint = where(capsys, "--out", out, "ana")
    assert (code, lines) == (1, [])
    assert complaint == f"cover-collage where: {unreadable}: Permission denied\n"


@pytest.mark.thorough
def test_collages_in_a_bucket_are_listed_page_by_page(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    runs = [FIRST.later(number) for number in range(1002)]
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="ours")
        for run in runs:
            s3.put_object(Bucket="ours", Key=keys.collage_by_creator("Ana Müller", run))
        s3.put_object(Bucket="ours", Key=keys.collage_by_creator("Ana Müller 2", FIRST))
        code, lines, _ = where(capsys, "--bucket", "ours", "Ana Müller")
        assert code == 0
        assert lines == [keys.collage_by_creator("Ana Müller", run) for run in runs]
        options = ("--bucket", "ours", "--timestamp", runs[7])
        assert where(capsys, *options, "Ana Müller")[1] == [lines[7]]
        assert where(capsys, "--bucket", "ours", "bo") == (
            1, [], "cover-collage where: bucket ours has no collage of 'bo'\n"
        )  # fmt: skip
        code, _, complaint = where(capsys, "--bucket", "theirs", "bo")
        assert code == 1
        assert complaint.startswith("cover-collage where: bucket theirs: ")
        assert "NoSuchBucket" in complaint
        assert complaint.count("\n") == 1
