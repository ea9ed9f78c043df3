"""`cover-collage where --bucket`, with the twin as its account."""

import os
import subprocess
import sys
from uuid import uuid4

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from local.folder import REPO
from local.settings import OUTPUT_BUCKET
from local.twin import Twin

_COMMAND = "import sys; from collage_core.command.main import main; sys.exit(main())"


def where(twin: Twin, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-c", _COMMAND, "where", *arguments],
        cwd=REPO,
        env={"PATH": os.defpath, **twin.aws.client_environment()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_collages_of_a_name_are_found_in_the_bucket(twin: Twin) -> None:
    name = f"Ana Müller {uuid4().hex}"
    found = [
        keys.collage_by_creator(name, RunTimestamp.parse(f"2026100{day}_000000")) for day in (1, 2)
    ]
    for key in found:
        twin.aws.s3().put_object(Bucket=OUTPUT_BUCKET, Key=key, Body=b"a collage")
    finished = where(twin, "--bucket", OUTPUT_BUCKET, name)
    assert (finished.returncode, finished.stdout.splitlines()) == (0, found), finished.stderr


def test_a_name_without_collages_and_a_bucket_that_is_not_there_end_with_one_line(
    twin: Twin,
) -> None:
    for bucket, complaint in (
        (OUTPUT_BUCKET, "has no collage"),
        ("no-such-bucket", "NoSuchBucket"),
    ):
        finished = where(twin, "--bucket", bucket, f"nobody {uuid4().hex}")
        assert (finished.returncode, finished.stdout) == (1, "")
        (line,) = finished.stderr.splitlines()
        assert complaint in line
