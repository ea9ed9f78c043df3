"""A bucket that does not exist, denies something or does not answer gives one line."""

import json
from dataclasses import replace
from typing import Any

import pytest

from collage_airflow.aws import s3_hook
from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.preflight import buckets
from collage_airflow.preflight.bucket_access import Use
from collage_airflow.preflight.buckets import bucket_problems, run_buckets
from collage_core.contract.run_timestamp import RunTimestamp
from tests.support.airflow_aws import SETTINGS
from tests.support.cover_host import refusing_port
from tests.support.failures import Where, failure
from tests.support.preflight import PASSWORD, deny, only

TIMESTAMP = RunTimestamp.parse("20261001_000000")
USES = [Use("processing/1/manifest.json", deletes=True)]


@pytest.mark.usefixtures("aws")
def test_a_bucket_that_does_not_exist_is_named_with_its_setting() -> None:
    problem = only(bucket_problems("aws_default", "TEMP_BUCKET", SETTINGS.temp_bucket, USES))
    assert problem.line.startswith("bucket tiktok-image-temp (TEMP_BUCKET)")
    assert "create it, or set TEMP_BUCKET" in problem.line
    assert not problem.may_pass


@failure(
    Where.S3,
    fault="Airflow lacks a right on a prefix of a bucket",
    happens="`check` refuses the run before anything is written",
    sees='`check`: "denies s3:PutObject at …: allow it for everything that begins with …"',
    fix="allow that, then clear `check`",
)
@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    ("operation", "right"),
    [
        ("ListObjectsV2", "s3:ListBucket"),
        ("HeadObject", "s3:GetObject"),
        ("CreateMultipartUpload", "s3:PutObject"),
        ("AbortMultipartUpload", "s3:AbortMultipartUpload"),
        ("DeleteObject", "s3:DeleteObject"),
    ],
)
def test_a_right_that_is_missing_is_named_with_the_keys_that_need_it(
    monkeypatch: pytest.MonkeyPatch, operation: str, right: str
) -> None:
    hook = s3_hook("aws_default")
    hook.get_conn().meta.events.register(f"before-call.s3.{operation}", deny)
    monkeypatch.setattr(buckets, "s3_hook", lambda _: hook)
    problem = only(bucket_problems("aws_default", "TEMP_BUCKET", SETTINGS.temp_bucket, USES))
    assert problem.line.endswith(
        f" denies {right} at processing/1/manifest.json: "
        "allow it for everything that begins with processing/"
    )
    assert not problem.may_pass


@pytest.mark.usefixtures("s3")
def test_a_bucket_of_somebody_else_is_one_line_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hook = s3_hook("aws_default")
    hook.get_conn().meta.events.register("before-call.s3", deny)
    monkeypatch.setattr(buckets, "s3_hook", lambda _: hook)
    uses = [*USES, Use("processing/2/manifest.json")]
    problem = only(bucket_problems("aws_default", "TEMP_BUCKET", SETTINGS.temp_bucket, uses))
    assert problem.line == (
        "bucket tiktok-image-temp (TEMP_BUCKET), asked with connection aws_default, denies "
        "s3:ListBucket, s3:PutObject everywhere: create it, set TEMP_BUCKET to a bucket of this "
        "account, or allow what a run does there"
    )


def test_an_s3_that_cannot_be_reached_may_be_reached_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_port() as port:
        endpoint = f"http://127.0.0.1:{port}"
        extra = {
            "region_name": "us-east-1",
            "endpoint_url": endpoint,
            "config_kwargs": {"retries": {"total_max_attempts": 1}},
        }
        connection = {"conn_type": "aws", "login": "testing", "password": PASSWORD, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))
        problem = only(bucket_problems("aws_default", "TEMP_BUCKET", SETTINGS.temp_bucket, USES))
    assert endpoint in problem.line
    assert PASSWORD not in problem.line
    assert problem.may_pass


def test_where_covers_are_kept_the_check_looks_at_the_folder_of_packs() -> None:
    run = RunIdentity("r", TIMESTAMP, "csv-files/a.csv")

    def folders(days: int) -> set[str]:
        _, (_, _, uses), _ = run_buckets(replace(SETTINGS, keep_covers_days=days), run)
        return {use.key.partition("/")[0] for use in uses if use.writes}

    assert folders(40) - folders(0) == {"downloads"}


def test_a_run_that_only_keeps_covers_writes_their_index_too() -> None:
    run = RunIdentity("r", TIMESTAMP, "processing/r/covers.csv", keep_only=True)
    ((_, _, uses),) = run_buckets(SETTINGS, run)
    written = {use.key for use in uses if use.writes}
    assert written == {run.csv_key, "downloads/2026/10/01/r/index.json"}


@pytest.mark.usefixtures("s3")
def test_a_run_is_refused_where_airflow_may_not_index_packs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def denied(params: Any, **_: Any) -> Any:
        return deny() if "/downloads/" in params["url_path"] else None

    hook = s3_hook("aws_default")
    hook.get_conn().meta.events.register("before-call.s3.CreateMultipartUpload", denied)
    monkeypatch.setattr(buckets, "s3_hook", lambda _: hook)
    run = RunIdentity("r", TIMESTAMP, "csv-files/a.csv")
    _, temp, _ = run_buckets(SETTINGS, run)
    problem = only(bucket_problems("aws_default", *temp))
    assert problem.line.endswith(
        " denies s3:PutObject at downloads/2026/10/01/index.json: "
        "allow it for everything that begins with downloads/"
    )
