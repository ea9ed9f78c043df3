"""`cover-collage verify`, in a folder and in a bucket."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from collage_core.aws.s3_store import S3Store
from collage_core.command.main import main
from collage_core.contract.manifest import Manifest
from collage_core.contract.trigger import Trigger
from collage_core.layout import keys
from collage_core.layout.creator_objects import OBJECT_KINDS, RunObjects
from collage_core.storage.directory_store import DirectoryStore
from collage_core.storage.documents import to_document
from tests.support.cover_host import cover_host, response
from tests.support.pictures import encoded, numbered
from tests.support.recorded_runs import RUN_ID, SETTINGS, TIMESTAMP, close_recorded_run
from tests.support.runs import plan

REPO = Path(__file__).parents[4]
OUT, TEMP = SETTINGS.output_bucket, SETTINGS.temp_bucket
COVERS = {"ana": 3, "Ben": 1}
PLACES = RunObjects(timestamp=TIMESTAMP, trigger=Trigger.SQS)
WHOLE = (
    "run monthly-1: 4 rows, 2 creators and 8 objects compared, 0 receipts and 2 metadata read, 2 "
    "collages opened: everything is as recorded"
)

type Printed = pytest.CaptureFixture[str]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder of a run of which nothing but the output bucket is left."""
    store = DirectoryStore({OUT: tmp_path / "out", TEMP: tmp_path / "temp"})
    close_recorded_run(store, COVERS)
    return tmp_path / "out"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    """S3 with a run."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        for name in (OUT, TEMP):
            s3.create_bucket(Bucket=name)
        store = S3Store(s3)
        close_recorded_run(store, COVERS)
        yield store


def verify(printed: Printed, *arguments: object) -> tuple[int, list[str], str]:
    printed.readouterr()
    code = main(["verify", *map(str, arguments)])
    shown = printed.readouterr()
    return code, shown.out.splitlines(), shown.err


@pytest.mark.parametrize("named", [RUN_ID, TIMESTAMP])
@pytest.mark.parametrize("options", [[], ["--all"], ["--delete-extras"]])
def test_a_whole_run_ends_with_the_line_that_counts(
    out: Path, capsys: Printed, named: str, options: list[str]
) -> None:
    code, lines, _ = verify(capsys, named, "--out", out, *options)
    assert (code, lines[-1]) == (0, WHOLE)


def test_each_problem_is_shown_with_its_fix(out: Path, capsys: Printed) -> None:
    key = PLACES.key("thumbnail", "ana")
    (out / key).unlink()
    code, lines, complaint = verify(capsys, RUN_ID, "--out", out)
    assert code == 3
    assert lines == [
        f"{key} of 'ana' in bucket {out} is missing",
        f"  fix: make its collages again: cover-collage collages CSV --out {out}",
    ]
    assert complaint.startswith("cover-collage verify: run monthly-1: 4 rows, 2 creators and 8 ")
    assert complaint.endswith(": 1 problem\n")


def test_the_fix_for_extras_works_as_it_is_written(bucket: S3Store, capsys: Printed) -> None:
    extras = [PLACES.key(kind, "nobody") for kind in OBJECT_KINDS]
    other_run = keys.thumbnail("nobody", TIMESTAMP.later(1))
    for key in (*extras, other_run):
        bucket.put(OUT, key, b"left", content_type="x/y")
    code, lines, _ = verify(capsys, RUN_ID)
    assert code == 3
    (command,) = {line.removeprefix("  fix: ") for line in lines if "fix: " in line}
    assert [line.partition(" in bucket ")[0] for line in lines[::2]] == extras
    capsys.readouterr()
    assert main(command.split()[1:]) == 0
    assert capsys.readouterr().out.splitlines()[:-1] == [*extras, "4 extra objects deleted"]
    assert verify(capsys, RUN_ID)[0] == 0
    assert bucket.head(OUT, other_run)


def test_the_fix_for_extras_in_a_folder_names_the_folder(out: Path, capsys: Printed) -> None:
    extra = out / PLACES.key("collage", "nobody")
    extra.write_bytes(b"left")
    _, lines, _ = verify(capsys, RUN_ID, "--out", out)
    (command,) = (line.removeprefix("  fix: ") for line in lines if "fix: " in line)
    assert main(command.split()[1:]) == 0
    assert not extra.exists()
    assert verify(capsys, RUN_ID, "--out", out)[0] == 0


def test_without_credentials_it_says_how_to_give_some(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    code, _, complaint = verify(capsys, TIMESTAMP)
    assert code == 1
    assert f"bucket {OUT}: no credentials are found: set AWS_PROFILE to a profile" in complaint


def test_objects_of_a_second_that_another_run_has_claimed_are_that_runs(
    bucket: S3Store, capsys: Printed
) -> None:
    extra = PLACES.key("collage", "nobody")
    bucket.put(OUT, extra, b"left", content_type="x/y")
    bucket.put(OUT, keys.claim(TIMESTAMP), b"another", content_type="x/y")
    code, _, complaint = verify(capsys, RUN_ID, "--delete-extras")
    assert (code, complaint) == (0, "")
    assert bucket.head(OUT, extra)


def test_extras_of_a_plan_that_is_being_worked_on_are_not_deleted(
    bucket: S3Store, capsys: Printed
) -> None:
    extra = PLACES.key("collage", "nobody")
    bucket.put(OUT, extra, b"made just now", content_type="x/y")
    again: Manifest = plan([{"nobody": 1}])
    bucket.put(TEMP, keys.manifest(RUN_ID), to_document(again), content_type="x/y")
    code, _, complaint = verify(capsys, RUN_ID, "--delete-extras")
    assert code == 1
    assert "run monthly-1 has been planned again" in complaint
    assert "nothing was deleted; verify it again when the run has ended" in complaint
    assert bucket.head(OUT, extra)


def test_a_run_without_a_record_is_named_in_one_line(bucket: S3Store, capsys: Printed) -> None:
    del bucket
    code, lines, complaint = verify(capsys, "monthly-2")
    assert (code, lines) == (1, [])
    assert complaint == (
        f"cover-collage verify: bucket {OUT}: no run monthly-2 has a record in bucket {OUT}: "
        "compare the name with the run_id in its summary; runs that an older release closed have "
        "none\n"
    )


def test_a_setting_that_cannot_be_used_is_named(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTPUT_BUCKET", "s3://mine")
    code, _, complaint = verify(capsys, RUN_ID)
    assert code == 2
    assert "OUTPUT_BUCKET is 's3://mine'" in complaint


def test_the_buckets_are_those_of_the_settings(
    bucket: S3Store, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    del bucket
    monkeypatch.setenv("OUTPUT_BUCKET", "theirs")
    code, _, complaint = verify(capsys, TIMESTAMP)
    assert code == 1
    assert complaint.startswith("cover-collage verify: bucket theirs: ")
    assert "NoSuchBucket" in complaint


def test_a_second_that_is_none_is_an_option_that_cannot_be_used(capsys: Printed) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", "20261301_000000"])
    assert ended.value.code == 2
    assert "it must be UTC as YYYYMMDD_HHMMSS" in capsys.readouterr().err


@pytest.mark.parametrize("named", ["", "a/b", "..", "x" * 201])
def test_what_cannot_be_a_run_is_refused_in_one_line(capsys: Printed, named: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", named])
    assert ended.value.code == 2
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert "is not possible: it may have letters, digits" in complaint


def test_a_run_of_the_command_itself_is_verified_in_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with cover_host() as host:
        url = host.answer("/1.jpg", response(encoded(numbered(1))))
        rows = [f"{name},{url}?{number},2026-10-01" for name in "ab" for number in range(3)]
        rows.append(f"nobody,{host.url('/gone.jpg')},2026-10-01")
        csv = tmp_path / "covers.csv"
        csv.write_text("\n".join(["creator_name,cover_url,updated_at", *rows, ""]))
        program = [sys.executable, "-c", "from collage_core.command.main import run; run()"]
        options = ["--out", folder, "--timestamp", TIMESTAMP, "--allow-host", "127.0.0.1"]
        # Processes of their own: the first one sets the levels of loggers.
        for arguments in (["collages", csv, *options], ["verify", TIMESTAMP, "--out", folder]):
            finished = subprocess.run(  # noqa: S603  our own program
                [*program, *arguments], cwd=REPO, capture_output=True, text=True, check=False
            )
            assert finished.returncode == 0, finished.stderr
    assert finished.stdout == (
        f"run command-line-{TIMESTAMP}: 7 rows, 3 creators and 9 objects compared, 0 receipts and "
        "3 metadata read, 2 collages opened: everything is as recorded\n"
    )
