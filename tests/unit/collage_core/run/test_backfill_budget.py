"""Runs of an approved backfill never take more than its price together."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.backfill_budget import BackfillBudget
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.backfill_budget import take
from collage_core.settings import Settings
from collage_core.storage.documents import read_document
from tests.support.memory_store import MemoryStore

SETTINGS = Settings()
APPROVAL = "cover_collage_manual-20261101_090000-00000000"


def taken(store: MemoryStore, run: str, dollars: float, *, limit: float = 10) -> float | None:
    return take(store, SETTINGS, APPROVAL, run_id=run, dollars=dollars, limit=limit)


def in_the_budget(store: MemoryStore) -> dict[str, float]:
    key = keys.backfill_budget(APPROVAL)
    found = read_document(store, SETTINGS.temp_bucket, key, BackfillBudget)
    return {} if found is None else dict(found.taken_usd)


def test_what_is_left_shrinks_until_a_run_does_not_fit() -> None:
    store = MemoryStore()
    assert taken(store, "january", 6) == 4
    assert taken(store, "february", 4.5) is None
    assert taken(store, "march", 4) == 0
    assert in_the_budget(store) == {"january": 6, "march": 4}


def test_a_run_that_is_planned_again_takes_its_newest_price_alone() -> None:
    store = MemoryStore()
    assert taken(store, "january", 9) == 1
    assert taken(store, "january", 9.5) == 0.5
    assert taken(store, "january", 3) == 7
    assert taken(store, "january", 11) is None
    assert in_the_budget(store) == {"january": 3}


def test_a_budget_that_cannot_be_read_is_named() -> None:
    store = MemoryStore()
    key = keys.backfill_budget(APPROVAL)
    store.put(SETTINGS.temp_bucket, key, b"{}", content_type="application/json")
    with pytest.raises(MessageError, match="schema_version"):
        taken(store, "january", 1)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_runs_at_the_same_time_never_take_more_than_the_limit(prices: list[int]) -> None:
    store = MemoryStore()
    with ThreadPoolExecutor(len(prices)) as pool:
        left = list(
            pool.map(lambda one: taken(store, f"run-{one[0]}", one[1], limit=60), enumerate(prices))
        )
    budget = in_the_budget(store)
    assert sum(budget.values()) <= 60
    fitted = {f"run-{n}": prices[n] for n, one in enumerate(left) if one is not None}
    assert budget == fitted
    rest = 60 - sum(budget.values())
    assert all(prices[n] > rest for n, one in enumerate(left) if one is None)
