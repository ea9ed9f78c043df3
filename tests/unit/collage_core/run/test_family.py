"""A run and its fills: whatever is closed when, each creator counts once, with the newest."""

import json
import random
from collections.abc import Mapping
from typing import Any, override

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collage_core.contract.books import Books
from collage_core.contract.family import RunName
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.errors import BooksError, MessageError
from collage_core.layout import keys
from collage_core.run.family import closed_members, newest_results, write_superseded
from collage_core.run.months import first_second
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.statistics import daily_stats, monthly_report
from collage_core.run.summaries import read_summaries_of_month
from tests.support.families import SETTINGS, added_up, close_member, family_plan, result
from tests.support.memory_store import MemoryStore

MONTHS = ("202610", "202611")
SECONDS = ("20261001_000000", "20261002_081500", "20261002_091500", "20261102_081500")
NAMES = ("ana", "Ana", "=bo", "cy", "🦄", "a\nb")

results = st.builds(
    lambda placed, failed, reason: (placed, failed if placed + failed else 1, reason),
    st.integers(0, 35),
    st.integers(0, 35),
    st.sampled_from(["timeout", "http_404", "http_503"]),
)


class Member:
    """A run of a family, and what became of its creators when it was last worked on."""

    def __init__(self, manifest: Manifest, outcome: Mapping[str, CreatorResult]) -> None:
        self.manifest = manifest
        self.results = outcome

    @property
    def age(self) -> tuple[str, str]:
        return self.manifest.run_timestamp, self.manifest.run_id


@st.composite
def families(draw: st.DrawFn) -> list[Member]:
    """A run over all creators, and fills of it or of one another, each over some of its own."""
    seconds = draw(st.permutations(SECONDS[1:]))
    first = {name: result(name, *draw(results)) for name in NAMES}
    members = [Member(family_plan("first", SECONDS[0], first), first)]
    for number, second in enumerate(seconds[: draw(st.integers(0, len(seconds)))]):
        parent = draw(st.sampled_from(members))
        names = draw(st.sets(st.sampled_from(sorted(parent.results)), min_size=1))
        own = {name: result(name, *draw(results)) for name in names}
        plan = family_plan(f"fill-{number}", second, own, parent=parent.manifest)
        members.append(Member(plan, own))
    return members


def statistics(store: MemoryStore) -> tuple[Books, Mapping[str, Books]]:
    """The books of all months together, and of each day."""
    summaries = [
        each
        for month in MONTHS
        for each in read_summaries_of_month(store, SETTINGS, first_second(month))
    ]
    reports = [monthly_report(month, summaries) for month in MONTHS]
    days = {day.day: daily_stats(day.day, summaries).books for one in reports for day in one.days}
    total = Books.total(report.books for report in reports)
    assert total == Books.total(days.values())
    return total, days


def newest(closed: list[Member]) -> dict[str, Member]:
    return {name: one for one in sorted(closed, key=lambda each: each.age) for name in one.results}


@pytest.mark.thorough
@given(families(), st.data())
def test_statistics_are_those_of_the_newest_results_in_whatever_order_a_family_is_closed(
    members: list[Member], data: st.DataObject
) -> None:
    store = MemoryStore()
    order = [members[0], *data.draw(st.permutations(members[1:]))]
    # Some are closed again at any later time, also with other results: their chunks were redone.
    for again in data.draw(st.lists(st.sampled_from(members), max_size=3)):
        order.insert(data.draw(st.integers(order.index(again) + 1, len(order))), again)
    closed: list[Member] = []
    for member in order:
        if member in closed and data.draw(st.booleans()):
            member.results = {
                name: result(name, old.rows.failed, old.rows.placed)
                for name, old in member.results.items()
            }
        close_member(store, member.manifest, member.results)
        closed = [*(one for one in closed if one is not member), member]
        expected = newest(closed)
        total, days = statistics(store)
        counted = [one.results[name] for name, one in expected.items()]
        assert replace(total, seconds={}) == added_up(counted)
        for day, books in days.items():
            of_day = [
                one.results[name]
                for name, one in expected.items()
                if one.manifest.run_timestamp.day == day
            ]
            assert replace(books, seconds={}) == added_up(of_day)
            books.check_balance(day)
        # The work of all of them was done.
        chunks = sum(len(one.manifest.chunks) for one in closed)
        assert total.seconds == {"total": 1.5 * chunks}


def test_a_fill_says_its_parent_and_the_parent_what_it_lost() -> None:
    store = MemoryStore()
    first, plan = first_run()
    close_member(store, plan, first)
    own = {"bo": result("bo", 5)}
    fill = family_plan("fill", SECONDS[1], own, parent=plan)
    close_member(store, fill, own)
    older, newer = (one for one, _ in closed_members(store, SETTINGS, name_of(plan)))
    assert (newer.parent, newer.family) == ("first", name_of(plan))
    assert newer.superseded is None
    assert older.parent is older.family is None
    assert older.superseded is not None
    assert older.superseded.by == ["fill"]
    assert older.superseded.books == added_up([first["bo"]])
    assert older.books == added_up_with_seconds(first)
    assert older.counted.rows.total == older.books.rows.total - first["bo"].rows.total


def test_a_fill_of_a_fill_replaces_both() -> None:
    store = MemoryStore()
    first, plan = first_run()
    own = {"bo": result("bo", 4, 1)}
    fill = family_plan("fill", SECONDS[1], own, parent=plan)
    last = {"bo": result("bo", 5)}
    again = family_plan("again", SECONDS[2], last, parent=fill)
    assert again.family == name_of(plan)
    for manifest, some in ((plan, first), (fill, own), (again, last)):
        close_member(store, manifest, some)
    by = [one.superseded and one.superseded.by for one in summaries(store, plan)]
    assert by == [["again"], ["again"], None]
    assert newest_results(store, SETTINGS, name_of(plan)) == last


def test_of_two_fills_at_once_the_newer_one_counts_also_if_it_is_closed_first() -> None:
    store = MemoryStore()
    first, plan = first_run()
    close_member(store, plan, first)
    older, newer = {"bo": result("bo", 1, 4)}, {"bo": result("bo", 5)}
    close_member(store, family_plan("newer", SECONDS[2], newer, parent=plan), newer)
    close_member(store, family_plan("older", SECONDS[1], older, parent=plan), older)
    total, _ = statistics(store)
    assert replace(total, seconds={}) == added_up([first["ana"], newer["bo"]])


class Interrupted(MemoryStore):
    """Another fill is closed while the first one writes what the parent lost."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: tuple[Manifest, Mapping[str, CreatorResult]] | None = None

    @override
    def put(self, bucket: str, key: str, body: bytes, **options: Any) -> str:
        if self.meanwhile is not None and options.get("if_etag") and SECONDS[0] in key:
            other, self.meanwhile = self.meanwhile, None
            close_member(self, *other)
        return super().put(bucket, key, body, **options)


@pytest.mark.parametrize("first_closed", ["older", "newer"])
def test_two_fills_that_are_closed_at_the_same_moment_count_once(first_closed: str) -> None:
    store = Interrupted()
    first, plan = first_run()
    close_member(store, plan, first)
    older = {"bo": result("bo", 1, 4), "ana": result("ana", 9)}
    newer = {"bo": result("bo", 5)}
    fills = {
        "older": (family_plan("older", SECONDS[1], older, parent=plan), older),
        "newer": (family_plan("newer", SECONDS[2], newer, parent=plan), newer),
    }
    (other,) = fills.keys() - {first_closed}
    store.meanwhile = fills[other]
    close_member(store, *fills[first_closed])
    assert store.meanwhile is None
    total, _ = statistics(store)
    assert replace(total, seconds={}) == added_up([older["ana"], newer["bo"]])


def test_a_fill_that_was_killed_before_it_told_its_family_tells_it_when_closed_again() -> None:
    store = MemoryStore()
    first, plan = first_run()
    close_member(store, plan, first)
    before = store.objects
    own = {"bo": result("bo", 5)}
    fill = family_plan("fill", SECONDS[1], own, parent=plan)
    close_member(store, fill, own)
    after = store.objects
    key = keys.processing_summary(plan.run_timestamp)
    here = SETTINGS.output_bucket
    store.put(here, key, before[here, key], content_type="application/json")
    close_member(store, fill, own)
    assert store.objects == after


def test_a_run_without_fills_is_not_written_again() -> None:
    store = Interrupted()
    first, plan = first_run()
    summary = close_member(store, plan, first)
    assert "superseded" not in json.loads(
        store.objects[SETTINGS.output_bucket, keys.processing_summary(plan.run_timestamp)]
    )
    assert summary.counted is summary.books


def test_the_record_of_a_run_that_is_closed_again_keeps_the_notes_of_its_fills() -> None:
    store = MemoryStore()
    first, plan = first_run()
    close_member(store, plan, first)
    own = {"bo": result("bo", 5)}
    close_member(store, family_plan("fill", SECONDS[1], own, parent=plan), own)
    close_member(store, plan, first)
    assert [one.run_id for one in summaries(store, plan)] == ["first", "fill"]
    assert RecordedRun.find(store, SETTINGS, "first").manifest == plan


def test_a_fill_that_is_not_closed_counts_nowhere() -> None:
    store = MemoryStore()
    first, plan = first_run()
    close_member(store, plan, first)
    note = keys.fill_of(plan.run_timestamp, plan.run_id, RunTimestamp.parse(SECONDS[1]), "killed")
    store.put(SETTINGS.output_bucket, note, b"", content_type="text/plain")
    write_superseded(store, SETTINGS, name_of(plan))
    assert [one.superseded for one in summaries(store, plan)] == [None]


def test_a_record_that_is_gone_is_named_with_the_fix() -> None:
    store = MemoryStore()
    first, plan = first_run()
    close_member(store, plan, first)
    key = keys.recorded_manifest(plan.run_timestamp, plan.run_id)
    store.delete_keys(SETTINGS.output_bucket, [key])
    own = {"bo": result("bo", 5)}
    with pytest.raises(MessageError, match=r"the run is not closed.*clear `reconcile`"):
        close_member(store, family_plan("fill", SECONDS[1], own, parent=plan), own)


def test_more_that_is_superseded_than_there_is_is_named_with_the_fix() -> None:
    first, _ = first_run()
    books = added_up([first["bo"]])
    with pytest.raises(BooksError, match=r"run first has .*: clear reconcile of this run"):
        books.without(added_up(list(first.values())), "run first")


@pytest.mark.thorough
@given(families(), st.randoms(use_true_random=False))
def test_the_summaries_do_not_depend_on_who_is_closed_last(
    members: list[Member], shuffler: random.Random
) -> None:
    written = []
    for _ in range(2):
        store = MemoryStore()
        order = members[1:]
        shuffler.shuffle(order)
        for member in [members[0], *order]:
            close_member(store, member.manifest, member.results)
        written.append(
            {key: body for (_, key), body in store.objects.items() if keys.SUMMARIES in key}
        )
    assert written[0] == written[1]


def first_run() -> tuple[dict[str, CreatorResult], Manifest]:
    first = {"ana": result("ana", 3), "bo": result("bo", 2, 3)}
    return first, family_plan("first", SECONDS[0], first)


def name_of(manifest: Manifest) -> RunName:
    return RunName(manifest.run_id, manifest.run_timestamp)


def summaries(store: MemoryStore, plan: Manifest) -> list[RunSummary]:
    return [one for one, _ in closed_members(store, SETTINGS, name_of(plan))]


def added_up_with_seconds(first: Mapping[str, CreatorResult]) -> Books:
    return replace(added_up(list(first.values())), seconds={"total": 3.0})
