"""CSVs that people upload: worked on without Airflow, or put aside with the reason."""

import json
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Store
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.covers.ingest import MAX_CSV_BYTES
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.archive import archive
from collage_core.run.claims import claim_second
from collage_core.run.ingest import INLINE_ROWS
from collage_core.run.run import Run
from tests.support.failures import Where, failure
from tests.support.lambda_world import HEADER, TIMESTAMP, World, sqs_event, with_settings

KEY = "csv-files/2026/10/05/fans of ünï+1.csv"
ARCHIVED = "archived/2026/processed_files/10/05/fans of ünï+1_20261005_060708.csv"
DONE = f"{ARCHIVED}.done.json"


UPLOADED = RunTimestamp.parse(TIMESTAMP)


def only_file(answer: dict[str, Any]) -> dict[str, Any]:
    (entry,) = answer["files"]
    return entry  # type: ignore[no-any-return]


def statistics(world: World) -> list[str]:
    return world.keys(world.settings.output_bucket, "results/statistics/")


def test_a_small_csv_is_worked_on_at_once_and_archived(world: World) -> None:
    # Rows of a creator stand anywhere, in any order.
    rows = world.csv({"ana": 6, "bo": 1}).splitlines()[1:]
    answer = only_file(
        world.invoke(world.upload(KEY, HEADER + "\n".join(rows[::-2] + rows[-2::-2])))
    )
    assert answer["status"] == "complete"
    assert answer["rows"]["total"] == 7
    assert answer["rows"]["placed"] == 5
    assert world.collages() == [
        f"collages/2026/10/05/s3-trigger/ana_collage_{TIMESTAMP}.jpg",
        f"collages/2026/10/05/s3-trigger/bo_collage_{TIMESTAMP}.jpg",
    ]
    assert world.keys(world.settings.input_bucket) == [ARCHIVED, DONE]
    assert statistics(world) == [
        "results/statistics/daily_stats_20261005.json",
        "results/statistics/monthly_report_202610.json",
    ]


@pytest.mark.parametrize("name", ["October best.CSV", "October best.Csv"])
def test_a_suffix_in_capitals_is_a_csv_and_keeps_its_name_in_the_archive(
    world: World, name: str
) -> None:
    key = f"csv-files/2026/10/05/{name}"
    world.invoke(world.upload(key, world.csv({"ana": 1})))
    bucket = world.settings.input_bucket
    archived = keys.archived_upload(key, UPLOADED)
    assert archived.endswith(f"_20261005_060708.{name.partition('.')[2]}")
    assert world.keys(bucket) == [archived, f"{archived}.done.json"]
    world.invoke(world.upload(key, "name,picture\na,b\n"))
    aside = keys.quarantined_csv(key, UPLOADED)
    assert world.keys(bucket, keys.INVALID_FILES) == [aside, f"{aside}.reason.json"]


def test_a_dropped_csv_takes_the_picture_from_the_settings(world: World) -> None:
    world = with_settings(world, default_trim=True, default_margin=9)
    world.invoke(world.upload(KEY, world.csv({"ana": 1})))
    metadata = world.document(world.settings.output_bucket, keys.metadata("ana", UPLOADED))
    canvas = metadata["grid"]["canvas"]
    assert (canvas["width"], canvas["height"], canvas["left"]) == (318, 418, 9)


def test_the_document_beside_the_archived_csv_leads_to_all_that_was_made_of_it(
    world: World,
) -> None:
    event = world.upload(KEY, world.csv({"ana": 2, "bo": 1}))
    world.invoke(event)
    done = world.document(world.settings.input_bucket, DONE)
    assert done["moved_to"] == ARCHIVED
    assert done["origin"]["key"] == KEY
    assert done["origin"]["etag"] == event["Records"][0]["s3"]["object"]["eTag"]
    assert world.keys(done["output_bucket"], done["collages"]) == world.collages()
    assert len(world.collages()) == 2
    assert world.document(done["output_bucket"], done["summary_key"]) == world.summary()
    assert done["results_key"] in world.keys(done["output_bucket"], "results/")
    assert done["run_id"] == world.summary()["run_id"]
    assert done["rows"] == world.summary()["rows"]
    assert done["status"] == world.summary()["status"] == "complete"


def test_the_document_is_written_after_everything_else(world: World) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))
    written: list[str] = []

    def note(params: dict[str, str], **_: object) -> None:
        written.append(params["url_path"])

    events = world.services.store.client.meta.events
    events.register("before-call.s3.PutObject", note)
    try:
        world.invoke(event)
    finally:
        events.unregister("before-call.s3.PutObject", note)
    assert written[-1].endswith(".done.json")


def test_the_summary_names_the_csv_that_was_uploaded(world: World) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))
    world.invoke(event)
    etag = event["Records"][0]["s3"]["object"]["eTag"]
    bucket = world.settings.input_bucket
    assert world.summary()["source"] == {"bucket": bucket, "key": KEY, "etag": etag}
    assert world.summary()["trigger"] == "s3-trigger"


@failure(
    Where.CSV,
    fault="S3 delivers the event of a dropped CSV twice",
    happens="It is one run: the second delivery finds the first one's receipts",
    sees="nothing",
    fix="nothing",
)
def test_the_same_event_delivered_twice_is_worked_on_once(world: World) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))
    world.invoke(event)
    summary = world.summary()
    world.covers.requests.clear()
    assert only_file(world.invoke(event))["status"] == "skipped"
    assert world.summary() == summary
    assert not world.covers.requests


@failure(
    Where.CSV,
    fault="Several CSVs are dropped within one second",
    happens="Each run takes a second of its own, the next that is free",
    sees="other timestamps in the keys than the moment of the upload",
    fix="nothing",
)
def test_two_csvs_of_one_second_do_not_share_the_keys_of_their_collages(world: World) -> None:
    first = world.upload("csv-files/a.csv", world.csv({"ana": 1}))
    second = world.upload("csv-files/b.csv", world.csv({"ana": 2}))
    answers = [only_file(world.invoke(event)) for event in (first, second)]
    assert [answer["run_timestamp"] for answer in answers] == [TIMESTAMP, "20261005_060709"]
    assert world.collages() == [
        "collages/2026/10/05/s3-trigger/ana_collage_20261005_060708.jpg",
        "collages/2026/10/05/s3-trigger/ana_collage_20261005_060709.jpg",
    ]


def test_a_csv_uploaded_at_midnight_leaves_the_second_to_the_scheduled_run(
    world: World,
) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))
    event["Records"][0]["eventTime"] = "2026-10-01T00:00:00.000Z"
    for _ in range(2):
        only_file(world.invoke(event))
    assert world.summary()["run_timestamp"] == "20261001_000100"
    midnight = RunTimestamp.parse("20261001_000000")
    claim_second(world.services.store, world.settings, midnight, run_id="monthly")


def test_a_run_that_died_before_its_manifest_keeps_the_second_it_had_claimed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))
    with monkeypatch.context() as patch:
        patch.setattr("collage_core.run.plan.to_document", None)
        with pytest.raises(TypeError):
            world.invoke(event)
    assert only_file(world.invoke(event))["run_timestamp"] == TIMESTAMP


def test_a_creator_without_a_usable_url_has_failed_here_as_in_a_run_of_airflow(
    world: World,
) -> None:
    text = world.csv({"ana": 1}) + "bo,nothing,\n"
    answer = only_file(world.invoke(world.upload(KEY, text)))
    assert answer["creators"] == {"total": 2, "complete": 1, "partial": 0, "failed": 1}


@failure(
    Where.CSV,
    fault="A worker dies after the last receipt, before the CSV is archived",
    happens="The event is delivered again, and the run is closed without any work",
    sees="the CSV is still in `csv-files/`",
    fix="nothing; without another delivery, housekeeping finishes the run",
)
def test_the_repeated_event_archives_after_a_worker_that_died_before_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))
    with monkeypatch.context() as patch:
        patch.setattr("collage_core.run.finish.write_statistics", None)
        with pytest.raises(TypeError):
            world.invoke(event)
    world.covers.requests.clear()
    assert only_file(world.invoke(event))["status"] == "complete"
    assert world.keys(world.settings.input_bucket) == [ARCHIVED, DONE]
    assert len(statistics(world)) == 2
    assert not world.covers.requests, "the chunk had its receipt"


@pytest.mark.thorough
def test_a_large_csv_is_split_and_the_last_worker_finishes_and_archives(world: World) -> None:
    world = with_settings(world, chunk_rows=600, default_rows=1, default_cols=1)
    text = world.csv({f"c{number:03d}": 5 for number in range(INLINE_ROWS // 5 + 1)})
    answer = only_file(world.invoke(world.upload(KEY, text)))
    assert (answer["status"], answer["chunks"]) == ("dispatched", 2)
    assert answer["rows"]["total"] == INLINE_ROWS + 5
    chunks = world.receive()
    assert all(json.loads(chunk["body"])["trigger"] == "s3-trigger" for chunk in chunks)
    for chunk in chunks:
        assert world.keys(world.settings.input_bucket) == [KEY]
        world.invoke(sqs_event(chunk))
    assert world.summary()["rows"]["total"] == INLINE_ROWS + 5
    assert world.keys(world.settings.input_bucket) == [ARCHIVED, DONE]


@pytest.mark.thorough
def test_a_repeated_event_sends_only_the_chunks_that_have_no_receipt(world: World) -> None:
    world = with_settings(world, chunk_rows=600, default_rows=1, default_cols=1)
    text = world.csv({f"c{number:03d}": 5 for number in range(INLINE_ROWS // 5 + 1)})
    event = world.upload(KEY, text)
    world.invoke(event)
    first, second = world.receive()
    world.invoke(sqs_event(first))
    world.invoke(event)
    assert [record["body"] for record in world.receive()] == [second["body"]]


def test_the_plan_of_a_run_holds_when_the_settings_change_before_it_is_finished(
    world: World,
) -> None:
    text = world.csv({f"c{number:03d}": 5 for number in range(INLINE_ROWS // 5 + 1)})
    event = world.upload(KEY, text)
    with_settings(world, chunk_rows=600).invoke(event)
    planned = world.receive()
    with_settings(world, chunk_rows=100).invoke(event)
    assert [record["body"] for record in world.receive()] == [record["body"] for record in planned]


def test_a_csv_of_a_dag_is_left_to_its_messages(world: World) -> None:
    answer = only_file(world.invoke(world.upload(KEY, world.csv({"ana": 1}), dispatch="sqs")))
    assert answer["status"] == "skipped"
    assert "dispatch=sqs" in answer["detail"]
    assert world.keys(world.settings.input_bucket) == [KEY]
    assert world.keys(world.settings.output_bucket) == []
    assert world.keys(world.settings.temp_bucket) == []


@pytest.mark.parametrize(
    "key",
    [
        ARCHIVED,
        "archived/failed/invalid_format_files/csv-files/x.csv",
        "elsewhere/x.csv",
        "csv-files/",
        "csv-files/2026/10/05/readme.txt",
    ],
)
def test_what_is_not_an_uploaded_csv_starts_nothing(world: World, key: str) -> None:
    answer = only_file(world.invoke(world.upload(key, world.csv({"ana": 1}))))
    assert answer["status"] == "skipped"
    assert world.keys(world.settings.input_bucket) == [key]
    assert world.keys(world.settings.temp_bucket) == []


def test_an_event_of_another_bucket_or_of_a_deletion_starts_nothing(world: World) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))
    event["Records"][0]["s3"]["bucket"]["name"] = "elsewhere"
    assert only_file(world.invoke(event))["status"] == "skipped"
    event = world.upload(KEY, world.csv({"ana": 1}))
    event["Records"][0]["eventName"] = "ObjectRemoved:Delete"
    assert only_file(world.invoke(event))["status"] == "skipped"


@pytest.mark.parametrize("moment", ["yesterday", "2026-10-05T06:07:08"])
def test_an_event_without_a_moment_in_time_is_refused_by_its_field(
    world: World, moment: str
) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))
    event["Records"][0]["eventTime"] = moment
    with pytest.raises(MessageError, match=f"eventTime is '{moment}': it must be ISO 8601"):
        world.invoke(event)


def test_an_upload_that_was_replaced_is_left_to_the_event_of_the_new_one(world: World) -> None:
    first = world.upload(KEY, world.csv({"ana": 1}))
    second = world.upload(KEY, world.csv({"bo": 1}))
    assert "replaced" in only_file(world.invoke(first))["detail"]
    assert only_file(world.invoke(second))["rows"]["placed"] == 1
    assert len(world.collages()) == 1


@failure(
    Where.CSV,
    fault="A dropped CSV is replaced by another one during its run",
    happens="The run ends with the old rows; the new file stays in place and is a run of its own",
    sees='the function\'s log: "Not archived: … was replaced during its run"',
    fix="nothing",
)
def test_an_upload_that_is_replaced_while_it_is_worked_on_is_not_archived_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))

    def replaced_before(run: Run[S3Store]) -> str | None:
        world.upload(KEY, world.csv({"bo": 1}))
        return archive(run)

    monkeypatch.setattr("collage_core.run.finish.archive", replaced_before)
    assert only_file(world.invoke(event))["status"] == "complete"
    assert world.keys(world.settings.input_bucket) == [KEY]


@pytest.mark.parametrize("key", [KEY, "csv-files/manual-uploads/fans.csv"])
def test_a_csv_that_cannot_be_used_is_put_aside_with_the_reason_beside_it(
    world: World, key: str
) -> None:
    event = world.upload(key, "creator_name,updated_at\nana,2026-10-01\n")
    answer = only_file(world.invoke(event))
    assert answer["status"] == "quarantined"
    bucket, aside = world.settings.input_bucket, keys.quarantined_csv(key, UPLOADED)
    assert answer["moved_to"] == aside
    assert world.keys(bucket) == [aside, keys.quarantine_reason(key, UPLOADED)]
    reason = world.document(bucket, keys.quarantine_reason(key, UPLOADED))
    assert reason["key"] == key
    assert "cover_url" in reason["reason"]
    assert world.keys(world.settings.output_bucket) == []
    assert only_file(world.invoke(event))["status"] == "skipped"


@failure(
    Where.CSV,
    fault="A broken CSV is dropped twice under one name",
    happens="Both are kept in the quarantine, by the second of their upload",
    sees="two files, each with its `.reason.json`",
    fix="fix the file and drop it again",
)
def test_a_second_broken_csv_of_the_same_name_is_put_beside_the_first(world: World) -> None:
    for moment in ("2026-10-05T06:07:08.123Z", "2026-10-12T06:07:08.123Z"):
        event = world.upload(KEY, "")
        event["Records"][0]["eventTime"] = moment
        world.invoke(event)
    assert len(world.keys(world.settings.input_bucket)) == 4


def test_a_quarantine_that_was_cut_short_is_completed_by_the_repeated_event(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = world.upload(KEY, "")
    with monkeypatch.context() as patch:
        patch.setattr("collage_core.run.quarantine.move", None)
        with pytest.raises(TypeError):
            world.invoke(event)
    assert only_file(world.invoke(event))["status"] == "quarantined"
    assert KEY not in world.keys(world.settings.input_bucket)


def test_a_csv_that_is_too_large_is_put_aside_without_being_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))
    event["Records"][0]["s3"]["object"]["size"] = MAX_CSV_BYTES + 1
    monkeypatch.setattr("collage_core.aws.s3_store.S3Store.get", None)
    answer = only_file(world.invoke(event))
    assert answer["status"] == "quarantined"
    assert "64" in answer["detail"]


@pytest.mark.parametrize(
    ("rows", "rejected", "status"), [("", 0, "empty"), ("ana,ftp://host/1.jpg,\n", 1, "failed")]
)
def test_a_csv_without_a_usable_row_is_a_run_with_a_summary(
    world: World, rows: str, rejected: int, status: str
) -> None:
    answer = only_file(world.invoke(world.upload(KEY, HEADER + rows)))
    assert answer["status"] == status
    assert answer["rows"]["rejected"] == rejected
    assert world.summary()["chunks"] == 0
    assert world.keys(world.settings.input_bucket) == [ARCHIVED, DONE]


def test_a_small_csv_that_runs_out_of_time_is_finished_by_the_next_worker(world: World) -> None:
    event = world.upload(KEY, world.csv({f"c{number}": 2 for number in range(9)}, path="slow"))
    answer = only_file(world.invoke(event, seconds=1))
    assert answer["status"] == "dispatched"
    assert world.keys(world.settings.output_bucket, "results/") == []
    assert world.keys(world.settings.input_bucket) == [KEY]
    (rest,) = world.receive()
    world.invoke(sqs_event(rest))
    assert world.summary()["rows"]["total"] == 18
    assert world.keys(world.settings.input_bucket) == [ARCHIVED, DONE]


def test_a_failed_request_to_s3_names_the_object_and_keeps_the_csv_in_place(
    world: World,
) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))
    world.s3.delete_bucket(Bucket=world.settings.temp_bucket)
    with pytest.raises(Exception, match=r"s3://tiktok-image-temp/processing/.*NoSuchBucket"):
        world.invoke(event)
    assert world.keys(world.settings.input_bucket) == [KEY]


@failure(
    Where.COVERS,
    fault="No host of the covers is allowed",
    happens="Every cover counts as `blocked_address`; nothing is requested",
    sees='"Every cover of run … ended as blocked_address"; the function\'s log names the hosts',
    fix="allow the hosts with `ALLOWED_SOURCE_HOSTS`, then start a new run",
)
def test_a_run_whose_covers_were_all_blocked_says_so_when_its_books_are_closed(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    text = HEADER + "ana,http://cdn.example/1.jpg?x-signature=SECRET,2026-10-01\n"
    world.invoke(world.upload(KEY, text))
    assert world.summary()["reasons"] == {"blocked_address": 1}
    chunk, run = (line for line in caplog.messages if line.startswith("Every cover of "))
    assert chunk.endswith("in ALLOWED_SOURCE_HOSTS: cdn.example")
    assert run.endswith("the function's log names the hosts, chunk by chunk, and what to do")
    assert "SECRET" not in caplog.text
