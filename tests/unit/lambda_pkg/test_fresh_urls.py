"""A CSV of fresh URLs remakes the creators that it names, from all their covers."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.verify import verify
from tests.support.failures import Where, failure
from tests.support.forget_world import forgotten
from tests.support.lambda_world import HEADER, TIMESTAMP, World, with_settings

DAY = "csv-files/2026/10/05"
FIRST = f"{DAY}/first.csv"
UPDATE = f"{DAY}/update_batch_002.csv"
LATER = "2026-10-05T07:00:00.000Z"
LIST = keys.refresh_list(RunTimestamp.parse(TIMESTAMP))


def url(world: World, creator: str, number: int, *, lives: bool) -> str:
    """A signed URL of TikTok's kind: signed again, it shows the same picture."""
    expires, signature = (4_000_000_000, "new") if lives else (1_000_000_000, "old")
    path = f"{world.covers.url}/ok/{creator}/{number}.jpg"
    return f"{path}?x-expires={expires}&x-signature={signature}"


def rows(world: World, *covers: tuple[str, int, bool], day: int = 1) -> str:
    return HEADER + "".join(
        f"{creator},{url(world, creator, number, lives=lives)},"
        f"2026-10-{day:02d} 00:00:{number:02d}\n"
        for creator, number, lives in covers
    )


def drop(world: World, key: str, text: str, *, at: str = LATER, **metadata: str) -> dict[str, Any]:
    event = world.upload(key, text, **metadata)
    event["Records"][0]["eventTime"] = at
    (entry,) = world.invoke(event)["files"]
    return entry  # type: ignore[no-any-return]


def first_run(world: World, key: str = FIRST) -> dict[str, Any]:
    """Ana has two covers whose URLs live and one whose URL is dead; Bo has one that lives."""
    text = rows(world, ("ana", 0, True), ("ana", 1, False), ("ana", 2, True), ("bo", 0, True))
    (entry,) = world.invoke(world.upload(key, text))["files"]
    assert (entry["rows"]["placed"], entry["reasons"]) == (3, {"expired_url": 1})
    return entry  # type: ignore[no-any-return]


def cells(world: World, creator: str, timestamp: str) -> list[str]:
    key = keys.metadata(creator, RunTimestamp.parse(timestamp))
    found = world.document(world.settings.output_bucket, key)["cells"]
    return [cell["url"].rpartition("/")[2] for cell in found]


def month(world: World) -> dict[str, Any]:
    key = keys.monthly_report(RunTimestamp.parse(TIMESTAMP))
    return world.document(world.settings.output_bucket, key)


def test_the_refresh_list_names_what_the_update_then_makes_whole(world: World) -> None:
    first = first_run(world)
    stored = world.services.store.get(world.settings.output_bucket, LIST)
    assert stored is not None
    _, line = stored.body.decode("utf-8-sig").splitlines()
    assert line.startswith("ana,")
    assert f",{world.covers.url}/ok/ana/1.jpg,expired_url,2026-10-01T00:00:01+00:00," in line
    assert line.endswith(f",{RunTimestamp.parse(TIMESTAMP).moment.isoformat()}")

    done = drop(world, UPDATE, rows(world, ("ana", 1, True), day=9))
    assert done["status"] == "complete"
    assert (done["rows"]["total"], done["rows"]["placed"]) == (3, 3)
    # The newest first, as in the first run: a fresh URL makes no cover newer.
    assert cells(world, "ana", done["run_timestamp"]) == ["2.jpg", "1.jpg", "0.jpg"]
    # Covers that the first run has fetched are kept.
    requests = {path.partition("?")[0]: count for path, count in world.covers.requests.items()}
    assert requests == {f"/ok/{name}.jpg": 1 for name in ("ana/0", "ana/1", "ana/2", "bo/0")}
    remade = [key for key in world.collages() if done["run_timestamp"] in key]
    assert [key.rpartition("/")[2].partition("_")[0] for key in remade] == ["ana"]
    # Each creator counts once.
    assert (month(world)["rows"]["total"], month(world)["rows"]["placed"]) == (4, 4)
    assert done["run_id"] != first["run_id"]


def test_the_days_that_lose_creators_to_an_update_are_counted_again(world: World) -> None:
    first_run(world)
    done = drop(world, UPDATE, rows(world, ("ana", 1, True)), at="2026-11-02T07:00:00.000Z")
    bucket, of_first = world.settings.output_bucket, RunTimestamp.parse(TIMESTAMP)
    day = world.document(bucket, keys.daily_stats(of_first))
    assert (day["rows"]["total"], month(world)["rows"]["total"]) == (1, 1)
    later = RunTimestamp.parse(done["run_timestamp"])
    assert world.document(bucket, keys.monthly_report(later))["rows"]["total"] == 3


def test_a_family_of_updates_that_was_not_told_is_told_as_verify_says(world: World) -> None:
    first = first_run(world)
    store, bucket = world.services.store, world.settings.output_bucket
    key = keys.processing_summary(RunTimestamp.parse(TIMESTAMP))
    before = store.get(bucket, key)
    assert before is not None
    drop(world, UPDATE, rows(world, ("ana", 1, True)))
    store.put(bucket, key, before.body, content_type="application/json")

    def fixes() -> list[str]:
        run = RecordedRun.find(store, world.settings, first["run_id"])
        found = verify(run, look=None)
        return [one.fix for one in found.everything if "superseded" in one.what]

    assert fixes() == ["upload its last update_batch_NNN.csv again, as the next one"]
    third = f"{DAY}/update_batch_003.csv"
    drop(world, third, rows(world, ("ana", 1, True)), at="2026-10-05T08:00:00.000Z")
    assert fixes() == []
    assert month(world)["rows"]["total"] == 4


def test_a_picture_that_the_run_did_not_have_is_added(world: World) -> None:
    first_run(world)
    done = drop(world, UPDATE, rows(world, ("ana", 7, True), day=2))
    assert (done["rows"]["placed"], done["reasons"]) == (3, {"expired_url": 1})
    assert cells(world, "ana", done["run_timestamp"]) == ["7.jpg", "2.jpg", "0.jpg"]


def test_a_creator_whom_the_run_did_not_have_is_made_of_the_fresh_rows(world: World) -> None:
    first_run(world)
    done = drop(world, UPDATE, rows(world, ("ana", 1, True), ("dee", 4, True)))
    assert cells(world, "dee", done["run_timestamp"]) == ["4.jpg"]
    assert (month(world)["creators"]["total"], month(world)["rows"]["placed"]) == (3, 5)


def test_rows_that_cannot_be_used_are_counted_as_in_any_csv(world: World) -> None:
    first_run(world)
    done = drop(world, UPDATE, rows(world, ("ana", 1, True)) + "ana,no url,2026-10-01\n")
    assert (done["rows"]["total"], done["rows"]["rejected"]) == (4, 1)


def test_it_looks_like_the_run_that_it_is_for(world: World) -> None:
    first_run(world)
    wider = with_settings(world, default_rows=1, default_cols=1)
    done = drop(wider, UPDATE, rows(world, ("ana", 1, True)))
    assert done["rows"]["placed"] == 3


def expire(world: World, *run_ids: str) -> None:
    """As the lifecycle of the temp bucket does, but for packs."""
    store, bucket = world.services.store, world.settings.temp_bucket
    for run_id in run_ids:
        store.delete_keys(bucket, list(store.list_keys(bucket, keys.run_folder(run_id))))


def test_a_later_update_keeps_what_earlier_ones_have_added_and_refreshed(world: World) -> None:
    first_run(world)
    second = drop(world, UPDATE, rows(world, ("ana", 7, True), ("dee", 4, True), day=2))
    third = drop(
        world,
        f"{DAY}/update_batch_003.csv",
        rows(world, ("ana", 1, True), ("dee", 5, True), ("bo", 3, True)),
        at="2026-10-05T08:00:00.000Z",
    )
    assert cells(world, "ana", third["run_timestamp"]) == ["7.jpg", "2.jpg", "1.jpg", "0.jpg"]
    assert cells(world, "bo", third["run_timestamp"]) == ["3.jpg", "0.jpg"]
    # Whom only an update has added.
    assert cells(world, "dee", third["run_timestamp"]) == ["4.jpg", "5.jpg"]
    assert (month(world)["rows"]["total"], month(world)["rows"]["placed"]) == (8, 8)
    # Nothing is needed of the rows that the update before was made of: they expire.
    expire(world, second["run_id"], third["run_id"])
    world.covers.requests.clear()
    fourth = drop(
        world,
        f"{DAY}/update_batch_004.csv",
        rows(world, ("ana", 9, True), day=3),
        at="2026-10-12T08:00:00.000Z",
    )
    found = cells(world, "ana", fourth["run_timestamp"])
    assert found == ["9.jpg", "7.jpg", "2.jpg", "1.jpg"]  # more than the grid has room for
    assert (fourth["rows"]["total"], fourth["rows"]["not_selected"]) == (5, 1)
    assert [path.partition("?")[0] for path in world.covers.requests] == ["/ok/ana/9.jpg"]


def test_an_update_leaves_out_creators_who_were_forgotten_since(world: World) -> None:
    first_run(world)
    drop(world, UPDATE, rows(world, ("ana", 1, True), ("dee", 4, True)))
    for name in ("ana", "dee"):
        forgotten(world.services.store, name, at=datetime(2026, 10, 6, tzinfo=UTC))
    world.covers.requests.clear()
    done = drop(
        world,
        f"{DAY}/update_batch_003.csv",
        rows(world, ("ana", 1, True), ("dee", 5, True), ("dee", 6, True), ("bo", 3, True)),
        at="2026-10-07T08:00:00.000Z",
    )
    assert (done["status"], done["rows"]["total"]) == ("complete", 2)
    assert done["selection"] == {"creators": [], "rows_left_out": 3, "forgotten": 2}
    assert not [path for path in world.covers.requests if "/bo/" not in path]
    assert {key.rpartition("/")[2].partition("_")[0] for key in world.collages()} == {"bo"}


@failure(
    Where.CSV,
    fault="A CSV of fresh URLs has only creators who were forgotten after its run",
    happens="It is quarantined; nothing is made of it",
    sees="`all of its … creators were forgotten after run …` in `….reason.json`",
    fix="delete it; if they are to be made again, upload it under a name without `update_batch`",
)
def test_an_update_of_forgotten_creators_alone_is_refused(world: World) -> None:
    first = first_run(world)
    forgotten(world.services.store, "ana", at=datetime(2026, 10, 6, tzinfo=UTC))
    text = rows(world, ("ana", 1, True))
    entry = drop(world, UPDATE, text, at="2026-10-07T08:00:00.000Z")
    assert entry["status"] == "quarantined"
    assert f"all of its 1 creators were forgotten after run {first['run_id']}" in entry["detail"]
    done = drop(world, f"{DAY}/ana.csv", text, at="2026-10-07T09:00:00.000Z")
    assert (done["status"], done["rows"]["total"]) == ("complete", 1)


@failure(
    Where.CSV,
    fault="A CSV of fresh URLs comes when that of an earlier update of the run was deleted",
    happens="It is quarantined: the pictures that the earlier one has added would be lost",
    sees="`the fresh URLs of run … are neither at … nor at …` in `….reason.json`",
    fix="put the earlier CSV back where that line says, and upload the new one again",
)
def test_an_update_whose_predecessor_is_gone_is_refused_and_then_made(world: World) -> None:
    first_run(world)
    second = drop(world, UPDATE, text := rows(world, ("ana", 7, True), day=2))
    archived = f"archived/2026/processed_files/10/05/update_batch_002_{second['run_timestamp']}.csv"
    world.s3.delete_object(Bucket=world.settings.input_bucket, Key=archived)
    third, fresh = f"{DAY}/update_batch_003.csv", rows(world, ("ana", 1, True))
    entry = drop(world, third, fresh, at="2026-10-05T08:00:00.000Z")
    assert entry["status"] == "quarantined"
    assert entry["detail"].endswith(f"would be lost: put the CSV back at {archived}, byte for byte")
    world.put(world.settings.input_bucket, archived, text)
    done = drop(world, third, fresh, at="2026-10-05T09:00:00.000Z")
    assert cells(world, "ana", done["run_timestamp"]) == ["7.jpg", "2.jpg", "1.jpg", "0.jpg"]


@pytest.mark.parametrize("is_named", [False, True])
def test_the_list_of_an_update_leads_to_the_first_run_too(world: World, *, is_named: bool) -> None:
    first = first_run(world)
    dead = rows(world, ("ana", 1, False), ("dee", 4, False))
    again = drop(world, UPDATE, dead, at="2026-10-07T07:00:00.000Z")
    timestamp = RunTimestamp.parse(again["run_timestamp"])
    key = keys.refresh_list(timestamp)
    listed = world.services.store.head(world.settings.output_bucket, key)
    assert listed is not None
    stored = world.services.store.get(world.settings.output_bucket, key)
    assert stored is not None
    seen = [line.rpartition(",")[2] for line in stored.body.decode().splitlines()[1:]]
    # Of ana's cover the first run has said it, two days before this one said it of dee's.
    assert seen == ["2026-10-05T06:07:08+00:00", "2026-10-07T07:00:00+00:00"]
    assert listed.metadata == {"run": again["run_id"]}
    # Into the folder of the day that is in the name of that list.
    done = drop(
        world,
        f"csv-files/{timestamp.day_path}/update_batch_002.csv",
        rows(world, ("ana", 1, True), ("dee", 4, True)),
        at="2026-10-08T07:00:00.000Z",
        **({"parent": again["run_id"]} if is_named else {}),
    )
    assert (done["status"], done["rows"]["placed"]) == ("complete", 4)
    assert cells(world, "ana", done["run_timestamp"]) == ["2.jpg", "1.jpg", "0.jpg"]
    key = keys.processing_summary(RunTimestamp.parse(done["run_timestamp"]))
    summary = world.document(world.settings.output_bucket, key)
    assert (summary["parent"], month(world)["rows"]["total"]) == (first["run_id"], 5)


def test_a_list_that_has_only_what_an_update_has_added_leads_somewhere(world: World) -> None:
    first_run(world)
    both = rows(world, ("ana", 1, True), ("dee", 4, False))
    again = drop(world, UPDATE, both, at="2026-10-07T07:00:00.000Z")
    day_path = RunTimestamp.parse(again["run_timestamp"]).day_path
    key = f"csv-files/{day_path}/update_batch_002.csv"
    done = drop(world, key, rows(world, ("dee", 4, True)), at="2026-10-08T07:00:00.000Z")
    assert (done["status"], done["rows"]["placed"]) == ("complete", 1)


@failure(
    Where.CSV,
    fault="A CSV of fresh URLs has almost the right name, such as `update-batch-2.csv`",
    happens="It is quarantined; nothing is made of its rows alone",
    sees="`… is named almost like a CSV with fresh URLs` in `….reason.json`, with the right key",
    fix="upload it as that line says",
)
@pytest.mark.parametrize(
    "key",
    [
        f"{DAY}/update_batch_2.csv",
        f"{DAY}/update-batch-002.csv",
        f"{DAY}/Update Batch 0002 (1).CSV",
        "csv-files/2026-10-5/update_batch_002.csv",
        f"{DAY}/fresh/update_batch_002.csv",
    ],
)
def test_a_name_that_is_almost_right_is_refused_with_the_right_one(world: World, key: str) -> None:
    first_run(world)
    text = rows(world, ("ana", 1, True))
    entry = drop(world, key, text)
    assert entry["status"] == "quarantined"
    assert entry["detail"].startswith(f"{key} is named almost like a CSV with fresh URLs for a run")
    (right,) = re.findall(r"upload it as (\S+);", entry["detail"])
    done = drop(world, right, text, at="2026-10-05T09:00:00.000Z")
    assert (done["status"], done["rows"]["placed"]) == ("complete", 3)


def test_a_name_that_only_looks_like_that_of_an_update_can_be_changed(world: World) -> None:
    first_run(world)
    text = rows(world, ("ana", 1, True))
    entry = drop(world, f"{DAY}/update_batch_best.csv", text)
    assert "upload it under a name without 'update_batch'" in entry["detail"]
    done = drop(world, f"{DAY}/best.csv", text, at="2026-10-05T09:00:00.000Z")
    assert done["rows"]["total"] == 1


@pytest.mark.parametrize("name", ["update_batch_001.csv", "fresh.csv"])
def test_another_name_is_a_run_of_its_own_rows(world: World, name: str) -> None:
    first_run(world)
    done = drop(world, f"{DAY}/{name}", rows(world, ("ana", 1, True)))
    assert done["rows"]["total"] == 1


@failure(
    Where.CSV,
    fault="A CSV of fresh URLs is in the folder of a day that has no run with its creators",
    happens="It is quarantined; nothing is made of its rows alone",
    sees="`no run of the day … has any of its … creators` in `….reason.json`",
    fix="upload it into the folder of the day that is in the name of the refresh list",
)
@pytest.mark.parametrize(
    ("key", "creator", "line"),
    [
        (UPDATE, "cy", "no run of the day 20261005 has any of its 1 creators: put it into the "),
        ("csv-files/2026/10/06/update_batch_002.csv", "ana", "no run of the day 20261006 has any"),
        ("csv-files/2026/13/41/update_batch_002.csv", "ana", "20261341_000000"),
    ],
)
def test_an_update_for_no_run_is_refused(world: World, key: str, creator: str, line: str) -> None:
    first_run(world)
    entry = drop(world, key, rows(world, (creator, 1, True)))
    assert entry["status"] == "quarantined"
    assert line in entry["detail"]
    assert "\n" not in entry["detail"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER, "none of its 0 rows can be used"),
        (f"{HEADER}ana,no url,\n", "none of its 1 rows can be used: line 2 is invalid_url"),
    ],
)
def test_an_update_without_a_usable_row_is_refused_for_that(
    world: World, text: str, said: str
) -> None:
    first_run(world)
    entry = drop(world, UPDATE, text)
    assert entry["status"] == "quarantined"
    assert entry["detail"] == said


@failure(
    Where.CSV,
    fault="A CSV of fresh URLs is for a day with several runs that have its creators",
    happens="It is quarantined, because only one of them can be meant",
    sees="`runs … of the day … have creators of it` in `….reason.json`",
    fix="upload it again with the object metadata `parent`, the `run_id` of the one that is meant",
)
def test_of_two_runs_the_metadata_says_which_one_is_meant(world: World) -> None:
    first = first_run(world)
    drop(world, f"{DAY}/second.csv", rows(world, ("ana", 5, True), day=3))
    entry = drop(world, UPDATE, rows(world, ("ana", 1, True)), at="2026-10-05T09:00:00.000Z")
    assert entry["status"] == "quarantined"
    assert "upload it again with the object metadata parent=s3-" in entry["detail"]
    assert first["run_id"] in entry["detail"]
    done = drop(
        world,
        UPDATE,
        rows(world, ("ana", 1, True)),
        at="2026-10-05T10:00:00.000Z",
        parent=first["run_id"],
    )
    assert cells(world, "ana", done["run_timestamp"]) == ["2.jpg", "1.jpg", "0.jpg"]
    other = drop(
        world,
        f"{DAY}/update_batch_004.csv",
        rows(world, ("ana", 1, True)),
        at="2026-10-05T11:00:00.000Z",
        parent="another",
    )
    assert "run another of the day 20261005 has none of its 1 creators" in other["detail"]


@failure(
    Where.CSV,
    fault="A CSV of fresh URLs comes when the rows of its run are gone",
    happens="It is quarantined: rows of a run of a dropped CSV expire after 7 days",
    sees="`the rows of run … have expired with …` in `….reason.json`",
    fix="upload the archived CSV of that run again, with the fresh URLs in it",
)
def test_an_update_whose_run_has_lost_its_rows_says_so(world: World) -> None:
    first = first_run(world)
    ordered = keys.ordered_csv(first["run_id"])
    world.s3.delete_object(Bucket=world.settings.temp_bucket, Key=ordered)
    entry = drop(world, UPDATE, rows(world, ("ana", 1, True)))
    assert entry["status"] == "quarantined"
    assert f"the rows of run {first['run_id']} have expired with {ordered}" in entry["detail"]
