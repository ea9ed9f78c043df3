"""The Variable of an approved backfill is read back as it was written, or named."""

from datetime import UTC, datetime, timedelta

import pytest

from collage_airflow.approval.approved_backfill import ApprovedBackfill, variable_of
from collage_core.contract.window import Window
from collage_core.errors import SettingError

NAME = variable_of("cover_collage_monthly")
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


YEAR = ApprovedBackfill(
    run_id="cover_collage_manual-20261121_093000-00000000",
    approved_by="ana",
    window=Window(day("2025-01-01"), day("2026-01-01")),
    dollars=25.3,
    until=NOW + timedelta(days=7),
)


def test_it_is_read_back_as_it_was_written() -> None:
    assert NAME == "cover_collage_monthly_backfill_approved"
    assert ApprovedBackfill.of_text(NAME, YEAR.to_text()) == YEAR


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "[]",
        "{}",
        YEAR.to_text().replace("25.3", '"a lot"'),
        YEAR.to_text().replace("+00:00", ""),
    ],
)
def test_any_other_text_is_refused_with_the_name_of_the_variable(text: str) -> None:
    with pytest.raises(SettingError, match=f"the Variable {NAME} is .*: delete it"):
        ApprovedBackfill.of_text(NAME, text)


@pytest.mark.parametrize(
    ("start", "end"), [("2025-01-01", "2025-02-01"), ("2025-12-01", "2026-01-01")]
)
def test_it_holds_for_the_months_in_it(start: str, end: str) -> None:
    assert YEAR.why_not(Window(day(start), day(end)), NOW) is None


@pytest.mark.parametrize(
    ("start", "end"), [("2024-12-01", "2025-01-01"), ("2025-12-01", "2026-01-02")]
)
def test_it_does_not_hold_for_others(start: str, end: str) -> None:
    why = YEAR.why_not(Window(day(start), day(end)), NOW)
    assert why == "it is for the days from 2025-01-01 to before 2026-01-01"
    assert YEAR.why_not(None, NOW) == why


def test_it_ends() -> None:
    window = Window(day("2025-01-01"), day("2025-02-01"))
    assert YEAR.why_not(window, YEAR.until - timedelta(seconds=1)) is None
    assert YEAR.why_not(window, YEAR.until) == "it ended on 2026-11-28 09:30 UTC"
