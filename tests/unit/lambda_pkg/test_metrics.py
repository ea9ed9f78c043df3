"""The line of metrics: what AWS accepts, once for each chunk, each row once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from collage_core.contract.reading import read
from collage_core.contract.receipt import Receipt
from collage_core.layout import keys
from lambda_pkg.chunk_receipts import ChunkReceipts
from lambda_pkg.metrics import DIMENSION, UNITS, metrics_line
from tests.support.emf import broken_rules
from tests.support.lambda_world import (
    NOTHING_FAILED,
    World,
    chunk_message,
    receipt,
    sqs_event,
    sqs_record,
    with_settings,
)

FOR_ONE_CREATOR = 1.0
MOMENT = datetime(2026, 10, 1, 6, 7, 8, 123000, tzinfo=UTC)


@pytest.fixture
def measured(world: World) -> World:
    return with_settings(world, metrics_namespace="CoverCollage", metrics_environment="staging")


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """All lines that were printed since the last call."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def deliver(world: World, body: Any, *, seconds: float = 300) -> None:
    assert world.invoke(sqs_event(sqs_record(body)), seconds=seconds) == NOTHING_FAILED


def mixed(world: World) -> dict[str, Any]:
    """A chunk with two covers that are placed, one that fails and one row without a URL."""
    text = world.csv({"ana": 1, "bo": 1}) + world.csv({"cy": 1}, path="404").partition("\n")[2]
    return chunk_message(world, f"{text}dee,no URL,2026-10-01 00:00:00\n")


def line_of(world: World) -> str:
    document = world.services.store.get(
        world.settings.temp_bucket, keys.receipt("monthly-1", "00000-a")
    )
    assert document is not None
    return metrics_line(
        read(document.body, Receipt),
        namespace="CoverCollage",
        environment="staging",
        peak_mb=123.4,
        moment=MOMENT,
    )


def test_a_chunk_that_is_done_prints_its_books_its_time_and_its_memory(
    measured: World, printed: Callable[[], list[dict[str, Any]]]
) -> None:
    before = datetime.now(UTC).timestamp() * 1000
    deliver(measured, mixed(measured))
    (line,) = printed()
    written = receipt(measured)
    counted = {name: line[name] for name in UNITS}
    assert counted == {
        "placed": 2,
        "failed": 1,
        "rejected": 1,
        "kept": 0,
        "collages": 2,
        "seconds": written["seconds"]["total"],
        "peak_mb": counted["peak_mb"],
    }
    assert 20 < counted["peak_mb"] < 4000
    assert before - 1 <= line["_aws"]["Timestamp"] <= datetime.now(UTC).timestamp() * 1000
    assert (line["run_id"], line["chunk_id"]) == ("monthly-1", "00000-a")
    assert line[DIMENSION] == "staging"
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "CoverCollage"


def test_the_line_is_what_cloudwatch_accepts(
    measured: World, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(measured, mixed(measured))
    (line,) = capsys.readouterr().out.splitlines()
    assert broken_rules(line) == []
    of_receipt = line_of(measured)
    assert broken_rules(of_receipt) == []
    assert json.loads(of_receipt)["_aws"]["Timestamp"] == 1790834828123
    assert len(of_receipt) < 1000, "so many bytes a chunk are on the page about costs"


def test_the_rules_of_cloudwatch_find_what_breaks_them(world: World) -> None:
    deliver(world, mixed(world))
    document = json.loads(line_of(world))
    directive = document["_aws"]["CloudWatchMetrics"][0]

    def broken(**changes: Any) -> list[str]:
        changed = {**directive, **changes}
        metadata = {**document["_aws"], "CloudWatchMetrics": [changed]}
        return broken_rules(json.dumps({**document, "_aws": metadata}))

    assert broken() == []
    assert broken_rules(f"INFO {json.dumps(document)}") == ["not JSON alone"]
    assert broken_rules(json.dumps({"message": json.dumps(document)})) == ["no metadata"]
    assert broken(Namespace="AWS/Lambda") == ["Namespace"]
    assert broken(Dimensions=[["run"]]) == ["dimension run has no text at the root"]
    assert broken(Metrics=[{"Name": "placed", "Unit": "Covers"}]) == ["unit Covers"]
    assert broken(Metrics=[{"Name": "run_id"}]) == ["metric run_id has no number at the root"]
    in_seconds = {**document["_aws"], "Timestamp": 1790834828}
    assert broken_rules(json.dumps({**document, "_aws": in_seconds})) == [
        "Timestamp is not in milliseconds"
    ]


def test_no_dimension_has_a_value_for_each_run_or_chunk(world: World) -> None:
    deliver(world, mixed(world))
    (directive,) = json.loads(line_of(world))["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["Environment"]]


def test_a_chunk_that_is_delivered_again_prints_nothing_more(
    measured: World, printed: Callable[[], list[dict[str, Any]]]
) -> None:
    body = mixed(measured)
    for _ in range(3):
        deliver(measured, body)
    assert len(printed()) == 1


def test_of_two_workers_at_a_chunk_the_one_that_writes_the_receipt_prints(
    measured: World,
    printed: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body, finish = mixed(measured), ChunkReceipts.write
    is_first = True

    def overtaken(receipts: ChunkReceipts, done: Receipt) -> Receipt:
        nonlocal is_first
        if is_first:
            is_first = False
            deliver(measured, body)
        return finish(receipts, done)

    monkeypatch.setattr(ChunkReceipts, "write", overtaken)
    deliver(measured, body)
    assert [line["placed"] for line in printed()] == [2]


def test_a_chunk_that_ran_out_of_time_counts_each_row_once_at_its_end(
    measured: World, printed: Callable[[], list[dict[str, Any]]]
) -> None:
    body = chunk_message(measured, measured.csv({"ana": 1, "bo": 1, "cy": 1, "dee": 1}))
    deliver(measured, body, seconds=FOR_ONE_CREATOR)
    partial = keys.partial_receipt("monthly-1", "00000-a")
    first = measured.document(measured.settings.temp_bucket, partial)
    assert 0 < first["rows"]["total"] < 4
    assert printed() == []
    deliver(measured, body)
    (line,) = printed()
    books = receipt(measured)
    assert (line["placed"], line["failed"]) == (books["rows"]["placed"], books["rows"]["failed"])
    assert line["placed"] + line["failed"] == 4
    assert line["seconds"] > first["seconds"]["total"], "of all invocations"


def test_a_chunk_that_failed_prints_nothing(
    measured: World, printed: Callable[[], list[dict[str, Any]]]
) -> None:
    body = mixed(measured)
    measured.put(body["bucket"], body["key"], "another CSV")
    assert measured.invoke(sqs_event(sqs_record(body))) != NOTHING_FAILED
    assert printed() == []


def test_covers_that_came_from_packs_are_kept_ones(measured: World) -> None:
    deliver(measured, mixed(measured))
    written = measured.services.store.get(
        measured.settings.temp_bucket, keys.receipt("monthly-1", "00000-a")
    )
    assert written is not None
    document = json.loads(written.body)
    document["downloads"] = dict.fromkeys(
        ("fetched", "fetched_bytes", "packs", "packed", "packed_bytes"), 1
    ) | {"kept": 7}
    line = metrics_line(
        read(json.dumps(document).encode(), Receipt),
        namespace="n",
        environment="e",
        peak_mb=1,
        moment=MOMENT,
    )
    assert json.loads(line)["kept"] == 7


def test_without_a_namespace_nothing_is_printed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(world, mixed(world))
    assert capsys.readouterr().out == ""


def test_a_csv_that_is_worked_on_at_once_prints_its_line_too(
    measured: World, printed: Callable[[], list[dict[str, Any]]]
) -> None:
    message = {"processing_type": "csv_data", "csv_data": measured.csv({"ana": 1, "bo": 2})}
    answer = measured.invoke(message)
    (line,) = printed()
    assert (line["run_id"], line["placed"], line["collages"]) == (answer["run_id"], 3, 2)
