import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.books import Books, CreatorCounts, RowCounts
from collage_core.contract.document import to_json
from collage_core.contract.reading import read
from collage_core.contract.receipt import Receipt
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.errors import MessageError
from tests.support.runs import run, summary
from tests.support.strategies import (
    balanced_books,
    byte_ranges,
    creator_results,
    date_counts,
    identifiers,
    rejected_rows,
    sources,
    summaries,
    timestamps,
)

receipts = st.builds(
    Receipt,
    run_id=identifiers,
    run_timestamp=timestamps,
    trigger=st.sampled_from(Trigger),
    source=sources,
    chunk_id=identifiers,
    byte_range=byte_ranges,
    books=balanced_books(),
    results=st.lists(creator_results, max_size=3),
    rejected=st.lists(rejected_rows, max_size=3),
    resume_at=st.none() | st.integers(0, 10**12),
    lines=st.integers(0, 10**6),
    dates=st.none() | date_counts,
)


@given(receipts)
def test_a_receipt_survives_json(receipt: Receipt) -> None:
    assert read(json.dumps(to_json(receipt)), Receipt) == receipt


@given(summaries)
def test_a_summary_survives_json(written: RunSummary) -> None:
    assert read(json.dumps(to_json(written)), RunSummary) == written


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema_version", 2),
        ("run_id", "a/b"),
        ("trigger", "cron"),
        ("source", None),
        ("results", {}),
        ("results", [{"outcome": "fine"}]),
        ("rejected", [{"line": 0, "reason": "bad_row"}]),
        ("resume_at", -1),
        ("dates", 7),
        ("dates", {"read": -1, "unread": 0, "format": None}),
        ("dates", {"read": 1, "unread": 0, "format": 3}),
    ],
)
def test_a_receipt_of_another_shape_is_refused(field: str, value: object) -> None:
    _, (receipt,) = run([{"ana": 1}])
    with pytest.raises(MessageError):
        read(to_json(receipt) | {field: value}, Receipt)


@pytest.mark.parametrize(
    ("rows", "creators", "status"),
    [
        (RowCounts(), CreatorCounts(), "empty"),
        (RowCounts(total=2, placed=2), CreatorCounts(1, complete=1), "complete"),
        (RowCounts(3, 1, duplicate=1, not_selected=1), CreatorCounts(1, complete=1), "complete"),
        (RowCounts(total=2, placed=1, failed=1), CreatorCounts(1, partial=1), "partial"),
        (RowCounts(total=2, placed=1, rejected=1), CreatorCounts(1, complete=1), "partial"),
        (RowCounts(total=1, failed=1), CreatorCounts(1, failed=1), "failed"),
        (RowCounts(total=1, rejected=1), CreatorCounts(), "failed"),
    ],
)
def test_a_run_has_the_status_that_its_rows_and_creators_give_it(
    rows: RowCounts, creators: CreatorCounts, status: str
) -> None:
    books = Books(rows=rows, creators=creators)
    assert summary("r", "20261001_000000", books).status == status
    assert to_json(summary("r", "20261001_000000", books))["status"] == status


def test_documents_of_a_release_that_counted_no_dates_are_read_without_them() -> None:
    _, (receipt,) = run([{"ana": 1}])
    old = {name: value for name, value in to_json(receipt).items() if name != "dates"}
    assert read(old, Receipt).dates is None
    written = to_json(summary("r", "20261001_000000"))
    assert read({**written, "dates": None}, RunSummary).dates is None
    del written["dates"]
    assert read(written, RunSummary).dates is None
