"""Unfinished uploads: the old ones in our folders are aborted, and no others."""

from datetime import UTC, datetime
from typing import Any

import pytest

from collage_core.housekeeping.findings import Finding, Kind, counts
from collage_core.housekeeping.stale_parts import abort_stale_uploads
from tests.support.lambda_world import World
from tests.support.left_behind import later


def begin(world: World, bucket: str, key: str) -> None:
    upload = world.s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    world.s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"part")


def unfinished(world: World) -> list[str]:
    buckets = (
        *(world.settings.input_bucket, world.settings.output_bucket, world.settings.temp_bucket),
    )
    return [
        upload["Key"]
        for bucket in buckets
        for upload in world.s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    ]


def abort(world: World, begun_before: datetime) -> list[Finding]:
    store = world.services.store
    return [*abort_stale_uploads(store, world.settings, begun_before=begun_before)]


def test_an_upload_that_was_given_up_is_aborted_wherever_ours_are(world: World) -> None:
    settings = world.settings
    for key in ("csv-files/a.csv", "manual-uploads/b.csv", "archived/2026/c.csv"):
        begin(world, settings.input_bucket, key)
    begin(world, settings.output_bucket, "results/d.json")
    begin(world, settings.temp_bucket, "processing/r/e.json")
    found = abort(world, later(1))
    assert counts(found) == {"aborted": 5}
    assert "s3://tiktok-image-input/csv-files/a.csv, begun " in found[0].line
    assert unfinished(world) == []
    assert abort(world, later(1)) == []


def test_an_upload_that_is_young_or_of_somebody_else_goes_on(world: World) -> None:
    begin(world, world.settings.input_bucket, "csv-files/a.csv")
    begin(world, world.settings.input_bucket, "backups/huge.tar")
    # moto says of every upload that it began in November 2010.
    assert abort(world, datetime(2010, 11, 1, tzinfo=UTC)) == []
    assert counts(abort(world, later(1))) == {"aborted": 1}
    assert unfinished(world) == ["backups/huge.tar"]


def test_an_upload_that_is_completed_at_this_moment_is_no_fault(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(world, world.settings.input_bucket, "csv-files/a.csv")
    abort_one = world.services.store.client.abort_multipart_upload

    def twice(**upload: Any) -> Any:
        abort_one(**upload)
        return abort_one(**upload)

    monkeypatch.setattr(world.services.store.client, "abort_multipart_upload", twice)
    assert [finding.kind for finding in abort(world, later(1))] == [Kind.ABORTED]


def test_a_bucket_that_cannot_be_looked_at_does_not_hide_the_others(world: World) -> None:
    begin(world, world.settings.temp_bucket, "processing/r/e.json")
    world.s3.delete_bucket(Bucket=world.settings.output_bucket)
    found = abort(world, later(1))
    assert counts(found) == {"aborted": 1, "failed": 2}
    assert "NoSuchBucket; create it, or set INPUT_BUCKET" in found[0].line
