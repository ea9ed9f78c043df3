from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from collage_core.contract.receipt import CreatorResult, Outcome, Receipt
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.selection import Selection
from collage_core.contract.summary import RunSummary
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.batch_results import write_results
from collage_core.run.creator_changes import MOST_NAMES, Ranks, compare, creators_of
from collage_core.run.reconcile import summarise
from collage_core.run.run import Run
from collage_core.run.run_record import write_record
from collage_core.settings import Settings
from tests.support.memory_store import MemoryStore
from tests.support.runs import run
from tests.support.strategies import HOSTILE_NAMES

SETTINGS = Settings()
COMPLETE, PARTIAL, FAILED = Outcome.COMPLETE, Outcome.PARTIAL, Outcome.FAILED
RANKS = {COMPLETE: 2, PARTIAL: 1, FAILED: 0}


class Results(MemoryStore):
    """The output bucket. Unlike its base, it can replace an object."""

    def put(self, bucket: str, key: str, body: bytes, **options: object) -> str:  # type: ignore[override]
        options.pop("if_etag", None)
        return super().put(bucket, key, body, **options)  # type: ignore[arg-type]


@pytest.fixture
def store() -> Results:
    return Results()


def close(
    store: Results, run_id: str, timestamp: str, outcomes: Mapping[str, Outcome]
) -> RunSummary:
    """The summary of a run whose creators ended so, with its batch results written."""
    manifest, receipts = run(
        [dict.fromkeys(outcomes, 1)], run_id=run_id, timestamp=RunTimestamp.parse(timestamp)
    )
    summary = summarise(manifest, receipts)
    write_results(store, SETTINGS, manifest, ended(receipts, outcomes))
    return summary


def recorded(store: Results, run_id: str, outcomes: Mapping[str, Outcome]) -> RunSummary:
    """The same, with its record."""
    summary = close(store, run_id, "20261001_000000", outcomes)
    manifest, receipts = run([dict.fromkeys(outcomes, 1)], run_id=run_id)
    results = (result for receipt in ended(receipts, outcomes) for result in receipt.results)
    write_record(Run(SETTINGS, store, manifest), results)
    return summary


def ended(receipts: list[Receipt], outcomes: Mapping[str, Outcome]) -> list[Receipt]:
    return [
        replace(
            receipt,
            results=[
                CreatorResult(result.creator, outcomes[result.creator], result.rows)
                for result in receipt.results
            ],
        )
        for receipt in receipts
    ]


def ranks(outcomes: Mapping[str, Outcome]) -> Ranks:
    return {creator: RANKS[outcome] for creator, outcome in outcomes.items()}


def test_a_creator_counts_with_the_best_outcome_of_the_runs(store: Results) -> None:
    first = close(store, "a", "20261001_000000", {"ana": PARTIAL, "bo": COMPLETE})
    second = close(store, "b", "20261001_120000", {"ana": COMPLETE, "bo": FAILED})
    third = close(store, "c", "20261002_000001", {"cy": FAILED})
    assert creators_of(store, SETTINGS, [third, first, second]) == ranks(
        {"ana": COMPLETE, "bo": COMPLETE, "cy": FAILED}
    )
    assert creators_of(store, SETTINGS, [first]) == ranks({"ana": PARTIAL, "bo": COMPLETE})


def test_names_are_read_back_as_they_were_whatever_is_in_them(store: Results) -> None:
    names = [*HOSTILE_NAMES, "'ana", "''ana", "-1"]
    summary = close(store, "a", "20261001_000000", dict.fromkeys(names, COMPLETE))
    assert creators_of(store, SETTINGS, [summary]) == dict.fromkeys(names, 2)


def test_columns_are_found_by_their_names_also_behind_a_byte_order_mark(store: Results) -> None:
    summary = close(store, "a", "20261001_000000", {"ana": PARTIAL})
    key = keys.batch_results(summary.run_timestamp)
    saved = "\ufeffoutcome,reasons,creator_name,run_id\r\npartial,http_404: 1,ana,a\r\n"
    store.put(SETTINGS.output_bucket, key, saved.encode(), content_type="text/csv")
    assert creators_of(store, SETTINGS, [summary]) == {"ana": 1}


def test_without_runs_or_results_nothing_is_known(store: Results) -> None:
    assert creators_of(store, SETTINGS, []) is None
    summary = close(store, "a", "20261001_000000", {"ana": COMPLETE})
    store.expire(SETTINGS.output_bucket)
    assert creators_of(store, SETTINGS, [summary]) is None


def test_a_trial_of_some_creators_says_nothing_of_the_others(store: Results) -> None:
    month = close(store, "a", "20261001_000000", {"ana": COMPLETE, "bo": PARTIAL})
    trial = close(store, "b", "20261002_120000", {"ana": COMPLETE})
    trial = replace(trial, selection=Selection(limit=1, rows_left_out=1))
    assert creators_of(store, SETTINGS, [trial]) is None
    assert creators_of(store, SETTINGS, [month, trial]) == ranks({"ana": COMPLETE, "bo": PARTIAL})


def test_a_run_without_covers_has_no_lines_and_hides_no_other(store: Results) -> None:
    empty = summarise(*run([], run_id="empty"))
    summary = close(store, "a", "20261001_120000", {"ana": COMPLETE})
    assert creators_of(store, SETTINGS, [empty, summary]) == {"ana": 2}
    assert creators_of(store, SETTINGS, [empty]) == {}


@pytest.mark.parametrize(
    "saved",
    [
        b"run_id;creator_name;outcome\r\na;ana;complete\r\n",
        b"saved by a spreadsheet",
        b"",
        b"run_id,creator_name,outcome\r\na,ana,COMPLETE\r\n",
        b"run_id,creator_name,outcome\r\na\r\n",
        b'run_id,creator_name,outcome\r\na,"ana\r\n',
        "run_id,creator_name,outcome\r\na,aná,complete\r\n".encode("latin-1"),
    ],
)
def test_results_that_another_program_has_saved_are_named(store: Results, saved: bytes) -> None:
    summary = close(store, "a", "20261001_000000", {"ana": COMPLETE})
    key = keys.batch_results(summary.run_timestamp)
    store.put(SETTINGS.output_bucket, key, saved, content_type="text/csv")
    with pytest.raises(MessageError, match=f"{key} in bucket .* or move it away"):
        creators_of(store, SETTINGS, [summary])


def test_creators_of_results_that_another_program_has_saved_are_those_of_the_records(
    store: Results,
) -> None:
    """Nobody has to do anything about the file, not even when the temp bucket has forgotten it."""
    first = recorded(store, "a", {"ana": PARTIAL, "bo": FAILED})
    second = recorded(store, "b", {"ana": COMPLETE})
    key = keys.batch_results(first.run_timestamp)
    damaged = "run_id,creator_name,outcome\r\na,an\u00e1,complete\r\na,bo,COMPLETE\r\n"
    store.put(SETTINGS.output_bucket, key, damaged.encode(), content_type="text/csv")
    assert creators_of(store, SETTINGS, [first, second]) == ranks({"ana": COMPLETE, "bo": FAILED})


def test_the_fix_for_results_of_an_older_release_works(store: Results) -> None:
    old = close(store, "a", "20261001_000000", {"ana": COMPLETE})
    new = recorded(store, "b", {"bo": COMPLETE})
    bucket, key = SETTINGS.output_bucket, keys.batch_results(old.run_timestamp)
    before = store.get(bucket, key)
    assert before is not None
    store.put(bucket, key, b"saved by a spreadsheet", content_type="text/csv")
    with pytest.raises(MessageError, match="put back what was there before, or move it away"):
        creators_of(store, SETTINGS, [old, new])
    store.delete_keys(bucket, [key])
    assert creators_of(store, SETTINGS, [old, new]) is None
    store.put(bucket, key, before.body, content_type="text/csv")
    assert creators_of(store, SETTINGS, [old, new]) == ranks({"ana": COMPLETE, "bo": COMPLETE})


def test_creators_are_new_gone_worse_better_or_the_same() -> None:
    before = {"gone": 0, "worse": 2, "better": 0, "same": 1}
    now = {"new": 2, "worse": 1, "better": 1, "same": 1}
    changes = compare("202609", before, now)
    assert changes is not None
    assert changes.before == "202609"
    assert changes.new.first == ["new"]
    assert changes.gone.first == ["gone"]
    assert changes.worse.first == ["worse"]
    assert changes.better.first == ["better"]
    assert changes.same == 1


def test_all_are_counted_and_the_first_are_named() -> None:
    now = {f"creator-{number:05d}": 2 for number in range(3000)}
    changes = compare("202609", {}, now)
    assert changes is not None
    assert changes.new.total == 3000
    assert changes.new.first == [f"creator-{number:05d}" for number in range(MOST_NAMES)]


def test_a_month_that_is_not_known_is_not_compared() -> None:
    assert compare("202609", None, {"ana": 1}) is None
    assert compare("202609", {"ana": 1}, None) is None


def test_of_a_family_the_newest_counts_and_of_others_the_best(store: Results) -> None:
    first = close(store, "a", "20261001_000000", {"ana": COMPLETE, "bo": PARTIAL, "cy": FAILED})
    older = as_fill(close(store, "f", "20261002_080000", {"ana": FAILED, "bo": COMPLETE}), first)
    newer = as_fill(close(store, "g", "20261002_090000", {"ana": PARTIAL}), first)
    other = close(store, "o", "20261003_000000", {"cy": PARTIAL, "bo": FAILED})
    assert creators_of(store, SETTINGS, [newer, other, older, first]) == ranks(
        {"ana": PARTIAL, "bo": COMPLETE, "cy": PARTIAL}
    )


def test_a_fill_without_its_first_run_is_left_out_as_a_part(store: Results) -> None:
    first = close(store, "a", "20261001_000000", {"ana": COMPLETE})
    fill = as_fill(close(store, "f", "20261002_080000", {"ana": FAILED}), first)
    other = close(store, "o", "20261003_000000", {"bo": PARTIAL})
    assert creators_of(store, SETTINGS, [fill, other]) == ranks({"bo": PARTIAL})
    trial = replace(first, selection=Selection(limit=1))
    assert creators_of(store, SETTINGS, [trial, fill]) is None


def as_fill(summary: RunSummary, first: RunSummary) -> RunSummary:
    return replace(
        summary, parent=first.run_id, family=first.name, selection=Selection(rows_left_out=1)
    )
