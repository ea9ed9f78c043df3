"""Dropped CSVs: how to have one made into collages, what waits, what was refused, the runs."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from collage_airflow.run_page.access import dag_of_run, may_read_all
from collage_airflow.run_page.asked import asked_month
from collage_airflow.run_page.clock import Now
from collage_airflow.run_page.deployment import Here
from collage_airflow.run_page.pages import page
from collage_airflow.run_page.periods import dashed, month_name
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.run.in_words import run_in_words
from collage_core.run.months import month_after, month_before
from collage_core.views.uploads import read_uploads

router = APIRouter(dependencies=[Depends(may_read_all)])


@router.get("/uploads")
def uploads(request: Request, here: Here, now: Now) -> HTMLResponse:
    """The CSVs of a month that people have dropped, and how to drop one."""
    current = RunTimestamp.of(now).month
    month = asked_month(request, "month", current)
    found = read_uploads(
        here.store,
        here.settings,
        month,
        now=now,
        is_of_dag=lambda run_id: dag_of_run(run_id) is not None,
    )
    return page(
        request,
        "uploads.html",
        found=found,
        is_current=month == current,
        bucket=here.settings.input_bucket,
        csv_files=keys.CSV_FILES,
        manual_uploads=keys.MANUAL_UPLOADS,
        before=month_before(month),
        after=month_after(month) if month < current else None,
        run_in_words=run_in_words,
        month_name=month_name,
        dashed=dashed,
    )
