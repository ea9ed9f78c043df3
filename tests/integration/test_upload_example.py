"""`examples/test_local_upload.py` as a user starts it, with the twin as its account."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

from local.folder import REPO
from local.provision import FUNCTION
from local.sample.mark import Mark
from local.sample.urls import cover_path, signed
from local.settings import INPUT_BUCKET
from local.twin import Twin

EXAMPLES = REPO / "examples"


def upload(twin: Twin, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  our own program
        [sys.executable, EXAMPLES / "test_local_upload.py", *map(str, arguments)],
        env={"PATH": os.defpath, **twin.aws.client_environment()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_script_uploads_a_csv_and_shows_its_collages(twin: Twin, tmp_path: Path) -> None:
    # The events of the bucket are those of the example.
    functions, s3 = twin.aws.functions(), twin.aws.s3()
    arn = functions.get_function_configuration(FunctionName=FUNCTION)["FunctionArn"]
    notification = json.loads((EXAMPLES / "s3-notification.json").read_text())
    for entry in notification["LambdaFunctionConfigurations"]:
        entry["LambdaFunctionArn"] = arn
    s3.put_bucket_notification_configuration(
        Bucket=INPUT_BUCKET, NotificationConfiguration=notification
    )
    # The covers of the example are on the internet: the twin has covers of its own.
    with (EXAMPLES / "sample_csv.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    path = tmp_path / "sample.CSV"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                header,
                *(
                    [creator, twin.covers.url + signed(cover_path(Mark(9, number))), date]
                    for number, (creator, _, date) in enumerate(rows, start=1)
                ),
            ]
        )
    finished = upload(twin, path)
    assert finished.returncode == 0, finished.stderr
    assert '"status": "complete"' in finished.stdout
    assert '"placed": 6' in finished.stdout
    collages = [line for line in finished.stdout.splitlines() if line.endswith(".jpg")]
    assert len(collages) == 3
    assert all("/s3-trigger/" in line for line in collages)


def test_the_script_says_why_a_csv_cannot_be_used(twin: Twin, tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("name,picture\na,b\n")
    finished = upload(twin, path)
    assert finished.returncode == 1
    assert "column creator_name is missing" in finished.stderr
    missing = upload(twin, tmp_path / "no.csv")
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)
