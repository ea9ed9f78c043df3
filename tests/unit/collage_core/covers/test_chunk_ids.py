"""Names of chunks: what they depend on, and what they do not."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.picture_rules import PICTURE_RULES
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.covers import chunk_ids
from collage_core.covers.chunk_ids import keep_rounds, name_chunks
from collage_core.covers.chunking import ChunkSpan
from tests.support.runs import plan

PLAN = plan([])
SPAN = ChunkSpan((36, 99), 1, 1, 2, "ana", "0" * 64)
OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))


def ids(*spans: ChunkSpan, manifest: Manifest = PLAN, **changed: Any) -> list[str]:
    return [chunk.chunk_id for chunk in name_chunks(spans, replace(manifest, **changed))]


def test_a_chunk_is_named_by_its_rows_alone_wherever_they_are() -> None:
    (name,) = ids(SPAN)
    assert len(name) == 24
    elsewhere = ChunkSpan((500, 563), 1, 1, 9, "ana", "0" * 64)
    other = ChunkSpan((36, 99), 1, 1, 2, "ana", "1" * 64)
    assert ids(other, elsewhere)[1] == name
    assert ids(other)[0] != name


@pytest.mark.parametrize(
    "changed",
    [
        {"config": ProcessingConfig(rows=4)},
        {"config": ProcessingConfig(cols=4)},
        {"config": ProcessingConfig(quality=80)},
        {"config": ProcessingConfig(trim=True)},
        {"config": ProcessingConfig(title="{creator}")},
        {"cell_size": "180x240"},
        {"covers_per_creator": 3},
        {"by_creator_copies": False},
        {"output_prefix": "again"},
        {"trigger": Trigger.MANUAL},
        {"window": OCTOBER},
        {"keep_only": True},
    ],
    ids=str,
)
def test_whatever_changes_what_is_made_of_the_rows_changes_the_name(
    changed: dict[str, Any],
) -> None:
    assert ids(SPAN, **changed) != ids(SPAN)


@pytest.mark.parametrize(
    "changed",
    [
        {"config": ProcessingConfig(max_workers=1, timeout=9, max_retries=0)},
        {"source": CsvSource("b", "k", "another")},
        {"run_id": "another"},
        {"run_timestamp": RunTimestamp.parse("20261002_000000")},
        {"chunk_rows": 7},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_makes_no_other_collages_changes_no_name(changed: dict[str, Any]) -> None:
    assert ids(SPAN, **changed) == ids(SPAN)


def test_another_version_of_the_picture_rules_changes_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = ids(SPAN)
    monkeypatch.setattr(chunk_ids, "PICTURE_RULES", PICTURE_RULES + 1)
    assert ids(SPAN) != before


def test_equal_chunks_of_one_plan_are_numbered() -> None:
    (name,) = ids(SPAN)
    assert ids(SPAN, SPAN, SPAN) == [name, f"{name}-2", f"{name}-3"]


def test_a_chunk_knows_its_digest_and_its_first_creator() -> None:
    (chunk,) = name_chunks([SPAN], PLAN)
    assert (chunk.rows_sha256, chunk.first_creator) == ("0" * 64, "ana")
    message = PLAN.message(chunk)
    assert message.rows_sha256 == "0" * 64
    assert (message.cell_size, message.covers_per_creator) == ("300x400", 35)
    assert message.by_creator_copies is True


def test_a_chunk_that_was_done_again_keeps_its_round() -> None:
    first, second = name_chunks([SPAN, SPAN], PLAN)
    earlier = [replace(first, chunk_id=f"{first.chunk_id}-r3"), second]
    kept = keep_rounds([first, second], earlier)
    assert [chunk.chunk_id for chunk in kept] == [f"{first.chunk_id}-r3", second.chunk_id]
    assert keep_rounds([first], []) == [first]
