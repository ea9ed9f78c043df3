"""Runs from outside that begin in the same second."""

import pytest

from collage_core.run_timestamp import RunTimestamp
from collage_core.storage.object_store import StoreConflict
from lambda_pkg import claim
from lambda_pkg.claim import claim_second
from tests.support.lambda_world import World

SECOND = RunTimestamp.parse("20261231_235959")
NEXT = RunTimestamp.parse("20270101_000000")


def test_each_run_has_a_second_of_its_own_however_often_it_asks(world: World) -> None:
    for _ in range(2):
        assert claim_second(SECOND, "a", world.services) == SECOND
        assert claim_second(SECOND, "b", world.services) == NEXT


def test_a_run_that_finds_no_second_says_so_instead_of_looking_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "_MOST_SECONDS", 2)
    for run_id in ("a", "b"):
        claim_second(SECOND, run_id, world.services)
    with pytest.raises(StoreConflict, match="run c found 2 seconds from 20261231_235959 on taken"):
        claim_second(SECOND, "c", world.services)
