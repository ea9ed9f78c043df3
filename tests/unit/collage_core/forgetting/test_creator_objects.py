"""All objects of one creator are found, and none of another."""

import pytest

from collage_core.aws.s3_store import S3Store
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.forgetting.creator_objects import objects_of
from collage_core.layout import keys
from collage_core.storage.object_store import ObjectStore
from tests.support.forget_world import SETTINGS, put, put_objects
from tests.support.memory_store import MemoryStore
from tests.support.strategies import HOSTILE_NAMES

TS = RunTimestamp.parse("20261001_000000")
OUT = SETTINGS.output_bucket
OTHERS = ["ana_b", "ana_thumb_c", "an", "Ana", "ana.b", "zoe", "anaa"]


def found(store: ObjectStore, creator: str) -> list[str]:
    return sorted(item.key for item in objects_of(store, OUT, creator).objects)


def test_those_of_all_dates_folders_and_formats_are_found_and_no_others(store: S3Store) -> None:
    expected = []
    for day in ("20251231_000000", "20261001_000000", "20261001_000001", "20261115_120000"):
        expected += put_objects(store, "ana", day=day)
        for other in OTHERS:
            put_objects(store, other, day=day)
    more = [
        keys.collage("ana", TS, Trigger.S3, suffix="webp"),
        keys.collage("ana", TS, Trigger.SQS, "zz/deep", suffix="png"),
        keys.collage("ana", TS, Trigger.SQS, "aa"),
        keys.collage("ana", TS, Trigger.MANUAL, "trial"),
        keys.collage("ana", TS, Trigger.MANUAL),
        f"{keys.by_creator('ana')}a_file_of_somebody.txt",
    ]
    for key in more:
        put(store, key)
    for key in (keys.claim(TS), keys.processing_log(TS), keys.processing_summary(TS), "README"):
        put(store, key)
    assert found(store, "ana") == sorted([*expected, *more])


def test_marks_of_folders_and_stray_files_hide_nothing(store: S3Store) -> None:
    expected = put_objects(store, "ana")
    for root in (keys.THUMBNAILS, keys.METADATA):
        for mark in ("", "2026/", "2026/.stray", "2026/10/", "2026/10/01/", "2026/10/01.txt"):
            put(store, f"{root}{mark}")
    assert found(store, "ana") == expected


def test_the_kinds_are_counted_and_the_metadata_comes_last(store: S3Store) -> None:
    put_objects(store, "ana")
    objects = objects_of(store, OUT, "ana").objects
    kinds = [item.kind for item in objects]
    assert kinds == ["collage", "by_creator", "thumbnail", "metadata"]
    assert {item.bytes for item in objects} == {10}


@pytest.mark.parametrize("creator", [*HOSTILE_NAMES, "long " * 60, "long " * 60 + "er"])
def test_a_name_of_any_kind_is_found_beside_all_others(creator: str) -> None:
    store, expected = MemoryStore(), []
    for name in {*HOSTILE_NAMES, "long " * 60, "long " * 60 + "er"}:
        written = [
            keys.collage(name, TS, Trigger.SQS),
            keys.thumbnail(name, TS),
            keys.metadata(name, TS),
        ]
        for key in written:
            store.put(OUT, key, b"x", content_type="x/y")
        if name == creator:
            expected = written
    assert found(store, creator) == sorted(expected)


def test_names_that_differ_by_what_people_do_not_see_are_said(store: S3Store) -> None:
    for name in ("Ana", "aná", "ana ", "anna", "ben"):
        put_objects(store, name)
    assert objects_of(store, OUT, "ana").alike == sorted(["Ana", "aná", "ana "])


def test_an_empty_bucket_has_nothing(store: S3Store) -> None:
    looked = objects_of(store, OUT, "ana")
    assert (looked.objects, looked.alike) == ([], [])


def test_a_day_takes_two_requests_however_many_creators_it_has(store: S3Store) -> None:
    for number in range(1500):
        put(store, keys.thumbnail(f"c{number}", TS))
    next_day = keys.thumbnail("ana", TS.later(24 * 3600))
    put(store, next_day)
    asked = []
    store.client.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: asked.append(params["Prefix"])
    )
    assert found(store, "ana") == [next_day]
    days = [prefix for prefix in asked if prefix.startswith("thumbnails/2026")]
    assert days == ["thumbnails/2026/10/01/ana_", "thumbnails/2026/10/02/ana_"]
    assert asked.count("thumbnails/") == 3
