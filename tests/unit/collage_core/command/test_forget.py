"""`cover-collage forget`: a dry run, the same with --yes, and names that nothing is kept of."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from collage_core.aws.s3_store import S3Store
from collage_core.command.main import main
from collage_core.contract.forgotten import Forgotten
from collage_core.storage.documents import read_document
from tests.support.aws_commands import follow
from tests.support.forget_world import (
    SETTINGS,
    Packs,
    all_keys,
    covers_in_packs,
    packs,
    put_objects,
    store,
)

__all__ = ["packs", "store"]

REPO = Path(__file__).parents[4]
OUT, TEMP = SETTINGS.output_bucket, SETTINGS.temp_bucket

type Printed = pytest.CaptureFixture[str]


def forget(printed: Printed, *arguments: str) -> tuple[int, list[str], str]:
    printed.readouterr()
    code = main(["forget", *arguments])
    shown = printed.readouterr()
    return code, shown.out.splitlines(), shown.err


@pytest.mark.parametrize("name", ["ana", "--yes", "O'Neil & co", "aná\nb"])
def test_the_command_that_a_dry_run_prints_deletes_what_it_shows(
    store: S3Store, capsys: Printed, name: str
) -> None:
    put_objects(store, name)
    left = put_objects(store, "ben")
    code, lines, _ = forget(capsys, "--", name)
    assert code == 0
    assert len(all_keys(store)) == 8
    command = "\n".join(lines).partition("to delete it: ")[2]
    # A shell reads it, quotes and all.
    echo = f'{sys.executable} -c "import sys; print(sys.argv[1:])" {command.partition(" ")[2]}'
    read = subprocess.run(echo, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
    assert read.stdout == f"{['forget', '--yes', '--', name]}\n"
    code, lines, _ = forget(capsys, "--yes", "--", name)
    assert code == 0
    assert all_keys(store) == left
    bucket, _, key = lines[-1].partition("s3://")[2].partition("/")
    receipt = read_document(store, bucket, key, Forgotten)
    assert receipt
    assert receipt.ended


def test_a_dry_run_shows_counts_sizes_and_the_first_keys(
    store: S3Store, packs: Packs, capsys: Printed
) -> None:
    for day in range(1, 6):
        put_objects(store, "ana", day=f"2026100{day}_000000")
    packs.index(packs.pack("ada ana", "c1"), packs.pack("ana", "c2"))
    code, lines, _ = forget(capsys, "ana")
    assert code == 0
    shown = "\n".join(lines)
    assert "collages: 5, 0.0 MB\n  collages/2026/10/01/sqs-trigger/ana_collage_" in shown
    assert "  and 2 more\ncopies by creator: 5" in shown
    assert "kept covers: 2, 0.0 MB, in 1 packs with others and 1 without\n  downloads/" in shown
    assert "not changed: the database of covers: " in shown
    assert lines[-1] == (
        "dry run, nothing was deleted; to delete it: cover-collage forget --yes -- ana"
    )


@pytest.mark.parametrize("options", [[], ["--yes"]])
def test_nothing_of_a_name_is_an_error_that_says_which_names_look_like_it(
    store: S3Store, capsys: Printed, options: list[str]
) -> None:
    put_objects(store, "Ana")
    code, lines, complaint = forget(capsys, "ana", *options)
    assert (code, lines) == (1, [])
    assert complaint.count("\n") == 1
    assert "nothing is kept of 'ana'" in complaint
    assert "did you mean 'Ana'?" in complaint
    assert forget(capsys, "Ana", *options)[0] == 0
    assert "is it written as in the CSV?" in forget(capsys, "zoe", *options)[2]


def test_a_pack_that_cannot_be_read_is_the_last_line_with_its_fix(
    store: S3Store, packs: Packs, capsys: Printed
) -> None:
    put_objects(store, "ana")
    pack = packs.pack("ada ana")
    store.put(TEMP, pack.key, b"broken", content_type="application/zip")
    code, lines, complaint = forget(capsys, "ana", "--yes")
    assert code == 1
    assert all_keys(store) == []
    assert any(pack.key in line for line in lines)
    follow(complaint.partition("delete it: ")[2])
    assert forget(capsys, "ana")[0] == 1
    assert covers_in_packs(store) == {}


@pytest.mark.parametrize(
    ("arguments", "said"), [([], "NAME"), ([" "], "a creator has a name"), (["a", "b"], "b")]
)
def test_a_name_that_is_none_is_refused(capsys: Printed, arguments: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["forget", *arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_setting_that_cannot_be_used_is_named(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTPUT_BUCKET", "No Bucket")
    code, _, complaint = forget(capsys, "ana")
    assert code == 2
    assert "OUTPUT_BUCKET" in complaint


def test_a_bucket_that_is_missing_is_named_in_one_line(store: S3Store, capsys: Printed) -> None:
    store.client.delete_bucket(Bucket=OUT)
    code, _, complaint = forget(capsys, "ana")
    assert code == 1
    assert complaint.count("\n") == 1
    assert OUT in complaint
    assert "create it, or set" in complaint


def test_without_boto3_it_says_what_to_install() -> None:
    hidden = "import sys; sys.modules['boto3'] = None; from collage_core.command.main import main; "
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", f"{hidden}sys.exit(main(['forget', 'ana']))"],
        cwd=REPO,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "boto3 is missing" in ended.stderr
