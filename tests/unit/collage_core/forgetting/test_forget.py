"""Everything of one creator is gone, and nothing else, also after an interruption."""

import json
from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.contract.books import Books, RowCounts
from collage_core.contract.forgotten import DeletedCovers, DeletedObjects, Forgotten
from collage_core.contract.pack import PackIndex
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.errors import MessageError, RaceError
from collage_core.forgetting import forget as module
from collage_core.forgetting.forget import forget, look_for
from collage_core.forgetting.kept_covers import kept_covers_of
from collage_core.housekeeping.findings import Kind
from collage_core.housekeeping.merged_days import merge_days
from collage_core.layout import keys
from collage_core.layout.creator_names import encode_creator
from collage_core.packs.day_index import packs_of_last_days
from collage_core.packs.description import pack_of
from collage_core.packs.members import member_stem
from collage_core.packs.reader import PackReader
from collage_core.report.index_page import index_page
from collage_core.report.tile import Tile
from collage_core.storage.documents import read_document
from tests.support import runs
from tests.support.aws_commands import follow
from tests.support.failures import Where, failure
from tests.support.forget_world import (
    DAY,
    MOMENT,
    SETTINGS,
    Packs,
    all_keys,
    body_of,
    covers_in_packs,
    forgotten,
    put,
    put_objects,
    url_of,
)

OUT, TEMP = SETTINGS.output_bucket, SETTINGS.temp_bucket
LONG = "längst " * 60


def members(names: str) -> dict[str, bytes]:
    return {f"{member_stem(name, url_of(name))}.jpg": body_of(name) for name in names.split()}


def index_at(store: S3Store, key: str) -> PackIndex:
    index = read_document(store, TEMP, key, PackIndex)
    assert index is not None
    return index


def is_as_it_says(store: S3Store, key: str) -> bool:
    """Whether an index names the packs as they are."""
    said = index_at(store, key).packs
    heads = {pack.key: store.head(TEMP, pack.key) for pack in said}
    return all((head := heads[pack.key]) and pack_of(pack.key, head) == pack for pack in said)


def test_the_objects_of_the_creator_are_deleted_and_counted(store: S3Store) -> None:
    put_objects(store, "ana")
    put_objects(store, "ana", day="20261101_000000")
    left = put_objects(store, "ben")
    receipt = forgotten(store, "ana")
    assert all_keys(store) == left
    two = DeletedObjects(objects=2, bytes=20)
    assert receipt.objects == dict.fromkeys(("collage", "by_creator", "thumbnail", "metadata"), two)
    assert receipt.kept_covers == DeletedCovers(covers=0, bytes=0, rewritten=0, deleted=0)
    assert receipt.ended == receipt.began


def put_report(
    store: S3Store, *creators: str, run_id: str = "", day: str = "20261001_000000"
) -> str:
    timestamp = RunTimestamp.parse(day)
    results = [
        CreatorResult(
            name,
            Outcome.COMPLETE,
            RowCounts(1, placed=1),
            keys.collage(name, timestamp, Trigger.SQS),
            {},
        )
        for name in creators
    ]
    tiles = [Tile(name, "data:image/jpeg;base64,AAAA", "../x") for name in creators]
    summary = runs.summary("r", day, Books(rows=RowCounts(9, placed=9)))
    key = keys.report(timestamp, run_id or None)
    page = index_page(summary, results, tiles=tiles)
    store.put(OUT, key, page, content_type="text/html; charset=utf-8", metadata={"run": "r"})
    return key


def body_at(store: S3Store, key: str) -> bytes:
    found = store.get(OUT, key)
    assert found is not None
    return found.body


def test_reports_of_the_creators_runs_are_as_if_the_creator_had_not_been_in_them(
    store: S3Store,
) -> None:
    for name in ("ana", "ben"):
        put_objects(store, name)
    put_objects(store, "ben", day="20261101_000000")
    report = put_report(store, "ana", "ben")
    of_another = put_report(store, "ben", run_id="other")
    elsewhere = put_report(store, "ana b", "ben", day="20261101_000000")
    before = [body_at(store, key) for key in (of_another, elsewhere)]
    receipt = forgotten(store, "ana")
    assert receipt.reports == 2  # both of that second are looked at
    left = body_at(store, report)
    head = store.head(OUT, report)
    assert head
    assert head.metadata == {"run": "r"}
    put_report(store, "ben")
    assert body_at(store, report) == left
    assert [body_at(store, key) for key in (of_another, elsewhere)] == before
    assert forgotten(store, "ben").reports == 3


def test_a_report_that_somebody_has_replaced_is_deleted(store: S3Store) -> None:
    put_objects(store, "ana")
    key = keys.report(RunTimestamp.parse("20261001_000000"))
    put(store, key)
    forgotten(store, "ana")
    assert all_keys(store) == []


def test_a_report_is_taken_care_of_before_the_objects_by_which_it_is_found(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_objects(store, "ana")
    report = put_report(store, "ana")

    def die(*_: Any, **__: Any) -> None:
        raise S3Error("no")

    with monkeypatch.context() as patch:
        patch.setattr(S3Store, "delete_keys", die)
        with pytest.raises(S3Error):
            forgotten(store, "ana")
    assert b"ana" not in body_at(store, report).partition(b'id="data">')[2]


def test_a_report_that_is_written_while_the_creator_is_forgotten_does_not_have_her(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_objects(store, "ana")
    key, delete = "", S3Store.delete_keys

    def late(self: S3Store, bucket: str, deleted: Iterable[str]) -> None:
        nonlocal key
        if not key:
            key = put_report(self, "ana", "ben")
        delete(self, bucket, deleted)

    monkeypatch.setattr(S3Store, "delete_keys", late)
    forgotten(store, "ana")
    left = body_at(store, key)
    put_report(store, "ben")
    assert body_at(store, key) == left


def test_a_report_that_is_written_all_the_time_ends_it(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_objects(store, "ana")
    put_report(store, "ana")
    put_again = S3Store.put

    def put(self: S3Store, bucket: str, key: str, body: bytes, **options: Any) -> str:
        if key.endswith(".html") and options.get("if_etag"):
            put_again(self, bucket, key, body_at(self, key) + b" ", content_type="x/y")
        return put_again(self, bucket, key, body, **options)

    monkeypatch.setattr(S3Store, "put", put)
    with pytest.raises(RaceError, match="written all the time"):
        forgotten(store, "ana")


def test_packs_are_as_if_the_creator_had_never_been_in_them(store: S3Store, packs: Packs) -> None:
    with_ana = packs.pack("ada ana ana.b ben", "c1")
    only_ana = packs.pack("ana", "c2")
    others = packs.pack("cem dia", "c3")
    index = packs.index(with_ana, only_ana, others)
    of_day = packs.index(with_ana, only_ana, others, folder=keys.downloads_of_day(DAY))
    before = store.get(TEMP, others.key)
    receipt = forgotten(store, "ana")
    assert covers_in_packs(store) == {
        with_ana.key: members("ada ana.b ben"),
        others.key: members("cem dia"),
    }
    assert store.get(TEMP, others.key) == before
    rewritten = store.get(TEMP, with_ana.key)
    packs.pack("ada ana.b ben", "c1")
    assert rewritten == store.get(TEMP, with_ana.key)
    for key in (index, of_day):
        assert [pack.key for pack in index_at(store, key).packs] == [with_ana.key, others.key]
        assert is_as_it_says(store, key)
    assert receipt.kept_covers == DeletedCovers(
        covers=2, bytes=2 * len(body_of("ana")), rewritten=1, deleted=1
    )


def test_workers_find_the_covers_of_all_others_where_the_index_says(
    store: S3Store, packs: Packs
) -> None:
    names = ["ada", "ana", "ben"]
    index = packs.index(packs.pack(" ".join(names)))
    forgotten(store, "ana")
    stems = {name: member_stem(name, url_of(name)) for name in names}
    reader = PackReader(store, TEMP, index_at(store, index).packs)
    reader.look_up(stems.values())
    assert reader.known() == {stems["ada"], stems["ben"]}
    cover = reader.find(stems["ben"], seconds_left=10)
    assert cover
    assert cover.body == body_of("ben")
    reader.close()


def test_packs_that_no_index_names_are_found_by_what_they_say_of_themselves(
    store: S3Store, packs: Packs
) -> None:
    orphan = packs.pack("ada ana")
    other = packs.pack("ben", "c2")
    forgotten(store, "ana")
    assert covers_in_packs(store) == {orphan.key: members("ada"), other.key: members("ben")}


def test_a_pack_that_says_nothing_of_itself_is_looked_into(store: S3Store, packs: Packs) -> None:
    pack = packs.pack("ada ana ben")
    stored = store.get(TEMP, pack.key)
    assert stored
    store.put(TEMP, pack.key, stored.body, content_type="application/zip")
    forgotten(store, "ana")
    assert covers_in_packs(store) == {pack.key: members("ada ben")}


@pytest.mark.parametrize("others", [[LONG.replace(" ", "_")], [f"{'x' * 600}1", f"{'x' * 600}2"]])
def test_an_index_has_bounds_of_names_that_were_too_long_for_keys(
    store: S3Store, packs: Packs, others: list[str]
) -> None:
    pack = packs.pack(" ".join(["ana", *others, "zz"]), "c1")
    last = packs.pack(" ".join(["ana", *others]), "c2")
    index = packs.index(pack, last)
    forgotten(store, "ana")
    forgotten_too = index_at(store, index)
    assert len(forgotten_too.packs) == 2
    for found in forgotten_too.packs:
        head = store.head(TEMP, found.key)
        assert head
        assert found.etag == head.etag
        assert all(
            found.first_creator.encode() <= name.encode() <= found.last_creator.encode()
            for name in others
        )
    for name in others:
        forgotten(store, name)
    assert covers_in_packs(store) == {pack.key: members("zz")}


def test_a_long_name_itself_is_forgotten(store: S3Store, packs: Packs) -> None:
    name = "é" * 300
    put_objects(store, name)
    pack = packs.pack(f"ada {name} {name}x")
    forgotten(store, name)
    assert all_keys(store) == []
    assert covers_in_packs(store) == {pack.key: members(f"ada {name}x")}


WRITES = ["PutObject", "DeleteObjects", "DeleteObject"]


@pytest.mark.parametrize("written", range(8))
def test_what_was_interrupted_anywhere_can_be_begun_again(
    store: S3Store, packs: Packs, written: int
) -> None:
    put_objects(store, "ana")
    shared, alone = packs.pack("ada ana", "c1"), packs.pack("ana", "c2")
    index = packs.index(shared, alone)
    of_day = packs.index(shared, alone, folder=keys.downloads_of_day(DAY))
    count = 0

    def interrupt(**_: Any) -> None:
        nonlocal count
        count += 1
        if count > written:
            raise KeyboardInterrupt

    for operation in WRITES:
        store.client.meta.events.register(f"before-call.s3.{operation}", interrupt)
    found = look_for(store, SETTINGS, "ana")
    try:
        forget(store, SETTINGS, found, receipt_id="0a1b", clock=lambda: MOMENT)
    except KeyboardInterrupt:
        interrupted = True
    else:
        interrupted = False
    for operation in WRITES:
        store.client.meta.events.unregister(f"before-call.s3.{operation}", interrupt)
    assert interrupted is (written < 7)
    key = keys.forgotten(RunTimestamp.of(MOMENT), "0a1b")
    if 0 < written < 7:
        unfinished = read_document(store, OUT, key, Forgotten)
        assert unfinished
        assert unfinished.ended is None
    again = look_for(store, SETTINGS, "ana")
    if not again.is_nothing:
        forget(store, SETTINGS, again, receipt_id="2c3d", clock=lambda: MOMENT)
    assert look_for(store, SETTINGS, "ana").is_nothing
    assert all_keys(store) == []
    assert covers_in_packs(store) == {shared.key: members("ada")}
    for place in (index, of_day):
        assert is_as_it_says(store, place)
        assert [pack.key for pack in index_at(store, place).packs] == [shared.key]


def test_looking_writes_nothing(store: S3Store, packs: Packs) -> None:
    put_objects(store, "ana")
    packs.index(packs.pack("ada ana"))
    before = [[*store.list_etags(bucket, "")] for bucket in (OUT, TEMP)]
    found = look_for(store, SETTINGS, "ana")
    assert not found.is_nothing
    assert [[*store.list_etags(bucket, "")] for bucket in (OUT, TEMP)] == before


def test_a_pack_that_somebody_writes_at_the_same_time_is_looked_for_again(
    store: S3Store, packs: Packs, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = packs.pack("ada ana ben")
    index = packs.index(pack)
    real, asked = module.take_out, []

    def meet(store: S3Store, bucket: str, found: Any, creator: str) -> None:
        asked.append(found.etag)
        if len(asked) == 1:
            packs.pack("ada ana")  # as another `forget` has left it
        real(store, bucket, found, creator)

    monkeypatch.setattr(module, "take_out", meet)
    forgotten(store, "ana")
    assert len(set(asked)) == 2
    assert covers_in_packs(store) == {pack.key: members("ada")}
    assert is_as_it_says(store, index)


def test_packs_that_are_written_all_the_time_end_it(
    store: S3Store, packs: Packs, monkeypatch: pytest.MonkeyPatch
) -> None:
    packs.pack("ada ana")
    monkeypatch.setattr(module, "take_out", lambda *_: None)
    with pytest.raises(RaceError, match="when no run is under way"):
        forgotten(store, "ana")


@pytest.mark.parametrize("body", [b"no ZIP", b"", b"PK\3\4" * 500, b"PK\5\6" + b"\xff" * 18])
@failure(
    Where.S3,
    fault="A pack, or an index of packs, is broken when a creator is forgotten",
    happens="everything else of the creator is deleted; the receipt has no `ended`",
    sees="the last line of `forget`: `… cannot be read: …; covers that are in no pack are "
    "fetched again, so delete it: aws s3api delete-object …`",
    fix="the command in that line, and `forget` again",
)
def test_the_fix_for_a_broken_pack_works_word_by_word(
    store: S3Store, packs: Packs, body: bytes
) -> None:
    put_objects(store, "ana")
    good = packs.pack("ada ana", "c1")
    broken = keys.pack(packs.folder(), "c2", 0)
    store.put(TEMP, broken, body, content_type="application/zip")
    index = keys.pack_index(packs.folder())
    store.put(TEMP, index, b"{}", content_type="application/json")
    with pytest.raises(MessageError) as raised:
        forgotten(store, "ana")
    assert all_keys(store) == []
    assert covers_in_packs_but(store, broken) == {good.key: members("ada")}
    commands = [part.partition("delete it: ")[2] for part in str(raised.value).split("; ")]
    for command in filter(None, commands):
        follow(command)
    assert look_for(store, SETTINGS, "ana").is_nothing
    assert store.head(TEMP, broken) is None


def test_a_pack_whose_other_covers_are_broken_is_named_after_all_others_are_rewritten(
    store: S3Store, packs: Packs
) -> None:
    broken, good = packs.pack("ada ana", "c1"), packs.pack("ada ana ben", "c2")
    packs.index(broken, good)
    stored = store.get(TEMP, broken.key)
    assert stored
    spoiled = stored.body.replace(body_of("ada"), body_of("adb"))
    store.put(TEMP, broken.key, spoiled, content_type="application/zip")
    with pytest.raises(MessageError, match="Bad CRC") as raised:
        forgotten(store, "ana")
    assert covers_in_packs_but(store, broken.key) == {good.key: members("ada ben")}
    follow(str(raised.value).partition("delete it: ")[2])
    forgotten(store, "ana")
    assert covers_in_packs(store) == {good.key: members("ada ben")}
    assert look_for(store, SETTINGS, "ana").is_nothing


def covers_in_packs_but(store: S3Store, key: str) -> dict[str, dict[str, bytes]]:
    stored = store.get(TEMP, key)
    assert stored
    store.delete_keys(TEMP, [key])
    found = covers_in_packs(store)
    store.put(TEMP, key, stored.body, content_type="application/zip")
    return found


def test_a_pack_with_compressed_members_is_not_unpacked(store: S3Store) -> None:
    bomb = BytesIO()
    with ZipFile(bomb, "w", ZIP_DEFLATED) as pack:
        pack.writestr("ana/x.jpg", bytes(1000))
    key = keys.pack(keys.packs_of_run(DAY, "r"), "c", 0)
    store.put(TEMP, key, bomb, content_type="application/zip")
    (line,) = kept_covers_of(store, TEMP, "ana").unreadable
    assert "compressed members" in line


def test_the_receipt_says_what_is_not_changed_and_never_who_it_was(
    store: S3Store, packs: Packs
) -> None:
    creator = "Ana María"
    put_objects(store, creator)
    packs.index(packs.pack("ada"))
    places = {
        SETTINGS.input_bucket: ["csv-files/a.csv", "archived/2026/processed_files/a.csv"],
        OUT: ["results/run-records/x.json", "results/processing-summaries/x.json"],
        TEMP: ["processing/r/manifest.json", "debug/error-logs/r/c/01.log"],
    }
    for bucket, written in places.items():
        for key in written:
            put(store, key, bucket=bucket)
    store.client.put_bucket_versioning(Bucket=OUT, VersioningConfiguration={"Status": "Suspended"})
    receipt = forgotten(store, creator)
    assert [place.where for place in receipt.not_changed] == [
        f"csv-files/ in bucket {SETTINGS.input_bucket}",
        f"archived/ in bucket {SETTINGS.input_bucket}",
        f"results/processing-summaries/ in bucket {OUT}",
        f"results/run-records/ in bucket {OUT}",
        f"processing/ in bucket {TEMP}",
        f"debug/ in bucket {TEMP}",
        f"old versions in bucket {OUT}",
        "the database of covers",
        "the queue of chunk messages and its dead-letter queue",
        "Airflow and the logs of the function",
    ]
    (key,) = store.list_keys(OUT, keys.FORGOTTEN)
    stored = store.get(OUT, key)
    assert stored
    text = key + json.dumps(json.loads(stored.body), ensure_ascii=False)
    for part in (creator, encode_creator(creator), "Ana", "collages/", "thumbnails/"):
        assert part not in text


def test_a_right_that_is_missing_is_named(store: S3Store) -> None:
    store.client.delete_bucket(Bucket=TEMP)
    with pytest.raises(S3Error, match=TEMP):
        look_for(store, SETTINGS, "ana")


def test_covers_are_gone_from_merged_packs_and_from_those_that_they_replace(
    store: S3Store, packs: Packs
) -> None:
    for run_id in ("r1", "r2", "r3"):
        pack = packs.pack("ada ana ben", run_id=run_id)
        packs.index(pack, folder=packs.folder(run_id), run_id=run_id)
    now = MOMENT + timedelta(days=1)
    (merged,) = merge_days(store, SETTINGS, now=now)
    assert merged.kind is Kind.MERGED
    receipt = forgotten(store, "ana")
    assert receipt.kept_covers.rewritten == 4
    inside = covers_in_packs(store)
    assert len(inside) == 4
    assert list(inside.values()) == [members("ada ben")] * 4
    (listed,) = packs_of_last_days(store, TEMP, today=now.date(), days=40)
    assert keys.is_merged(keys.run_of_pack(listed.key))
    assert look_for(store, SETTINGS, "ana").is_nothing
