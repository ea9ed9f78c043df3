"""A CSV from outside is planned with the packs of its creators, with few requests."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collage_core.contract.pack import ChunkPacks
from collage_core.layout import keys
from collage_core.packs.day_index import DAYS_LISTED
from collage_core.storage.documents import read_document
from tests.support.kept_packs import a_pack, close_with
from tests.support.lambda_world import World, with_settings

KEY = "csv-files/2026/10/05/mine.csv"


@pytest.fixture
def requests(world: World) -> Iterator[list[str]]:
    """What S3 is asked for, as the verb and the key or the prefix."""
    noted: list[str] = []

    def note(model: Any, params: dict[str, Any], **_: Any) -> None:
        noted.append(f"{model.name} {params['url_path']} {params['query_string'].get('prefix')}")

    world.services.store.client.meta.events.register("before-call.s3", note)
    yield noted
    world.services.store.client.meta.events.unregister("before-call.s3", note)


def planned(world: World) -> list[str]:
    """The keys of all documents that say where to look for covers."""
    found = world.keys(world.settings.temp_bucket, keys.PROCESSING)
    return [key for key in found if "/packs" in key]


def test_a_csv_of_five_rows_looks_only_into_packs_of_its_creators(world: World) -> None:
    today = datetime.now(UTC).date()
    store, bucket = world.services.store, world.settings.temp_bucket
    yesterday = today - timedelta(days=1)
    packs = [a_pack(name, name, day=yesterday) for name in ("aa", "ana", "mia", "zoe")]
    close_with(store, packs, bucket=bucket)
    world.invoke(world.upload(KEY, world.csv({"ana": 3, "mia": 2})))
    of_chunk, of_run = sorted(planned(world), key=lambda key: key.endswith("packs.json"))
    document = read_document(store, bucket, of_chunk, ChunkPacks)
    assert document is not None
    assert [pack.first_creator for pack in document.packs] == ["mia", "ana"]
    assert read_document(store, bucket, of_run, ChunkPacks) == ChunkPacks(folder=document.folder)
    assert document.folder.startswith(keys.downloads_of_day(today))


def test_a_csv_costs_few_requests_however_many_packs_there_are(
    world: World, requests: list[str]
) -> None:
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=number) for number in range(40)]
    for day in days:
        packs = [a_pack(f"{number:02d}", f"{number:02d}", day=day) for number in range(20)]
        close_with(world.services.store, packs, bucket=world.settings.temp_bucket)
    world.invoke(world.upload(KEY, world.csv({"ana": 1})))
    event = world.upload(KEY, world.csv({"bo": 5}))
    requests.clear()
    world.invoke(event)
    of_packs = [request for request in requests if "downloads/" in request]
    verbs = Counter(request.split()[0] for request in of_packs)
    months = len({day.month for day in days})
    # A GET for each day and for the run before, which is not in the index of today; listings of the
    # months and of the last days. And when the run is closed, a listing of its own packs and a GET
    # of their index.
    listings = months + DAYS_LISTED + 1
    # The index of today, the pack, and the index of the run.
    assert verbs == {"GetObject": 40 + 1 + 1, "ListObjectsV2": listings, "PutObject": 3}


def test_a_csv_that_is_told_of_again_is_not_planned_again(world: World) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))
    world.invoke(event)
    (of_run,) = planned(world)
    written = world.services.store.head(world.settings.temp_bucket, of_run)
    world.invoke(event)
    assert world.services.store.head(world.settings.temp_bucket, of_run) == written


def test_if_the_worker_died_before_it_was_planned_the_next_one_does_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = world.upload(KEY, world.csv({"ana": 1}))
    with monkeypatch.context() as patch:
        patch.setattr("lambda_pkg.upload.plan_packs_once", _die)
        with pytest.raises(KeyboardInterrupt):
            world.invoke(event)
    assert planned(world) == []
    world.invoke(event)
    assert len(planned(world)) == 1


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_without_keeping_nothing_is_planned(world: World) -> None:
    world = with_settings(world, keep_covers_days=0)
    world.invoke(world.upload(KEY, world.csv({"ana": 1})))
    assert planned(world) == []
