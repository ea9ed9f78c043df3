"""A worker keeps the covers that it fetches, and asks no host for those that are kept."""

import io
import zipfile
from typing import Any

import pytest
from msgspec.structs import replace

from collage_core.contract.pack import ChunkPacks, Pack
from collage_core.layout import keys
from collage_core.storage.documents import JSON, to_document
from tests.support.lambda_world import (
    NOTHING_FAILED,
    World,
    chunk_message,
    receipt,
    sqs_event,
    sqs_record,
)

FOLDER = "downloads/2026/10/01/monthly-1/"
KEEP = ChunkPacks(folder=FOLDER)


def keep(world: World, packs: ChunkPacks = KEEP, run_id: str = "monthly-1") -> None:
    """Plan where the run looks for covers."""
    key = keys.packs_of_all_chunks(run_id)
    world.services.store.put(world.settings.temp_bucket, key, to_document(packs), content_type=JSON)


def work(world: World, covers: dict[str, int], **changes: Any) -> dict[str, Any]:
    message = chunk_message(world, world.csv(covers), **changes)
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    return receipt(world, message["chunk_id"])


def packs(told: dict[str, Any]) -> list[Pack]:
    return [Pack(**pack) for pack in told["packs"]]


def opened(world: World, pack: Pack) -> zipfile.ZipFile:
    stored = world.services.store.get(world.settings.temp_bucket, pack.key, etag=pack.etag)
    assert stored is not None
    return zipfile.ZipFile(io.BytesIO(stored.body))


def collages(world: World) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for key in world.collages():
        stored = world.services.store.get(world.settings.output_bucket, key)
        assert stored is not None
        found[key] = stored.body
    return found


def test_without_a_plan_for_packs_nothing_is_kept_or_counted(world: World) -> None:
    told = work(world, {"ana": 2})
    assert "packs" not in told
    assert "downloads" not in told
    assert world.keys(world.settings.temp_bucket, keys.DOWNLOADS) == []


def test_what_is_fetched_is_in_a_pack_in_the_order_of_the_chunk(world: World) -> None:
    keep(world)
    told = work(world, {"Ana": 2, "bo": 3})
    (pack,) = packs(told)
    assert pack.key == f"{FOLDER}00000-a/000000000000.zip"
    assert (pack.first_creator, pack.last_creator, pack.covers) == ("Ana", "bo", 5)
    with opened(world, pack) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert len({archive.read(name) for name in names}) == 1, "the server has one picture"
    assert [name.split("/")[0] for name in names] == ["=41na", "=41na", "bo", "bo", "bo"]
    assert told["downloads"] == {
        "fetched": 5,
        "fetched_bytes": told["downloads"]["fetched_bytes"],
        "kept": 0,
        "packs": 1,
        "packed": 5,
        "packed_bytes": pack.bytes,
    }


def test_a_later_run_asks_no_host_for_what_is_kept_and_makes_the_same_collages(
    world: World,
) -> None:
    keep(world)
    kept = packs(work(world, {"ana": 3, "bo": 2}))
    fetched = collages(world)
    for key in world.collages():
        world.services.store.delete_keys(world.settings.output_bucket, [key])
    for key in world.keys(world.settings.output_bucket):
        world.services.store.delete_keys(world.settings.output_bucket, [key])
    world.services.store.delete_keys(
        world.settings.temp_bucket, [keys.receipt("monthly-1", "00000-a")]
    )
    world.covers.requests.clear()

    keep(world, replace(KEEP, packs=kept))
    told = work(world, {"ana": 3, "bo": 2})
    assert not world.covers.requests
    assert told["downloads"]["kept"] == 5
    assert told["downloads"]["fetched"] == 0
    assert "packs" not in told, "they are kept already"
    assert collages(world) == fetched


def test_a_pack_that_expires_too_soon_is_kept_once_more(world: World) -> None:
    keep(world)
    kept = packs(work(world, {"ana": 3}))
    renewing = ChunkPacks(
        folder="downloads/2026/10/09/daily-2/", packs=kept, renew_before="2026-10-02"
    )
    keep(world, renewing, run_id="daily-2")
    message = chunk_message(
        world, world.csv({"ana": 3}), run_id="daily-2", run_timestamp="20261009_000001"
    )
    world.covers.requests.clear()
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    assert not world.covers.requests
    told = world.document(world.settings.temp_bucket, keys.receipt("daily-2", "00000-a"))
    (again,) = packs(told)
    assert again.key.startswith(renewing.folder)
    with opened(world, kept[0]) as old, opened(world, again) as new:
        assert {name: old.read(name) for name in old.namelist()} == {
            name: new.read(name) for name in new.namelist()
        }


def test_a_pack_that_is_gone_is_fetched_instead(world: World) -> None:
    keep(world)
    kept = packs(work(world, {"ana": 3}))
    store = world.services.store
    store.delete_keys(world.settings.temp_bucket, [keys.receipt("monthly-1", "00000-a")])
    store.delete_keys(world.settings.temp_bucket, [kept[0].key])
    store.delete_keys(world.settings.output_bucket, world.keys(world.settings.output_bucket))
    world.covers.requests.clear()
    keep(world, replace(KEEP, packs=kept))
    told = work(world, {"ana": 3})
    assert sum(world.covers.requests.values()) == 3
    assert told["downloads"]["fetched"] == 3
    assert [pack.key for pack in packs(told)] == [kept[0].key], "and kept again"


def test_packs_that_are_not_as_the_index_says_are_fetched_instead(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    keep(world)
    (kept,) = packs(work(world, {"ana": 3}))
    store, temp = world.services.store, world.settings.temp_bucket
    store.delete_keys(temp, [keys.receipt("monthly-1", "00000-a")])
    store.delete_keys(world.settings.output_bucket, world.keys(world.settings.output_bucket))
    whole = store.get(temp, kept.key)
    assert whole is not None
    others = {"cut.zip": whole.body[:-1], "shorter.zip": whole.body[: kept.directory_at - 1]}
    told = [
        replace(
            kept,
            key=f"{FOLDER}{name}",
            etag=store.put(temp, f"{FOLDER}{name}", body, content_type="application/zip"),
        )
        for name, body in others.items()
    ]
    told.append(replace(kept, etag="0" * 32))
    world.covers.requests.clear()
    keep(world, replace(KEEP, packs=told))
    assert work(world, {"ana": 3})["downloads"]["fetched"] == 3
    assert sum(world.covers.requests.values()) == 3
    for pack, why in zip(told, ["it is cut off"] * 2 + ["it was written again"], strict=True):
        said = f"Pack {pack.key} is not read, its covers are fetched unless older ones have them"
        assert f"{said}: {why}" in caplog.text


def test_a_pack_of_a_worker_that_died_is_taken_as_it_is(world: World) -> None:
    keep(world)
    (kept,) = packs(work(world, {"ana": 3, "bo": 2}))
    store = world.services.store
    store.delete_keys(world.settings.temp_bucket, [keys.receipt("monthly-1", "00000-a")])
    store.delete_keys(world.settings.output_bucket, world.keys(world.settings.output_bucket))
    (again,) = packs(work(world, {"ana": 3, "bo": 2}))
    assert again == kept


def test_a_document_that_cannot_be_read_keeps_nothing_and_says_what_to_do(
    world: World, caplog: Any
) -> None:
    key = keys.packs_of_all_chunks("monthly-1")
    world.put(world.settings.temp_bucket, key, "{")
    told = work(world, {"ana": 2})
    assert told["rows"]["placed"] == 2
    assert "packs" not in told
    assert f"{key} in bucket tiktok-image-temp cannot be read" in caplog.text
    assert "clear plan to write it again" in caplog.text
