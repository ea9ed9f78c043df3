"""The books name exactly the objects that are in the bucket: each missing, other or extra one."""

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.errors import BooksError, MessageError
from collage_core.layout import keys
from collage_core.layout.creator_objects import OBJECT_KINDS, ObjectKind, RunObjects
from collage_core.run.bucket_check import BucketCheck, check_bucket
from tests.support.bucket_objects import CountingStore, write_objects
from tests.support.strategies import HOSTILE_NAMES, names

BUCKET = "out"
TS = RunTimestamp.parse("20261001_000000")
OTHERS = [RunTimestamp.parse(text) for text in ("20260901_000000", "20261001_000001")]
SCHEDULED = RunObjects(timestamp=TS, trigger=Trigger.SQS)
MANUAL = RunObjects(timestamp=TS, trigger=Trigger.MANUAL, prefix="spring", suffix="png")
RECORD_ONLY: Sequence[ObjectKind] = ("metadata",)

places_of_runs = st.sampled_from([SCHEDULED, MANUAL])


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


def checked(
    store: CountingStore, places: RunObjects, results: Sequence[CreatorResult]
) -> BucketCheck:
    return check_bucket(store, BUCKET, places, results)


def is_whole(check: BucketCheck) -> bool:
    return not check.wrong and not check.extras


@pytest.mark.parametrize("places", [SCHEDULED, MANUAL])
def test_objects_of_hostile_names_are_found_beside_those_of_other_runs(
    store: CountingStore, places: RunObjects
) -> None:
    results = [write_objects(store, BUCKET, places, name) for name in HOSTILE_NAMES]
    results.append(write_objects(store, BUCKET, places, "nobody", RECORD_ONLY))
    for other, name in product(OTHERS, [*HOSTILE_NAMES, "someone else"]):
        write_objects(store, BUCKET, RunObjects(timestamp=other, trigger=places.trigger), name)
    store.put(BUCKET, keys.claim(TS), b"monthly-1", content_type="text/plain")
    store.put(BUCKET, keys.processing_log(TS), b"{}", content_type="x/y")
    check = checked(store, places, results[::-1])
    assert is_whole(check)
    assert check.compared == len(HOSTILE_NAMES) * len(OBJECT_KINDS) + 1


@pytest.mark.parametrize(("places", "kind"), list(product([SCHEDULED, MANUAL], OBJECT_KINDS)))
def test_an_object_that_is_gone_or_another_is_named(
    store: CountingStore, places: RunObjects, kind: ObjectKind
) -> None:
    results = [write_objects(store, BUCKET, places, name) for name in ("ana", "ben", "Cleo")]
    gone, other = places.key(kind, "ana"), places.key(kind, "Cleo")
    store.delete_keys(BUCKET, [gone])
    store.put(BUCKET, other, b"of another plan", content_type="x/y")
    check = checked(store, places, results)
    assert not check.extras
    assert {(one.kind, one.creator, one.key, one.found is None) for one in check.wrong} == {
        (kind, "ana", gone, True),
        (kind, "Cleo", other, False),
    }
    assert {one.named for one in check.wrong} == {
        results[0].known_objects[kind],
        results[2].known_objects[kind],
    }


def test_an_object_with_the_etag_but_not_the_size_is_wrong(store: CountingStore) -> None:
    result = write_objects(store, BUCKET, SCHEDULED, "ana")
    thumbnail = result.known_objects["thumbnail"]
    longer = replace(thumbnail, bytes=thumbnail.bytes + 1)
    named = replace(result, objects={**result.known_objects, "thumbnail": longer})
    assert [one.kind for one in checked(store, SCHEDULED, [named]).wrong] == ["thumbnail"]


@pytest.mark.parametrize("places", [SCHEDULED, MANUAL])
def test_all_objects_of_a_creator_whom_the_books_do_not_name_are_extra(
    store: CountingStore, places: RunObjects
) -> None:
    results = [write_objects(store, BUCKET, places, "ana")]
    for long in ("zoë", "x" * 400):
        write_objects(store, BUCKET, places, long)
        extras = {(kind, places.key(kind, long)) for kind in OBJECT_KINDS}
        assert extras <= {(one.kind, one.key) for one in checked(store, places, results).extras}
    assert len(checked(store, places, results).extras) == 2 * len(OBJECT_KINDS)


@pytest.mark.parametrize("places", [SCHEDULED, MANUAL])
def test_pictures_of_a_creator_without_a_collage_are_extra(
    store: CountingStore, places: RunObjects
) -> None:
    results = [
        write_objects(store, BUCKET, places, "ana"),
        write_objects(store, BUCKET, places, "ben", RECORD_ONLY),
    ]
    write_objects(store, BUCKET, places, "ben", ["collage", "by_creator"])
    assert [(one.kind, one.key) for one in checked(store, places, results).extras] == [
        ("collage", places.key("collage", "ben")),
        ("by_creator", places.key("by_creator", "ben")),
    ]


@pytest.mark.parametrize("places", [SCHEDULED, MANUAL])
def test_the_same_collage_in_another_format_is_extra(
    store: CountingStore, places: RunObjects
) -> None:
    results = [write_objects(store, BUCKET, places, name) for name in ("ana", "ben")]
    webp = RunObjects(timestamp=TS, trigger=places.trigger, prefix=places.prefix, suffix="webp")
    write_objects(store, BUCKET, webp, "ana", ["collage", "by_creator"])
    assert [one.key for one in checked(store, places, results).extras] == [
        webp.key("collage", "ana"),
        webp.key("by_creator", "ana"),
    ]


def test_nothing_is_said_of_creators_whose_objects_an_older_release_did_not_record(
    store: CountingStore,
) -> None:
    older = replace(write_objects(store, BUCKET, SCHEDULED, "ana"), objects=UNSET)
    newer = write_objects(store, BUCKET, SCHEDULED, "ben")
    check = checked(store, SCHEDULED, [older, newer])
    assert is_whole(check)
    assert (check.unknown, check.compared) == (1, len(OBJECT_KINDS))


def test_a_creator_who_comes_twice_is_refused(store: CountingStore) -> None:
    result = write_objects(store, BUCKET, SCHEDULED, "ana")
    with pytest.raises(BooksError, match="'ana' is in the books twice"):
        checked(store, SCHEDULED, [result, result])


def test_a_kind_of_object_of_a_newer_release_is_refused(store: CountingStore) -> None:
    result = write_objects(store, BUCKET, SCHEDULED, "ana")
    stranger = replace(result, objects={"film": result.known_objects["collage"]})
    with pytest.raises(MessageError, match="'ana' has an object of the kind 'film'"):
        checked(store, SCHEDULED, [stranger])


damages = st.sampled_from(["nothing", "missing", "other", "unnamed"])


@given(
    places=places_of_runs,
    fates=st.dictionaries(names, st.tuples(*[damages] * len(OBJECT_KINDS)), max_size=12),
    neighbours=st.lists(st.tuples(names, st.sampled_from(OTHERS)), max_size=12),
)
def test_exactly_what_was_done_to_the_bucket_is_reported(
    places: RunObjects,
    fates: dict[str, tuple[str, ...]],
    neighbours: list[tuple[str, RunTimestamp]],
) -> None:
    store = CountingStore()
    results = [write_objects(store, BUCKET, places, "always there")]
    wrong, extras = set(), set()
    for name, timestamp in neighbours:
        write_objects(store, BUCKET, RunObjects(timestamp=timestamp, trigger=places.trigger), name)
    for name, of_kinds in fates.items():
        result = write_objects(store, BUCKET, places, name)
        named = dict(result.known_objects)
        for kind, damage in zip(OBJECT_KINDS, of_kinds, strict=True):
            key = places.key(kind, name)
            match damage:
                case "missing":
                    store.delete_keys(BUCKET, [key])
                    wrong.add((key, False))
                case "other":
                    store.put(BUCKET, key, b"of another plan", content_type="x/y")
                    wrong.add((key, True))
                case "unnamed":
                    del named[kind]
                    extras.add((kind, key))
        results.append(replace(result, objects=named))
    check = checked(store, places, results)
    assert {(one.key, one.found is not None) for one in check.wrong} == wrong
    assert {(one.kind, one.key) for one in check.extras} == extras
    assert (len(check.wrong), len(check.extras)) == (len(wrong), len(extras))


def test_a_day_is_listed_a_thousand_objects_at_a_time(store: CountingStore) -> None:
    results = [write_objects(store, BUCKET, SCHEDULED, f"c{number}") for number in range(2500)]
    assert is_whole(checked(store, SCHEDULED, results))
    assert len(store.lists) == 3 * len(OBJECT_KINDS)


def test_few_creators_among_the_copies_of_years_are_looked_up_one_by_one(
    store: CountingStore,
) -> None:
    for number in range(9000):
        write_objects(
            store,
            BUCKET,
            RunObjects(timestamp=OTHERS[0], trigger=Trigger.SQS),
            f"c{number:05d}",
            ["by_creator"],
        )
    results = [
        write_objects(store, BUCKET, SCHEDULED, f"c{number:05d}") for number in (17, 4000, 8999)
    ]
    assert is_whole(checked(store, SCHEDULED, results))
    assert store.lists.count(keys.BY_CREATOR) == 1
    assert store.heads == [SCHEDULED.key("by_creator", name) for name in ("c04000", "c08999")]
    store.delete_keys(BUCKET, store.heads[:1])
    assert [one.creator for one in checked(store, SCHEDULED, results).wrong] == ["c04000"]


@pytest.mark.parametrize("places", [SCHEDULED, MANUAL])
def test_few_creators_of_a_run_that_was_planned_once_are_found_in_a_crowded_day(
    store: CountingStore, places: RunObjects
) -> None:
    others = RunObjects(timestamp=OTHERS[1], trigger=places.trigger, prefix=places.prefix)
    for number in range(3000):
        write_objects(store, BUCKET, others, f"c{number:05d}")
    names = ("c00017", "c01500", "new")
    results = [write_objects(store, BUCKET, places, name) for name in names]
    webp = RunObjects(
        timestamp=TS, trigger=places.trigger, prefix=places.prefix, suffix="webp"
    ).key("collage", "c00017")
    store.put(BUCKET, webp, b"", content_type="x/y")
    lost = places.key("thumbnail", "new")
    store.delete_keys(BUCKET, [lost])
    store.lists.clear()
    check = check_bucket(store, BUCKET, places, results, planned_once=True)
    assert [one.key for one in check.wrong] == [lost]
    assert [one.key for one in check.extras] == [webp]
    assert len(store.lists) <= len(names) * len(OBJECT_KINDS)


@pytest.mark.parametrize("planned_once", [False, True])
@pytest.mark.parametrize("places", [SCHEDULED, MANUAL])
def test_a_collage_is_extra_even_if_no_creator_of_the_run_has_one(
    store: CountingStore, places: RunObjects, planned_once: bool
) -> None:
    results = [write_objects(store, BUCKET, places, name, RECORD_ONLY) for name in ("ana", "ben")]
    write_objects(store, BUCKET, places, "ben", ["collage", "by_creator"])
    check = check_bucket(store, BUCKET, places, results, planned_once=planned_once)
    assert [one.kind for one in check.extras] == ["collage", "by_creator"]


def test_a_copy_alone_is_extra_even_if_no_creator_of_the_run_has_a_collage(
    store: CountingStore,
) -> None:
    results = [write_objects(store, BUCKET, SCHEDULED, "ana", RECORD_ONLY)]
    write_objects(store, BUCKET, SCHEDULED, "ana", ["by_creator"])
    (extra,) = check_bucket(store, BUCKET, SCHEDULED, results).extras
    assert extra.key == SCHEDULED.key("by_creator", "ana")


@given(
    wanted=st.sets(st.integers(0, 9999), min_size=1, max_size=40),
    crowd=st.integers(0, 3000),
)
def test_folders_of_all_days_take_no_more_requests_than_they_have_pages_or_the_run_creators(
    wanted: set[int], crowd: int
) -> None:
    store = CountingStore()
    for number in range(crowd):
        store.put(
            BUCKET,
            keys.collage(f"c{number * 7 % 10_000:04d}", OTHERS[0], Trigger.MANUAL),
            b"",
            content_type="x/y",
        )
    places = RunObjects(timestamp=TS, trigger=Trigger.MANUAL)
    results = [write_objects(store, BUCKET, places, f"c{number:04d}") for number in wanted]
    assert is_whole(checked(store, places, results))
    for folder in (places.folder("collage"), keys.BY_CREATOR):
        # A page that is full to the brim is followed by one that says that there is no more.
        lists = store.lists.count(folder)
        assert lists <= min(store.pages(BUCKET, folder) + 1, len(wanted))
        looked_up = sum(key.startswith(folder) for key in store.heads)
        assert lists + looked_up <= len(wanted)
        assert lists + looked_up / 12 <= store.pages(BUCKET, folder) + 1
