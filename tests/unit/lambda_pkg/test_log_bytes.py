"""How much log the function writes: no more than the page about costs counts with."""

import logging

import pytest

from collage_core.run.cost_parts import BYTES_OF_LOG_PER_CHUNK, BYTES_OF_LOG_PER_LINE
from lambda_pkg.logs import OUR_PACKAGES
from tests.support.lambda_world import World, chunk_message, sqs_event, sqs_record, with_settings

OF_EACH_EVENT = 26
"""Bytes that CloudWatch adds to each ("PutLogEvents" in its API Reference)."""
REQUEST = "8c5e4a3e-6d0f-4a7e-9f9c-2f1a6b7c8d9e"
MEMORY = "Memory Size: 1769 MB\tMax Memory Used: 386 MB\tInit Duration: 457.88 ms\t\n"
BY_LAMBDA = [
    f"START RequestId: {REQUEST} Version: 12\n",
    f"END RequestId: {REQUEST}\n",
    f"REPORT RequestId: {REQUEST}\tDuration: 53554.12 ms\tBilled Duration: 54012 ms\t{MEMORY}",
]
PREFIX = f"[WARNING]\t2026-10-01T06:07:08.123Z\t{REQUEST}\t\n"
"""What Lambda writes around each line, in its log format Text."""

A_LONG_NAME = "a.creator.with.a.name.that.is.long_"


def written(
    world: World,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    *,
    creators: int,
    missing: int,
) -> int:
    """The bytes of one chunk, with what Lambda and CloudWatch add."""
    for name in OUR_PACKAGES:
        caplog.set_level(logging.INFO, name)
    caplog.clear()
    text = world.csv({f"{A_LONG_NAME}{number:04}": 1 for number in range(creators)})
    without = {f"{A_LONG_NAME}z{number:03}": 1 for number in range(missing)}
    text += world.csv(without, path="404").partition("\n")[2]
    world.invoke(sqs_event(sqs_record(chunk_message(world, text))))
    logged = [len((PREFIX + record.getMessage()).encode()) for record in caplog.records]
    printed = [len(line.encode()) for line in capsys.readouterr().out.splitlines(keepends=True)]
    assert len(printed) == 1, "the line of metrics"
    sizes = [*logged, *printed, *map(len, BY_LAMBDA)]
    return sum(sizes) + OF_EACH_EVENT * len(sizes)


@pytest.mark.parametrize(("creators", "missing"), [(1, 0), (20, 0), (1, 20)])
def test_a_chunk_writes_a_line_for_each_creator_and_each_cover_that_failed(
    world: World,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    creators: int,
    missing: int,
) -> None:
    measured = with_settings(
        world,
        metrics_namespace="CoverCollage/acme-production-collage-worker",
        metrics_environment="production",
    )
    size = written(measured, caplog, capsys, creators=creators, missing=missing)
    counted = BYTES_OF_LOG_PER_CHUNK + (creators + missing) * BYTES_OF_LOG_PER_LINE
    assert counted / 2 < size < counted
