"""The statistics' documents are read back as they were written, and fit their schemas."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from msgspec import Struct
from msgspec.structs import replace

from collage_core.contract.books import Books, RowCounts
from collage_core.contract.covers_report import CoversReport
from collage_core.contract.creator_changes import CreatorsReport
from collage_core.contract.figures import Cost
from collage_core.contract.reading import read
from collage_core.contract.receipt import Receipt
from collage_core.contract.statistics import DailyStats, MonthlyReport, RebuiltMonth
from collage_core.contract.summary import RunSummary
from collage_core.run.covers_report import covers_report
from collage_core.run.creator_changes import compare
from collage_core.run.figures import figures_of_run
from collage_core.run.statistics import daily_stats, monthly_report
from collage_core.storage.documents import to_document
from tests.support.runs import run, summary

SCHEMAS = Path(__file__).parents[4] / "docs" / "schemas"

RECEIPT = replace(
    run([{"ana": 3}])[1][0],
    books=Books(rows=RowCounts(total=3, placed=1, failed=2), seconds={"total": 1.25}),
    failed_hosts={"cdn.example": 2},
)
FIGURES = figures_of_run([RECEIPT], Cost.of(planned=0.1234567, counted=0.2))
OCTOBER = ("2026-10-01", "2026-11-01")
RUNS = [
    replace(summary("a", "20261001_000000", RECEIPT.books, window=OCTOBER), figures=FIGURES),
    summary("b", "20261103_091500", window=OCTOBER),
    summary("week", "20261104_091500", window=("2026-10-29", "2026-11-04")),
]
CHANGES = compare("202609", {"ana": 2, "aná 🦄": 0}, {"ana": 1, "bo": 2})

DOCUMENTS: dict[str, Struct] = {
    "receipt": RECEIPT,
    "run_summary": RUNS[0],
    "daily_stats": daily_stats("20261001", RUNS),
    "monthly_report": monthly_report("202610", RUNS),
    "creators_report": CreatorsReport(month="202610", changes=CHANGES),
    "covers_report": covers_report("202610", RUNS, CHANGES),
    "rebuilt_month": RebuiltMonth(month="202610", inputs="0f", covers_months=["202610"]),
}
KINDS: dict[str, type[Struct]] = {
    "receipt": Receipt,
    "run_summary": RunSummary,
    "daily_stats": DailyStats,
    "monthly_report": MonthlyReport,
    "creators_report": CreatorsReport,
    "covers_report": CoversReport,
    "rebuilt_month": RebuiltMonth,
}
each_kind = pytest.mark.parametrize("kind", DOCUMENTS)


@each_kind
def test_a_document_is_read_back_as_it_was_written(kind: str) -> None:
    assert read(to_document(DOCUMENTS[kind]), KINDS[kind]) == DOCUMENTS[kind]


@each_kind
def test_a_document_fits_its_schema(kind: str) -> None:
    schema = json.loads((SCHEMAS / f"{kind}.json").read_text())
    Draft202012Validator(schema).validate(json.loads(to_document(DOCUMENTS[kind])))


def test_a_document_says_nothing_of_figures_that_no_run_has() -> None:
    without = RUNS[1:]
    for document in (
        *(daily_stats("20261103", without), monthly_report("202611", without)),
        *(without[0], covers_report("202610", without, None)),
    ):
        assert "figures" not in json.loads(to_document(document))
