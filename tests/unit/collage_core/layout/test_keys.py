import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.layout import keys
from tests.support.schedules import DAILY, MONTHLY
from tests.support.strategies import names

TS = RunTimestamp.parse("20261001_093000")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        # input bucket
        (keys.cover_urls_csv(TS), "csv-files/2026/10/01/cover_urls_20261001_093000.csv"),
        (keys.scheduled_csv(DAILY, TS), "csv-files/2026/10/01/update_batch_001.csv"),
        (keys.scheduled_csv(MONTHLY, TS), "csv-files/2026/10/01/monthly_batch_20261001.csv"),
        (
            keys.archived_csv("csv-files/2026/10/01/monthly_batch_20261001.csv", TS),
            "archived/2026/processed_files/10/01/monthly_batch_20261001.csv",
        ),
        (
            keys.archived_upload("manual-uploads/mine.csv", TS),
            "archived/2026/processed_files/manual-uploads/mine_20261001_093000.csv",
        ),
        (
            keys.quarantined_csv("manual-uploads/mine.csv", TS),
            "archived/failed/invalid_format_files/manual-uploads/mine_20261001_093000.csv",
        ),
        (
            keys.quarantine_reason("manual-uploads/mine.csv", TS),
            "archived/failed/invalid_format_files/manual-uploads/mine_20261001_093000.csv.reason.json",
        ),
        # output bucket
        (
            keys.collage("ana", TS, Trigger.S3),
            "collages/2026/10/01/s3-trigger/ana_collage_20261001_093000.jpg",
        ),
        (
            keys.collage("ana", TS, Trigger.SQS, "a/b"),
            "collages/2026/10/01/sqs-trigger/a/b/ana_collage_20261001_093000.jpg",
        ),
        (
            keys.collage("ana", TS, Trigger.MANUAL),
            "collages/manual/ana_collage_20261001_093000.jpg",
        ),
        (
            keys.collage_by_creator("ana", TS),
            "collages/by-creator/ana/ana_collage_20261001_093000.jpg",
        ),
        (keys.thumbnail("ana", TS), "thumbnails/2026/10/01/ana_thumb_20261001_093000.jpg"),
        (keys.metadata("ana", TS), "metadata/2026/10/01/ana_metadata_20261001_093000.json"),
        (keys.processing_log(TS), "metadata/2026/10/01/processing_log_20261001.json"),
        (keys.claim(TS), "metadata/2026/10/01/claim_20261001_093000.txt"),
        (
            keys.processing_summary(TS),
            "results/processing-summaries/2026/10/processing_summary_20261001_093000.json",
        ),
        (
            keys.processing_summary(TS, "run-7"),
            "results/processing-summaries/2026/10/processing_summary_20261001_093000_run-7.json",
        ),
        (
            keys.batch_results(TS),
            "results/processing-summaries/2026/10/batch_results_20261001.csv",
        ),
        (keys.daily_stats(TS), "results/statistics/daily_stats_20261001.json"),
        (keys.monthly_report(TS), "results/statistics/monthly_report_202610.json"),
        (keys.creators_report(TS), "results/statistics/creators_report_202610.json"),
        (keys.covers_report(TS), "results/statistics/covers_report_202610.json"),
        (keys.rebuilt_month(TS), "results/statistics/rebuilt_202610.json"),
        # temp bucket
        (keys.manifest("run-7"), "processing/run-7/manifest.json"),
        (keys.claimed_second(TS), "processing/claimed-seconds/20261001_093000"),
        (keys.receipt("run-7", "00001-ab"), "processing/run-7/receipts/00001-ab.json"),
        (
            keys.failed_download("run-7", "00001-ab", 5034, "not_an_image"),
            "debug/failed-downloads/run-7/00001-ab/000000005034-not_an_image.json",
        ),
        (
            keys.failed_download_body("run-7", "00001-ab", 5034, "not_an_image"),
            "debug/failed-downloads/run-7/00001-ab/000000005034-not_an_image.body",
        ),
        (keys.error_log("run-7", "00001-ab", 3), "debug/error-logs/run-7/00001-ab/03.log"),
        (keys.error_log("run-7", None, 1), "debug/error-logs/run-7/message/01.log"),
    ],
)
def test_keys_are_those_of_the_contract(key: str, expected: str) -> None:
    assert key == expected


@given(names, st.sampled_from(Trigger), st.sampled_from(["", "a/b"]))
def test_no_name_leaves_its_folder_or_makes_a_key_too_long(
    name: str, trigger: Trigger, prefix: str
) -> None:
    plain = "ana"
    for key, of_plain in (
        (keys.collage(name, TS, trigger, prefix), keys.collage(plain, TS, trigger, prefix)),
        (keys.collage_by_creator(name, TS), keys.collage_by_creator(plain, TS)),
        (keys.thumbnail(name, TS), keys.thumbnail(plain, TS)),
        (keys.metadata(name, TS), keys.metadata(plain, TS)),
    ):
        assert posixpath.normpath(key) == key
        assert key.count("/") == of_plain.count("/")
        assert len(key.encode()) <= 1024
        assert len(posixpath.basename(key)) <= 255


def test_the_metadata_of_no_creator_is_taken_for_the_processing_log() -> None:
    assert keys.metadata("processing_log", TS) != keys.processing_log(TS)


def test_temporary_objects_of_a_run_are_in_its_folder() -> None:
    folder = keys.run_folder("run-7")
    for key in (
        keys.manifest("run-7"),
        keys.planning("run-7"),
        keys.ordered_csv("run-7"),
        keys.receipt("run-7", "c"),
        keys.partial_receipt("run-7", "c"),
    ):
        assert key.startswith(folder)
    assert not keys.partial_receipt("run-7", "c").startswith(keys.receipts("run-7"))


@pytest.mark.parametrize(
    ("key", "day"),
    [
        ("csv-files/2026/10/01/update_batch_002.csv", "20261001"),
        ("csv-files/2026/10/01/Update_Batch_999.CSV", "20261001"),
        (keys.scheduled_csv(DAILY, TS), None),
        ("csv-files/2026/10/01/update_batch_000.csv", None),
        ("csv-files/2026/10/01/update_batch_0002.csv", None),
        ("csv-files/2026/10/01/x/update_batch_002.csv", None),
        ("csv-files/2026/10/01/my_update_batch_002.csv", None),
        ("csv-files/2026/10/01/update_batch_\u0660\u0660\u0662.csv", None),
        ("manual-uploads/2026/10/01/update_batch_002.csv", None),
    ],
)
def test_fresh_urls_are_for_the_day_of_their_folder(key: str, day: str | None) -> None:
    assert keys.update_day(key) == day
