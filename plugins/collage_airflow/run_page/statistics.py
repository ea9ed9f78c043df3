"""Months as a calendar, one month, two months compared, and the documents of days and months."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from collage_airflow.run_page import month_charts
from collage_airflow.run_page.access import may_read_all
from collage_airflow.run_page.asked import (
    FIRST_YEAR,
    LAST_YEAR,
    asked_day,
    asked_month,
    asked_year,
    refusal,
)
from collage_airflow.run_page.clock import Now
from collage_airflow.run_page.deployment import Deployment, Here
from collage_airflow.run_page.pages import page, query_text
from collage_airflow.run_page.periods import dashed, month_name
from collage_core.contract.covers_report import Because
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.run.in_words import run_in_words, window_in_words
from collage_core.run.months import first_second, month_after, month_before
from collage_core.views.compared_months import compare_months
from collage_core.views.month import read_month
from collage_core.views.months import counted_usd, placed_share, read_months, read_year

router = APIRouter(dependencies=[Depends(may_read_all)])

_COMPARABLE = 24
"""So many months before the present one are offered to be compared."""

_MOST_NAMED = 50
"""Gaps of a month, and runs that do not count in it, that are named."""

_BECAUSE: Final[dict[Because, str]] = {
    "repeated": "has the window of a run that counts",
    "overlaps": "has covers of a run that counts",
    "beyond_month": "begins or ends in another month",
    "some_creators": "is limited to some creators",
}
"""Why a run does not count for the covers of a month."""

_OF_DAYS: Final[dict[str, Callable[[RunTimestamp], str]]] = {
    "results": keys.batch_results,
    "daily_stats": keys.daily_stats,
}
_OF_MONTHS: Final[dict[str, Callable[[RunTimestamp], str]]] = {
    "monthly_report": keys.monthly_report,
    "creators_report": keys.creators_report,
    "covers_report": keys.covers_report,
}


@router.get("/months")
def months(request: Request, here: Here, now: Now) -> HTMLResponse:
    """The months of a year: which have runs, how they went, and what they cost."""
    year = asked_year(request, "year", now.year)
    found = read_year(here.store, here.settings, year, now=now)
    days = [day.day for month in found if month.report for day in month.report.days]
    return page(
        request,
        "months.html",
        year=year,
        year_before=year - 1 if year > FIRST_YEAR else None,
        year_after=year + 1 if year < min(now.year, LAST_YEAR) else None,
        months=found,
        by_month=month_charts.by_month(found),
        newest_day=max(days, default=None),
        month_name=month_name,
        month_before=month_before,
        dashed=dashed,
    )


@router.get("/statistics")
def statistics(request: Request, here: Here, now: Now) -> HTMLResponse:
    """One month in detail, or what changed from the month `with` to it."""
    current = RunTimestamp.of(now).month
    month = asked_month(request, "month", current)
    other = asked_month(request, "with", "")
    if other:
        return _compared(request, here, other, month, now)
    found = read_month(here.store, here.settings, month, now=now)
    return page(
        request,
        "month.html",
        found=found,
        labels=[f"{int(day[6:])}" for day in found.month.days],
        by_day=month_charts.by_day(found.month),
        because=_BECAUSE,
        most_gaps=_MOST_NAMED,
        most_left_out=_MOST_NAMED,
        window_in_words=window_in_words,
        before=month_before(month),
        after=month_after(month) if month < current else None,
        comparable=_comparable(month, current),
        run_in_words=run_in_words,
        placed_share=placed_share,
        counted_usd=counted_usd,
        month_name=month_name,
        dashed=dashed,
    )


def _compared(
    request: Request, here: Deployment, before: str, after: str, now: datetime
) -> HTMLResponse:
    if before == after:
        raise HTTPException(
            400,
            f"with is {dashed(before)}, and so is month: name two different months to compare them",
        )
    months = read_months(here.store, here.settings, [before, after], now=now)
    return page(
        request,
        "compared.html",
        found=compare_months(*months),
        labels=[f"{day}" for day in range(1, max(len(month.days) for month in months) + 1)],
        by_day=month_charts.side_by_side(*months),
        month_name=month_name,
        dashed=dashed,
    )


@router.get("/documents")
def documents(request: Request, here: Here) -> RedirectResponse:
    """A link that lives for a minute to a document of a day or a month."""
    kind = query_text(request, "kind")
    if key_of_day := _OF_DAYS.get(kind):
        key = key_of_day(first_second(asked_day(request, "day")))
    elif key_of_month := _OF_MONTHS.get(kind):
        month = asked_month(request, "month", "")
        if not month:
            raise refusal("month", "", "a month, such as 2026-10")
        key = key_of_month(first_second(month))
    else:
        raise refusal("kind", kind, f"one of {', '.join((*_OF_DAYS, *_OF_MONTHS))}")
    bucket = here.settings.output_bucket
    # S3 would tell it in XML.
    if here.store.head(bucket, key) is None:
        raise HTTPException(
            404, f"{key} is not in bucket {bucket}: no run that is closed has that day or month"
        )
    url = here.links.link(bucket, key, save_as=key.rpartition("/")[2])
    return RedirectResponse(url, 307, headers={"Cache-Control": "no-store"})


def _comparable(month: str, current: str) -> list[str]:
    """The months that are offered to be compared with a month, the newest first."""
    offered = [current]
    while len(offered) < _COMPARABLE:
        offered.append(month_before(offered[-1]))
    return [each for each in offered if each != month]
