"""A limit for a host, from the setting to the requests that its server gets."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from collage_core.contract.csv_source import CsvSource
from collage_core.contract.message import ChunkMessage
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.covers.ingest import ingest_csv
from collage_core.hosts.host_limits import HostLimits
from collage_core.layout import keys
from collage_core.run.dispatch import dispatch
from collage_core.run.plan import RunCsv, RunSpec, plan_run, replace_manifest
from lambda_pkg import upload
from lambda_pkg.chunk import work_on_chunk
from tests.support.lambda_world import (
    NOTHING_FAILED,
    World,
    chunk_message,
    sqs_event,
    sqs_record,
    with_settings,
)

WORKERS, CREATORS, LIMIT = 4, 56, 50.0


@pytest.mark.thorough
def test_four_workers_keep_to_one_limit(world: World) -> None:
    """At no moment has the server had more requests than the limit allows since the beginning.

    A machine that is slow can only make it fewer.
    """
    limited = with_settings(
        world,
        host_limits=HostLimits({"127.0.0.1": LIMIT}),
        function_concurrency=WORKERS,
        chunk_rows=CREATORS,  # with four covers each, that is a quarter of all rows
    )
    settings, store = limited.settings, limited.services.store
    text = limited.csv({f"creator-{number:02d}": 4 for number in range(CREATORS)})
    csv = ingest_csv(text.encode(), chunk_rows=settings.planned_chunk_rows)
    timestamp = RunTimestamp.parse("20261001_000000")
    bucket, key = settings.input_bucket, keys.cover_urls_csv(timestamp)
    source = CsvSource(bucket, key, limited.put(bucket, key, csv.ordered.decode()))
    spec = RunSpec("monthly-1", timestamp, Trigger.SQS, settings.processing_config)
    run = plan_run(store, settings, spec, RunCsv(source, csv.spans), keep=replace_manifest)
    assert len(run.manifest.chunks) == WORKERS
    assert dispatch(run, limited.services.queue) == WORKERS
    records = limited.receive()
    all_begin = threading.Barrier(WORKERS)

    def work(record: dict[str, Any]) -> dict[str, Any]:
        all_begin.wait(30)
        return limited.invoke(sqs_event(record))

    began = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as workers:
        assert list(workers.map(work, records)) == [NOTHING_FAILED] * WORKERS
    arrived = sorted(limited.covers.arrived)
    assert len(arrived) == 4 * CREATORS
    for before, moment in enumerate(arrived):
        assert before < WORKERS + LIMIT * (moment - began), "each worker begins with one"
    took = arrived[-1] - began
    assert LIMIT / 5 < len(arrived) / took < 1.1 * LIMIT


def test_a_small_csv_that_one_worker_does_has_the_whole_limit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[ChunkMessage] = []

    def work(message: ChunkMessage, *args: Any) -> Any:
        seen.append(message)
        return work_on_chunk(message, *args)

    monkeypatch.setattr(upload, "work_on_chunk", work)
    limited = with_settings(world, host_limits=HostLimits({"127.0.0.1": 1000}))
    event = limited.upload("csv-files/2026/10/05/small.csv", limited.csv({"ana": 3, "bo": 2}))
    limited.invoke(event)
    assert [message.host_limits for message in seen] == [{"127.0.0.1": 1000}]
    assert limited.summary()["rows"]["placed"] == 5


def test_the_rest_of_a_chunk_goes_on_with_the_same_share(world: World) -> None:
    share = {"*": 20.5}
    text = world.csv({"ana": 2, "bo": 3, "cy": 1})
    event = sqs_event(sqs_record(chunk_message(world, text, host_limits=share)))
    assert world.invoke(event, seconds=15) == NOTHING_FAILED  # time for one creator
    (rest,) = world.receive()
    assert json.loads(rest["body"])["host_limits"] == share
