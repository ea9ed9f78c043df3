"""The publish task: writes the statistics of the run's day and month, and announces the run."""

import hashlib
from typing import TYPE_CHECKING, Any, override

from collage_airflow.assets import run_event
from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.notifications import after_success
from collage_airflow.operators.aws_operator import AwsOperator
from collage_airflow.settings import read_settings
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.layout.schedule import Schedule
from collage_core.run.archive import archived_key
from collage_core.run.done import write_done
from collage_core.run.family import write_superseded
from collage_core.run.statistics import write_family_statistics, write_statistics
from collage_core.run.summaries import read_summary
from collage_core.settings import Settings
from collage_core.storage.documents import to_document

if TYPE_CHECKING:
    from airflow.sdk import Context


_ANNOUNCED = "announced-summary"


class PublishOperator(AwsOperator):
    """Computes the day's log and statistics and the month's report again from all summaries.

    For a fill, those of the days from which it took creators, too.

    Then it says beside the archived copy of a CSV that a person uploaded what became of it. It does
    not use the temp bucket, so it can run again after that has expired. Every asset in `outlets`
    gets an event with the run's books and keys. There is no event if the run is empty, has no
    summary, or had an event with the same summary before: DAGs that wait for the asset would find
    nothing new. Then the notifications of a run that has succeeded are sent. `schedule`
    is that of the DAG, None for a DAG without one.
    """

    def __init__(self, *, schedule: Schedule | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("on_success_callback", after_success())
        super().__init__(**kwargs)
        self.schedule = schedule

    @override
    def execute(self, context: "Context") -> list[str]:
        settings, store = read_settings(), self.store
        run = RunIdentity.of(context["dag_run"], self.schedule)
        found = read_summary(store, settings, run.timestamp, run.run_id)
        if found is not None:
            # Whoever closed the last member has done it, unless it was killed at its very end.
            write_superseded(store, settings, found[0].family_name)
            found = read_summary(store, settings, run.timestamp, run.run_id)
        written = write_statistics(store, settings, run.timestamp)
        if found is not None:
            written += write_family_statistics(store, settings, found[0])
        if found is None or not _is_news(found[0], context):
            # Airflow makes an event for each outlet that the task has when it succeeds. This
            # changes only the copy of the operator that belongs to this try.
            self.outlets = []
        if found is not None:
            done = write_done(store, settings, *found)
            written += [done] if done else []
            is_upload = done is not None
            for asset in self.outlets:
                extra = _event(*found, run, settings, is_upload=is_upload)
                context["outlet_events"][asset].extra = extra
        self.log.info("✓ Published %s documents: %s", len(written), ", ".join(written))
        return written


def _event(
    summary: RunSummary,
    summary_key: str,
    run: RunIdentity,
    settings: Settings,
    *,
    is_upload: bool,
) -> dict[str, Any]:
    """What the event says; `is_upload`: the CSV in the archive is one that a person uploaded."""
    source, csv_key = summary.source, None
    if source.bucket == settings.input_bucket:
        key = source.key if is_upload else run.csv_key
        csv_key = archived_key(key, run.timestamp, is_upload=is_upload)
    return run_event(
        summary,
        settings,
        summary_key=summary_key,
        results_key=keys.batch_results(run.timestamp),
        csv_key=csv_key,
    )


def _is_news(summary: RunSummary, context: "Context") -> bool:
    """Whether the run has covers and had no event with these books; remembers it for next time."""
    if summary.books.rows.total == 0:
        return False
    # Airflow keeps this store for the task of this DAG run, through retries and clearing.
    remembered = context.get("task_state_store")
    if remembered is None:
        return True
    digest = hashlib.sha256(to_document(summary)).hexdigest()
    if remembered.get(_ANNOUNCED) == digest:
        return False
    remembered.set(_ANNOUNCED, digest)
    return True
